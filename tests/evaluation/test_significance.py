import numpy as np
import pytest
from scipy import stats

from lorag.evaluation.significance import bootstrap, paired_p_value, smallest_p_value


def test_interval_holds_the_mean_and_narrows_with_more_scores():
    generator = np.random.default_rng(1)
    few, many = bootstrap(list(generator.normal(size=20))), bootstrap(list(generator.normal(size=2000)))

    assert few.low < few.mean < few.high
    assert many.high - many.low < (few.high - few.low) / 4


def test_interval_is_close_to_the_normal_one_on_normal_scores():
    scores = np.random.default_rng(2).normal(loc=0.5, size=400)
    interval = bootstrap(list(scores))
    error = 1.96 * scores.std(ddof=1) / np.sqrt(len(scores))

    assert interval.low == pytest.approx(scores.mean() - error, abs=0.02)
    assert interval.high == pytest.approx(scores.mean() + error, abs=0.02)


def test_p_value_agrees_with_the_paired_t_test():
    generator = np.random.default_rng(3)
    first = generator.normal(size=100)
    second = first + generator.normal(loc=0.2, size=100)

    assert paired_p_value(list(first), list(second)) == pytest.approx(stats.ttest_rel(first, second).pvalue, abs=0.02)


def test_p_value_of_few_pairs_is_exact():
    assert paired_p_value([1.0, 1.0, 1.0], [0.0, 0.0, 0.0]) == 2 / 8
    first, second = [0.9, 0.4, 0.8, 0.7, 0.2], [0.1, 0.5, 0.3, 0.6, 0.2]
    exact = stats.permutation_test(
        (np.subtract(first, second),),
        lambda x, axis: np.mean(x, axis=axis),
        permutation_type="samples",
        n_resamples=np.inf,
    ).pvalue

    assert paired_p_value(first, second) == pytest.approx(exact)


@pytest.mark.parametrize(
    ("pairs", "comparisons", "smallest"), [(3, 1, 0.25), (6, 1, 1 / 32), (6, 6, 6 / 32), (0, 1, 1.0), (1, 3, 1.0)]
)
def test_few_pairs_can_give_no_small_p_value(pairs, comparisons, smallest):
    assert smallest_p_value(pairs, comparisons) == smallest


def test_equal_scores_are_no_difference():
    assert paired_p_value([1.0, 0.0], [1.0, 0.0]) == 1.0


def test_unpaired_scores_are_refused():
    with pytest.raises(ValueError, match="cannot be paired"):
        paired_p_value([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="no scores"):
        bootstrap([])
