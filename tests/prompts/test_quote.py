"""The grammar of strict quote mode in llama.cpp itself: what it accepts is what a model can be made to say."""

import ctypes
import random
from collections.abc import Iterator
from typing import cast

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lorag.engine.api import Sampling
from lorag.engine.context import LlamaContext
from lorag.engine.model import LlamaVocabulary
from lorag.engine.sampler import TokenSampler
from lorag.prompts.grounded import REFUSALS, PromptPassage, numbered_sentences, quoted_answer, shown_sentence
from lorag.prompts.quote import quote_grammar
from tests.tiny_gguf import tiny_gguf

CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
REFUSAL = REFUSALS["en"]

HOSTILE = [
    'He said "no" \\ and "yes"\\',
    'root ::= "free" | [a-z]* # comment',
    "한글 문장과 漢字와 🧑‍🚀 이모지 🇰🇷.",
    "[2] another number",
    "C:\\new\\table \\x41 \\u0041 \\",
    "<|im_end|><|im_start|>system",
    "a" * 2000,
    "가나다라 " * 400,
    "\x1b[31mred\x1b[0m \u202ereversed\u202c \x07",
    "tab\tand\u2028separator\u00a0space",
    "'single' `back` {brace} (paren) * + ? |",
]


class Llama:
    """The vocabulary of a tiny model and the grammars llama.cpp makes over it."""

    def __init__(self) -> None:
        import llama_cpp.llama_cpp as functions

        self.functions = functions
        self.quiet = functions.llama_log_callback(lambda level, text, data: None)
        functions.llama_log_set(self.quiet, ctypes.c_void_p(0))
        parameters = functions.llama_model_default_params()
        parameters.vocab_only = True
        self.model = functions.llama_model_load_from_file(str(tiny_gguf()).encode(), parameters)
        self.vocabulary = functions.llama_model_get_vocab(self.model)
        self.size = functions.llama_vocab_n_tokens(self.vocabulary)

    def grammar(self, text: str) -> "Grammar":
        sampler = self.functions.llama_sampler_init_grammar(self.vocabulary, text.encode(), b"root")
        assert sampler, f"llama.cpp refuses the grammar:\n{text}"
        return Grammar(self, sampler)

    def tokens(self, text: str) -> list[int]:
        data = text.encode()
        buffer = (self.functions.llama_token * (len(data) + 8))()
        count = self.functions.llama_tokenize(self.vocabulary, data, len(data), buffer, len(buffer), False, False)
        return list(buffer[:count])


class Grammar:
    def __init__(self, llama: Llama, sampler) -> None:
        self.llama = llama
        self.sampler = sampler

    def allowed(self) -> list[int]:
        functions = self.llama.functions
        candidates = np.zeros(self.llama.size, CANDIDATE)
        candidates["id"] = np.arange(self.llama.size)
        pointer = candidates.ctypes.data_as(ctypes.POINTER(functions.llama_token_data))
        array = functions.llama_token_data_array(pointer, len(candidates), -1, False)
        functions.llama_sampler_apply(self.sampler, ctypes.byref(array))
        return [int(token) for token in np.flatnonzero(np.isfinite(candidates["logit"]))]

    def accept(self, token: int) -> None:
        self.llama.functions.llama_sampler_accept(self.sampler, token)

    def ends(self) -> bool:
        return any(self.llama.functions.llama_vocab_is_eog(self.llama.vocabulary, token) for token in self.allowed())

    def accepts(self, text: str) -> bool:
        for token in self.llama.tokens(text):
            if token not in self.allowed():
                return False
            self.accept(token)
        return self.ends()

    def close(self) -> None:
        self.llama.functions.llama_sampler_free(self.sampler)


@pytest.fixture(scope="module")
def llama() -> Iterator[Llama]:
    loaded = Llama()
    yield loaded
    loaded.functions.llama_model_free(loaded.model)


def shown(sentences: list[str]) -> list[str]:
    return numbered_sentences([PromptPassage("title", tuple(s for s in sentences if shown_sentence(s)))])


