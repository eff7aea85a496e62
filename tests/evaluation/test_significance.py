import numpy as np
import pytest
from scipy import stats

from lorag.evaluation.significance import bootstrap, paired_p_value


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


def test_equal_scores_are_no_difference():
    assert paired_p_value([1.0, 0.0], [1.0, 0.0]) == 1.0


def test_unpaired_scores_are_refused():
    with pytest.raises(ValueError, match="cannot be paired"):
        paired_p_value([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="no scores"):
        bootstrap([])
