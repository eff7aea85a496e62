import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorag.evaluation.calibration import Evidence, calibrate, rates
from lorag.library.database import Database
from lorag.library.meta import write_meta
from lorag.retrieval.calibrated import calibrated_threshold, keep_threshold


def evidence(answerable: list[float], unanswerable: list[float]) -> list[Evidence]:
    return [Evidence("q", value, True) for value in answerable] + [
        Evidence("q", value, False) for value in unanswerable
    ]


def test_mistakes_are_counted_on_both_sides():
    counted = rates(evidence([0.9, 0.1], [0.3, 0.05, 0.5]), 0.3)

    assert (counted.false_refusals, counted.answerable) == (1, 2)
    assert (counted.false_answers, counted.unanswerable) == (2, 3)
    assert counted.cost == pytest.approx(1 / 2 + 2 / 3)


def test_the_threshold_goes_between_what_can_be_told_apart():
    found = calibrate(evidence([0.5 + n / 100 for n in range(10)], [0.1 + n / 100 for n in range(6)]), present=0.9)

    assert 0.15 < found.threshold < 0.5
    assert found.before.false_refusals == 10
    assert found.after.cost == 0


def test_a_threshold_that_is_already_best_stays():
    assert calibrate(evidence([0.5] * 10, [0.1] * 5), present=0.2).threshold == 0.2


def test_unseen_questions_tell_a_threshold_that_only_fits_its_own():
    generator = random.Random(1)
    noise = evidence([generator.random() for _ in range(30)], [generator.random() for _ in range(30)])
    found = calibrate(noise, present=0.5)

    assert found.unseen.cost > rates(noise, found.best).cost
    assert found.unseen.answerable == found.after.answerable == 30


def test_a_threshold_that_only_fits_its_own_questions_is_not_taken():
    generator = random.Random(1)
    noise = evidence([generator.random() for _ in range(40)], [generator.random() for _ in range(20)])
    found = calibrate(noise, present=0.5)

    assert found.unseen.cost >= min(found.before.cost, 1)
    assert found.fits_only_its_own
    assert (found.threshold, found.after) == (0.5, found.before)


@given(
    st.lists(st.integers(0, 100), min_size=10, max_size=40),
    st.lists(st.integers(0, 100), min_size=5, max_size=20),
    st.integers(0, 100),
)
def test_a_calibration_never_makes_more_mistakes_than_before(answerable, unanswerable, present):
    found = calibrate(evidence([n / 100 for n in answerable], [n / 100 for n in unanswerable]), present / 100)

    assert found.after.cost <= found.before.cost
    assert found.threshold == found.present or found.unseen.cost < found.before.cost
    assert found.after.false_refusals <= max(len(answerable) / 4, found.before.false_refusals)


def test_most_questions_are_never_refused_to_catch_those_without_an_answer():
    found = calibrate(evidence([0.2] * 20 + [0.9] * 10, [0.3] * 10), present=0.1)

    assert rates(evidence([0.2] * 20 + [0.9] * 10, [0.3] * 10), 0.6).cost < found.before.cost
    assert found.threshold == 0.1


def test_too_few_questions_of_a_kind_are_refused():
    with pytest.raises(ValueError, match="9 answerable"):
        calibrate(evidence([0.5] * 9, [0.1] * 5), present=0.2)


def test_a_library_keeps_its_threshold_until_its_indexes_change(tmp_path):
    with Database.open(tmp_path / "library.db") as database:
        assert calibrated_threshold(database) is None
        keep_threshold(database, 0.35)
        assert calibrated_threshold(database) == 0.35
        write_meta(database, "embedder", "another")
        assert calibrated_threshold(database) is None
        keep_threshold(database, 0.4)
        assert calibrated_threshold(database) == 0.4
        keep_threshold(database, None)
        assert calibrated_threshold(database) is None