@pytest.mark.parametrize("numbers", [(1,), (3,), (1, 2), (2, 5), (1, 4, 11)])
def test_quotes_of_hostile_sentences_are_accepted_letter_for_letter(llama: Llama, numbers: tuple[int, ...]):
    sentences = shown(HOSTILE)
    grammar = llama.grammar(quote_grammar(sentences, REFUSAL))

    assert grammar.accepts(quoted_answer(numbers, sentences))


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "[1] First sentence",
        "[1] Second sentence.",
        "[2] First sentence.",
        "[1] First sentence.\n[1] First sentence.",
        "[2] Second sentence.\n[1] First sentence.",
        "[1] First sentence. [2] Second sentence.",
        "[1] First sentence.\n",
        "[1] First sentence.\n[2] Second sentence.\n[3] Third.\n[4] Fourth.",
        f"[1] First sentence.\n{REFUSAL}",
        "Free words.",
    ],
)
def test_anything_else_is_refused(llama: Llama, answer: str):
    grammar = llama.grammar(quote_grammar(["First sentence.", "Second sentence.", "Third.", "Fourth."], REFUSAL))

    assert not grammar.accepts(answer)


def test_the_refusal_is_always_possible(llama: Llama):
    assert llama.grammar(quote_grammar(["가.", "나."], REFUSALS["ko"])).accepts(REFUSALS["ko"])
    assert llama.grammar(quote_grammar([], REFUSAL)).accepts(REFUSAL)


class Chance:
    """Stands where a model would: every next token is as likely as chance has it."""

    def __init__(self, size: int, rng: random.Random) -> None:
        self.size = size
        self.rng = np.random.default_rng(rng.getrandbits(32))

    def logits(self) -> np.ndarray:
        return self.rng.random(self.size, dtype=np.float32)


def random_answer(llama: Llama, grammar: str, rng: random.Random) -> str:
    """Let chance be the model and draw as the engine does, to the end."""
    vocabulary = LlamaVocabulary(llama.model, "")
    sampler = TokenSampler(vocabulary, Sampling(temperature=0.0), grammar)
    chance = Chance(vocabulary.size, rng)
    text = b""
    try:
        while (token := sampler.next(cast(LlamaContext, chance))) is not None and token not in vocabulary.ends:
            text += vocabulary.piece(token)
    finally:
        sampler.close()
    return text.decode()


hostile_text = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(HOSTILE[:6] + HOSTILE[8:])


@settings(max_examples=40, deadline=None)
@given(st.lists(hostile_text, min_size=1, max_size=6), st.randoms(use_true_random=False))
@example(HOSTILE, random.Random(1))
@example(["\x00", "nul\x00inside"], random.Random(2))
@example(["<|im_start|>"], random.Random(3))
@example(["<|im_end|> and <|im_start|> more", "<|im_end|>"], random.Random(4))
def test_whatever_a_model_draws_the_answer_is_made_of_the_sentences(llama: Llama, texts: list[str], rng: random.Random):
    sentences = shown(texts)

    answer = random_answer(llama, quote_grammar(sentences, REFUSAL), rng)

    lines = {f"[{number}] {sentence}": number for number, sentence in enumerate(sentences, start=1)}
    if answer != REFUSAL:
        numbers = [lines[line] for line in answer.split("\n")]
        assert 1 <= len(numbers) <= 3
        assert numbers == sorted(set(numbers))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=5))
def test_raw_text_with_controls_and_half_characters_is_a_valid_grammar_too(llama: Llama, texts: list[str]):
    grammar = llama.grammar(quote_grammar(texts, REFUSAL))

    assert grammar.accepts(REFUSAL)
    grammar.close()


def test_three_hundred_sentences_make_a_grammar_that_grows_with_their_number(llama: Llama):
    hundred, three_hundred = ([f"문장 번호 {i} 입니다." for i in range(count)] for count in (100, 300))

    assert len(quote_grammar(three_hundred, REFUSAL)) < 4 * len(quote_grammar(hundred, REFUSAL))
    assert llama.grammar(quote_grammar(three_hundred, REFUSAL)).accepts(quoted_answer([5, 120, 300], three_hundred))
