import os

import pytest

from lorag.errors import ModelError
from lorag.models.gguf import read_metadata
from lorag.models.memory import available_memory_bytes, cache_bytes_per_token, choose_context_tokens, chosen_threads
from tests.tiny_gguf import tiny_gguf

GIGABYTE = 10**9
MODEL = read_metadata(tiny_gguf("memory", context=131072))


def test_with_memory_to_spare_the_context_is_long_but_not_the_longest():
    assert choose_context_tokens(MODEL, 0, 100 * GIGABYTE) == 8192


def test_a_model_trained_for_less_sets_the_limit():
    assert choose_context_tokens(read_metadata(tiny_gguf()), 0, 100 * GIGABYTE) == 1024


def test_with_little_memory_the_context_is_shorter():
    scarce = MODEL.size_bytes + 128 * 1024 * 1024 + 2 * 3000 * cache_bytes_per_token(MODEL)

    assert choose_context_tokens(MODEL, 0, scarce) == 2816


def test_with_no_memory_left_the_smallest_is_tried():
    assert choose_context_tokens(MODEL, 0, 0) == 512


def test_what_is_asked_for_is_used_up_to_the_models_limit():
    assert choose_context_tokens(MODEL, 50_000, 100 * GIGABYTE) == 50_000
    assert choose_context_tokens(MODEL, 10**9, 100 * GIGABYTE) == 131072


def test_what_is_asked_for_and_cannot_fit_is_an_error_that_names_what_can():
    free = MODEL.size_bytes + 128 * 1024 * 1024 + 5000 * cache_bytes_per_token(MODEL)

    with pytest.raises(ModelError, match="ask for 4864 or fewer"):
        choose_context_tokens(MODEL, 50_000, free)


def test_this_computer_has_memory_and_cores():
    assert available_memory_bytes() > 0
    assert chosen_threads(0) >= 1


def test_more_threads_than_processors_are_never_used():
    assert chosen_threads(1) == 1
    assert chosen_threads(10**6) <= (os.cpu_count() or 1)
