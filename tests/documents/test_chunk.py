"""Chunks stand where they say they stand, end with sentences, stay under one heading and have about one length."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lorag.documents.builder import TextBuilder
from lorag.documents.chunk import chunk_document
from lorag.documents.extract import extract
from lorag.documents.model import Chunk, ExtractedDocument, Heading
from lorag.documents.readers import code, delimited, json_data, json_lines, markdown, plain, rst
from lorag.documents.readers.html import add_html
from lorag.documents.source import Source
from lorag.documents.tokens import estimate_tokens
from lorag.errors import DocumentError
from tests.documents.files import LIMITS, MAKERS

TARGET = 300
LEAST, MOST = 200, 400
REPEATABLE = settings(max_examples=40, deadline=None, derandomize=True)

ENGLISH_WORDS = ("the", "tenant", "returns", "deposit", "within", "fourteen", "days", "of", "notice", "agreement")
KOREAN_WORDS = ("직원은", "연차를", "사용하기", "삼일", "전까지", "인사팀에", "신청하고", "승인을", "받아야", "합니다")


@st.composite
def sentences(draw: st.DrawFn) -> str:
    """Draw a sentence that ends where it seems to end."""
    is_korean = draw(st.booleans())
    words = draw(st.lists(st.sampled_from(KOREAN_WORDS if is_korean else ENGLISH_WORDS), min_size=3, max_size=30))
    text = " ".join(words)
    return text + draw(st.sampled_from((".", "?", "!"))) if is_korean else text.capitalize() + "."


@st.composite
def manuals(draw: st.DrawFn) -> tuple[ExtractedDocument, list[int], list[int]]:
    """Draw a document with headings and pages, and the offsets at which its sentences begin and end."""
    builder = TextBuilder(LIMITS)
    written: list[str] = []
    has_pages = draw(st.booleans())
    for number in range(1, draw(st.integers(1, 4)) + 1):
        if has_pages:
            builder.page(number)
        title = f"Section {number}"
        builder.heading(draw(st.integers(1, 3)), title)
        written.append(title)
        for paragraph in draw(st.lists(st.lists(sentences(), min_size=1, max_size=12), min_size=1, max_size=4)):
            builder.paragraph(" ".join(paragraph))
            written += paragraph
    document = builder.document("text/plain")
    starts, ends, at = [], [], 0
    for text in written:
        at = document.text.index(text, at)
        starts.append(at)
        at += len(text)
        ends.append(at)
    return document, starts, ends


def assert_sound(document: ExtractedDocument, chunks: list[Chunk]) -> None:
    """Check what holds for the chunks of any document."""
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    covered = 0
    for chunk in chunks:
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert chunk.text.strip()
        assert document.text[covered : chunk.start].strip() == ""
        assert chunk.n_tokens == estimate_tokens(chunk.text) <= MOST
        if document.source_lines:
            assert chunk.line_start == document.text.count("\n", 0, chunk.start) + 1
            assert chunk.line_end == document.text.count("\n", 0, chunk.end) + 1
        covered = chunk.end
    assert document.text[covered:].strip() == ""


TEXT_READERS = {"plain": plain, "markdown": markdown, "rst": rst, "code": code, "delimited": delimited}
STRANGE = "ab .,!?\n\n\t#-=|\"'*>`가나다라。　\u1112\u1161\u11ab\U0001f600\r\x0b\x1b[31m"


@REPEATABLE
@given(st.data(), st.sampled_from(sorted(TEXT_READERS)))
def test_the_text_at_a_chunks_offsets_is_its_text(data: st.DataObject, reader: str):
    pieces = data.draw(st.lists(st.one_of(st.text(STRANGE, max_size=200), sentences()), max_size=40))
    text = data.draw(st.sampled_from((" ", "\n", "\n\n"))).join(pieces) + "x"

    document = TEXT_READERS[reader].read(Source(Path("a.py"), text.encode(), LIMITS))

    assert_sound(document, chunk_document(document, target_tokens=TARGET))


@REPEATABLE
@given(st.lists(st.one_of(st.text(STRANGE, max_size=200), sentences()), min_size=1, max_size=30))
def test_offsets_hold_in_formats_that_are_taken_apart(texts: list[str]):
    page = "".join(f"<h2>{texts[0]}</h2><p>{text}</p><table><tr><td>{text}<td>{text}</table>" for text in texts)
    builder = TextBuilder(LIMITS)
    add_html(builder, page.encode())
    values = json.dumps({"a": texts, "b": [{"c": text, "d": [text]} for text in texts]}).encode()
    documents = [
        builder.document("text/html"),
        json_data.read(Source(Path("a.json"), values, LIMITS)),
        json_lines.read(Source(Path("a.jsonl"), values + b"\n" + values, LIMITS)),
    ]

    for document in documents:
        assert_sound(document, chunk_document(document, target_tokens=TARGET))


@pytest.mark.parametrize("suffix", MAKERS)
def test_offsets_hold_in_every_format(tmp_path: Path, suffix: str):
    path = tmp_path / f"document{suffix}"
    path.write_bytes(MAKERS[suffix]())

    document = extract(path, LIMITS)

    assert_sound(document, chunk_document(document, target_tokens=TARGET))


@REPEATABLE
@given(manuals())
def test_chunks_begin_and_end_with_sentences(drawn: tuple[ExtractedDocument, list[int], list[int]]):
    document, starts, ends = drawn

    chunks = chunk_document(document, target_tokens=TARGET)

    assert_sound(document, chunks)
    assert {chunk.start for chunk in chunks} <= set(starts)
    assert {chunk.end for chunk in chunks} <= set(ends)


@REPEATABLE
@given(manuals())
def test_no_chunk_reaches_over_a_heading_or_a_page(drawn: tuple[ExtractedDocument, list[int], list[int]]):
    document, _, _ = drawn
    borders = [heading.offset for heading in document.headings] + [page.offset for page in document.pages]

    for chunk in chunk_document(document, target_tokens=TARGET):
        assert not any(chunk.start < border < chunk.end for border in borders)
        above = max((each for each in document.headings if each.offset <= chunk.start), key=lambda each: each.offset)
        assert chunk.heading[-1] == above.text
        pages = [page.number for page in document.pages if page.offset <= chunk.start]
        assert chunk.page == (pages[-1] if pages else None)


@REPEATABLE
@given(manuals())
def test_chunks_have_200_to_400_tokens_unless_their_section_is_short(
    drawn: tuple[ExtractedDocument, list[int], list[int]],
):
    document, _, _ = drawn
    by_section: dict[tuple[tuple[str, ...], int | None], list[int]] = {}
    for chunk in chunk_document(document, target_tokens=TARGET):
        by_section.setdefault((chunk.heading, chunk.page), []).append(chunk.n_tokens)

    for sizes in by_section.values():
        assert max(sizes) <= MOST
        assert len(sizes) == 1 or sum(sizes) < 2 * TARGET or min(sizes) >= LEAST


def test_a_heading_without_text_goes_with_the_one_below_it():
    text = "# Rules\n\n## Leave\n\nFifteen days a year.\n\n## Travel\n\nBy train.\n"

    chunks = chunk_document(markdown.document_from(text), target_tokens=TARGET)

    assert [(chunk.heading, chunk.text.split("\n")[0]) for chunk in chunks] == [
        (("Rules", "Leave"), "# Rules"),
        (("Rules", "Travel"), "## Travel"),
    ]


@pytest.mark.parametrize("text", ["x" * 50_000, "가" * 20_000, "word " * 10_000, "\U0001f600" * 5_000])
def test_a_text_without_sentences_is_cut_to_size(text: str):
    document = ExtractedDocument(text, "", "text/plain", (), (), source_lines=True)

    chunks = chunk_document(document, target_tokens=TARGET)

    assert_sound(document, chunks)
    assert len(chunks) > 1


def test_a_row_of_a_table_is_never_cut():
    rows = [
        f"item: product {n} | price: {n},000원 | note: Sold daily. Ask for it. 매일 판매합니다." for n in range(200)
    ]
    document = ExtractedDocument("\n".join(rows), "", "text/csv", (), (), source_lines=True)

    chunks = chunk_document(document, target_tokens=TARGET)

    assert [row for chunk in chunks for row in chunk.text.split("\n")] == rows


def test_code_is_cut_at_lines_and_best_between_its_parts():
    parts = [f"def f{n}(a):\n    b = a. x\n    return b + {n}" for n in range(300)]
    document = ExtractedDocument("\n\n\n".join(parts), "", "text/x-python", (), (), source_lines=True)

    chunks = chunk_document(document, target_tokens=TARGET)

    assert_sound(document, chunks)
    assert all(chunk.text.startswith("def ") for chunk in chunks)
    assert all(chunk.n_tokens >= LEAST for chunk in chunks)


def test_the_same_document_gives_the_same_chunks():
    text = "\n\n".join(" ".join(f"Sentence {n} of it {m}." for m in range(9)) for n in range(40))

    first, second = (chunk_document(markdown.document_from(text), target_tokens=TARGET) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("target", [50, 120, 1000, 2000])
def test_another_size_of_chunk_is_kept_as_well(target: int):
    text = " ".join(f"This is sentence number {n} of a long text." for n in range(2_000))
    document = ExtractedDocument(text, "", "text/plain", (), (), source_lines=True)

    sizes = [chunk.n_tokens for chunk in chunk_document(document, target_tokens=target)]

    assert all(target * 2 // 3 <= size <= target * 4 // 3 for size in sizes)


def test_headings_keep_their_offsets_when_text_is_normalised():
    text = "# 휴가\r\n\r\ntext\x07 here\r\n\r\n## \u1112\u1161\u11ab\r\nmore\r\n"

    document = markdown.read(Source(Path("a.md"), text.encode(), LIMITS))

    assert document.headings == (Heading(0, 1, "휴가"), Heading(document.text.index("## 한"), 2, "한"))


def _fill(builder: TextBuilder) -> None:
    while True:
        builder.paragraph("x" * 10_000)


def test_a_builder_never_holds_more_than_the_limit():
    with pytest.raises(DocumentError, match="max_text_mb"):
        _fill(TextBuilder(LIMITS))
