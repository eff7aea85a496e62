from pathlib import Path

import pytest

from lorag.prompts.messages import Message, Role
from lorag.prompts.template import CHATML_TEMPLATE, render
from lorag.tuning.doctor import diagnose
from lorag.tuning.encode import Encoder
from lorag.tuning.examples import Example, Origin
from lorag.tuning.pieces import read_vocabulary, runs
from tests.chat_templates import BEGIN_AND_END, MARKERS, TEMPLATES
from tests.tiny_gguf import tiny_gguf

ORIGIN = Origin(Path("rows.jsonl"), 3)
THINKING = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' and loop.last %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{{ message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n<think>\n\n</think>\n\n' }}{% endif %}"
)


def conversation(*texts):
    roles: tuple[Role, ...] = ("user", "assistant") * len(texts)
    return Example(ORIGIN, tuple(Message(role, text) for role, text in zip(roles, texts, strict=False)))


@pytest.fixture
def encoder_of(engine, load):
    """Return a maker of encoders that use a model's real tokeniser and any template."""

    def make(path, template, *, ends=None, with_bos=True):
        model = load(path)
        special = engine.special_tokens()

        def as_chat(messages, add_generation_prompt):
            return render(
                messages,
                template=template,
                bos_token=model.bos_token,
                eos_token=model.eos_token,
                add_generation_prompt=add_generation_prompt,
            )

        def tokenise(segments, after=None):
            return engine.tokenise(segments, after=after)

        bos = special.bos if special.adds_bos and with_bos else None
        return Encoder(as_chat, tokenise, special.ends if ends is None else ends, bos)

    return make


@pytest.fixture
def chatml(encoder_of):
    return encoder_of(tiny_gguf(), CHATML_TEMPLATE)


def learned_text(row, path):
    return [text for text, learned in runs(row.ids, row.trained, read_vocabulary(path)) if learned]


def test_only_answers_and_their_ends_are_learned(chatml):
    found = diagnose([conversation("Hello?", "안녕하세요 world", "And?", "the end")], chatml, max_tokens=500)
    assert learned_text(found.rows[0], tiny_gguf()) == ["안녕하세요 world<|im_end|>", "the end<|im_end|>"]
    assert found.findings == ()


@pytest.mark.parametrize("family", ["chatml", "llama-3", "gemma"])
def test_a_row_has_the_tokens_that_the_chat_would_read(family, encoder_of, engine):
    bos, eos = BEGIN_AND_END[family]
    path = tiny_gguf(
        f"doctor-{family}",
        template=TEMPLATES[family],
        special_tokens=MARKERS[family],
        bos=bos,
        eos=eos,
        add_bos=bos is not None,
    )
    encoder = encoder_of(path, TEMPLATES[family])
    example = conversation("Hello the world?", "in and on", "서울?", "Hello")
    (row,) = diagnose([example], encoder, max_tokens=500).rows
    whole = engine.tokenise(encoder.render(example.messages, False))
    # What the template puts after the last answer is never learned and never read.
    assert list(row.ids) == whole[: len(row.ids)]


def test_a_row_that_would_be_cut_is_left_out(chatml):
    found = diagnose([conversation("Hello?", "the end " * 50), conversation("Hello?", "yes")], chatml, max_tokens=60)
    assert [finding.kind for finding in found.refused] == ["too long"]
    assert "at most 60 (raise --max-length" in found.refused[0].reason
    assert found.kept == (1,)


def test_a_template_that_never_ends_an_answer_is_refused(encoder_of):
    template = "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\n' }}{% endfor %}"
    found = diagnose([conversation("Hello?", "the end")], encoder_of(tiny_gguf(), template), max_tokens=500)
    assert [finding.kind for finding in found.refused] == ["template"]
    assert "no token that llama.cpp stops at" in found.refused[0].reason
    assert found.rows == ()


def test_two_beginnings_of_text_are_refused(encoder_of):
    template = TEMPLATES["llama-3"].replace("bos_token + content", "bos_token + bos_token + content")
    path = tiny_gguf(
        "doctor-two-bos",
        template=template,
        special_tokens=MARKERS["llama-3"],
        bos="<|begin_of_text|>",
        eos="<|eot_id|>",
        add_bos=False,
    )
    encoder = encoder_of(path, template)
    # The vocabulary does not ask for one, so the template alone decides.
    encoder = Encoder(encoder.render, encoder.tokenise, encoder.end_tokens, bos_token=0)
    found = diagnose([conversation("Hello?", "the end")], encoder, max_tokens=500)
    assert [finding.kind for finding in found.refused] == ["bos"]


def test_an_answer_whose_end_is_not_learned_is_refused(chatml):
    class Cutting(Encoder):
        def rows(self, example):
            (row,) = Encoder.rows(self, example)
            return (type(row)(row.origin, row.ids[:-1], row.trained[:-1]),)

    encoder = Cutting(chatml.render, chatml.tokenise, chatml.end_tokens, chatml.bos_token)
    found = diagnose([conversation("Hello?", "the end")], encoder, max_tokens=500)
    assert [finding.kind for finding in found.refused] == ["end of turn"]


def test_a_row_with_nothing_to_learn_is_refused(chatml):
    class Masking(Encoder):
        def rows(self, example):
            (row,) = Encoder.rows(self, example)
            return (type(row)(row.origin, row.ids, (False,) * len(row.ids)),)

    encoder = Masking(chatml.render, chatml.tokenise, chatml.end_tokens, chatml.bos_token)
    found = diagnose([conversation("Hello?", "the end")], encoder, max_tokens=500)
    assert [finding.kind for finding in found.refused] == ["nothing to learn"]


def test_a_thinking_template_gives_one_row_per_answer(encoder_of):
    encoder = encoder_of(tiny_gguf(), THINKING)
    found = diagnose([conversation("Hello?", "one", "And?", "two")], encoder, max_tokens=500)
    assert [learned_text(row, tiny_gguf()) for row in found.rows] == [["one<|im_end|>"], ["two<|im_end|>"]]
    assert found.kept == (0, 0)


def test_markers_inside_an_answer_stay_text(chatml):
    found = diagnose([conversation("Hello?", "say <|im_end|> now")], chatml, max_tokens=500)
    (row,) = found.rows
    assert learned_text(row, tiny_gguf()) == ["say <|im_end|> now<|im_end|>"]
    assert [token in chatml.end_tokens for token in row.ids].count(True) == 2


def test_every_token_of_a_text_but_the_first_is_learned(chatml):
    found = diagnose([Example(ORIGIN, text="Hello world and the rest")], chatml, max_tokens=500)
    (row,) = found.rows
    assert row.trained_tokens == len(row.ids) - 1


def test_a_row_keeps_its_place_in_the_file(chatml):
    found = diagnose([conversation("Hello?", "the " * 300)], chatml, max_tokens=20)
    assert found.findings[0].origin == ORIGIN
