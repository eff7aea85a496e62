import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorag.errors import ContextOverflowError
from lorag.prompts.fit import Kept, PromptCost, fit, window


def test_everything_is_kept_when_it_fits():
    assert fit(PromptCost(10, (5, 5), (20, 20)), 60) == Kept(history=2, passages=2)


def test_the_oldest_exchanges_go_before_any_passage():
    assert fit(PromptCost(10, (30, 5), (20, 20)), 55) == Kept(history=1, passages=2)


def test_the_least_relevant_passages_go_when_no_history_is_left():
    assert fit(PromptCost(10, (30, 5), (20, 20, 20)), 40) == Kept(history=0, passages=1)


def test_what_does_not_fit_alone_is_an_error_that_says_what_to_do():
    with pytest.raises(ContextOverflowError, match=r"about 30 tokens .* room for 25: ask a shorter question"):
        fit(PromptCost(10, (30,), (20, 20)), 25)


costs = st.lists(st.integers(1, 50), max_size=8).map(tuple)


@given(st.integers(0, 60), costs, costs, st.integers(0, 300))
def test_what_is_kept_fits_and_one_more_exchange_would_not(fixed: int, history, passages, budget: int):
    cost = PromptCost(fixed, history, passages)
    try:
        kept = fit(cost, budget)
    except ContextOverflowError:
        assert fixed + sum(passages[:1]) > budget
        return
    used = fixed + sum(history[len(history) - kept.history :]) + sum(passages[: kept.passages])
    assert used <= budget
    if kept.history < len(history):
        assert used + history[len(history) - kept.history - 1] > budget or kept.passages < len(passages)
    if kept.passages < len(passages):
        assert kept.history == 0


def test_a_window_grows_around_the_heaviest_item_towards_the_heavier_side():
    assert window([0, 1, 9, 3, 0], [10, 10, 10, 10, 10], 30) == range(1, 4)


def test_a_window_holds_at_least_the_heaviest_item():
    assert window([1, 5, 2], [10, 99, 10], 20) == range(1, 2)
