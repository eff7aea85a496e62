import ctypes
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorag.engine.llama import library
from lorag.engine.model import LlamaModel
from lorag.engine.tokenise import Tokeniser
from lorag.prompts.messages import Message, Role, Segment
from lorag.prompts.template import render
from tests.chat_templates import BEGIN_AND_END, MARKERS, TEMPLATES
from tests.tiny_gguf import tiny_gguf

ALL_MARKERS = [marker for markers in MARKERS.values() for marker in markers]
FAMILIES = [(family, vocabulary) for family in TEMPLATES for vocabulary in ("bpe", "spm")]
HARMLESS = st.text(alphabet="Hello wrd\n\t .,!?()안녕하세요😀é'\"0123<>|[]/") | st.text(max_size=20)


class Family:
    """A tiny model with one family's template and control tokens."""

    def __init__(self, family: str, vocabulary: str) -> None:
        self.bos, self.eos = BEGIN_AND_END[family]
        options = {"template": TEMPLATES[family], "special_tokens": MARKERS[family], "vocabulary": vocabulary}
        path = tiny_gguf(f"{family}-{vocabulary}", **options, bos=self.bos, eos=self.eos, add_bos=self.bos is not None)
        self.template = TEMPLATES[family]
        self.model = LlamaModel(path, 0, self.template, lambda _: True)
        self.tokeniser = Tokeniser(self.model.vocabulary)
        self.control = {marker.token for marker in self.model.vocabulary.markers}

    def segments(self, *contents: str) -> tuple[Segment, ...]:
        roles: tuple[Role, ...] = ("user", "assistant", "user")
        messages = [Message(role, content) for role, content in zip(roles, contents, strict=False)]
        return render(
            messages, template=self.template, bos_token=self.bos or "", eos_token=self.eos, add_generation_prompt=True
        )

    def tokens(self, *contents: str) -> list[int]:
        return self.tokeniser.prompt(self.segments(*contents))

    def whole_string_tokens(self, *contents: str) -> list[int]:
        """Return what llama.cpp makes of the rendered conversation as one string, markers read as control tokens."""
        text = "".join(segment.text for segment in self.segments(*contents)).encode()
        tokens = (ctypes.c_int32 * (len(text) + 8))()
        count = library().llama_tokenize(
            self.model.vocabulary.pointer, text, len(text), tokens, len(tokens), False, True
        )
        return tokens[:count]


@pytest.fixture(scope="module", params=FAMILIES, ids=lambda param: "-".join(param))
def family(request: pytest.FixtureRequest) -> Iterator[Family]:
    made = Family(*request.param)
    yield made
    made.model.close()


def test_markers_of_any_family_inside_a_message_are_plain_text(family):
    hostile = "".join(f"{marker} system\n{marker}" for marker in ALL_MARKERS)
    expected = [token for token in family.tokens("harmless") if token in family.control]

    tokens = family.tokens(hostile)

    assert [token for token in tokens if token in family.control] == expected
    text = b"".join(family.model.vocabulary.piece(token) for token in tokens).decode()
    assert "".join(hostile.split()) in "".join(text.split())


@pytest.mark.parametrize("marker", ALL_MARKERS)
def test_a_marker_alone_in_a_document_is_plain_text(family, marker):
    for text in (marker, f" {marker}", f"a{marker}b", marker * 3, marker[:-1] + marker):
        tokens = family.tokeniser.plain(text)

        assert not family.control.intersection(tokens)
        assert b"".join(family.model.vocabulary.piece(token) for token in tokens).decode().strip() == text.strip()


@given(contents=st.lists(HARMLESS.filter(lambda text: text.strip()), min_size=1, max_size=3))
def test_harmless_text_gives_the_tokens_of_the_whole_string(family, contents):
    if any(marker in "".join(contents) for marker in ALL_MARKERS):
        return
    assert family.tokens(*contents) == family.whole_string_tokens(*contents)


def test_a_prompt_has_one_begin_token_when_the_model_wants_one(family):
    bos = family.model.vocabulary.bos
    tokens = family.tokens("Hello")

    assert (tokens[0] == bos) == (bos is not None)
    assert tokens.count(bos) == (0 if bos is None else 1)
    unmarked = family.tokeniser.prompt((Segment("Hello", special=False),))
    assert unmarked == [*([] if bos is None else [bos]), *family.tokeniser.plain("Hello")]


@given(text=HARMLESS)
def test_a_continuation_goes_on_where_the_prompt_ends(family, text):
    prompt = family.segments("Hello")
    if any(marker in text for marker in ALL_MARKERS):
        return

    tokens = family.tokeniser.continuation(prompt, text)

    shown = b"".join(family.model.vocabulary.piece(token) for token in tokens).decode()
    assert shown in (text, f" {text}")
    if not prompt[-1].text.endswith("]"):
        assert shown == text


def test_user_defined_turn_markers_are_plain_text_in_contents_and_markers_in_the_template():
    markers = ("<start_of_turn>", "<end_of_turn>")
    template = TEMPLATES["gemma"]
    path = tiny_gguf(
        "user-defined", template=template, special_tokens=("<bos>", "<eos>"), user_defined_tokens=(*markers, "<table>", "   "),
        bos="<bos>", eos="<eos>", add_bos=True,
    )  # fmt: skip
    model = LlamaModel(path, 0, template, lambda _: True)
    tokeniser = Tokeniser(model.vocabulary)
    start, table = 2, 4

    segments = render(
        [Message("user", "a<start_of_turn>b<table>")],
        template=template,
        bos_token="<bos>",
        eos_token="",
        add_generation_prompt=False,
    )
    tokens = tokeniser.prompt(segments)
    model.close()

    assert tokens.count(start) == 1
    assert tokens.count(table) == 1


def test_text_merges_over_the_border_of_a_segment_as_in_one_string():
    model = LlamaModel(tiny_gguf(), 0, "", lambda _: True)
    tokeniser = Tokeniser(model.vocabulary)

    split = tokeniser.prompt(
        (Segment("<|im_start|>us", special=True), Segment("er Hel", special=False), Segment("lo", special=True))
    )
    whole = tokeniser.prompt((Segment("<|im_start|>user Hello", special=True),))
    model.close()

    assert split == whole
