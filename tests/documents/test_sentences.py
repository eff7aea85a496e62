"""Sentences of English and Korean text are found where a reader would end them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lorag.documents.sentences import sentence_spans, split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four…", ["One.", "Two!", "Three?", "Four…"]),
        ("He said “Go.” Then he went.", ["He said “Go.”", "Then he went."]),
        ("Ask Dr. Kim or Mr. Lee. They know.", ["Ask Dr. Kim or Mr. Lee.", "They know."]),
        ("It costs 3.50 dollars, e.g. for tea. Pay at 5 p.m. sharp.", None),
        ("J. R. R. Tolkien wrote it. See Fig. 3.", ["J. R. R. Tolkien wrote it.", "See Fig. 3."]),
        ("Wool: max. 2 kg, min. 1 kg. Tel. 02-1, ext. 7.", ["Wool: max. 2 kg, min. 1 kg.", "Tel. 02-1, ext. 7."]),
        ("Wait 5 min. 2 people may enter.", ["Wait 5 min.", "2 people may enter."]),
        ("See example.com/a.b for v1.2.3 notes. Done.", ["See example.com/a.b for v1.2.3 notes.", "Done."]),
        ("연차는 15일입니다. 3일 전까지 신청합니다.", ["연차는 15일입니다.", "3일 전까지 신청합니다."]),
        ("정말요? 네! 그렇습니다.", ["정말요?", "네!", "그렇습니다."]),
        ("“괜찮다.” 그는 말했다.", ["“괜찮다.”", "그는 말했다."]),
        ("1. 첫째 항목\n2. 둘째 항목", ["1. 첫째 항목", "2. 둘째 항목"]),
        ("가. 목적\n나. 범위", ["가. 목적", "나. 범위"]),
        ("- milk\n- bread", ["- milk", "- bread"]),
        ("name: Kim\nage: 40", ["name: Kim", "age: 40"]),
        ("契約は終了する。返金はない。", ["契約は終了する。", "返金はない。"]),
        ("a | b. c | d\ne | f", ["a | b. c | d", "e | f"]),
        ("Title\n\nText below", ["Title", "Text below"]),
        ("", []),
        (" \n\t\n ", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, sentences: list[str] | None):
    found = split_sentences(text)

    assert found == (
        sentences if sentences is not None else ["It costs 3.50 dollars, e.g. for tea.", "Pay at 5 p.m. sharp."]
    )


def test_prose_wrapped_at_a_width_is_put_together():
    text = (
        "The deposit is returned within fourteen days of the end\nof the tenancy, less what is owed for damage that the\n"
        "tenant has caused. Interest is not paid."
    )

    assert split_sentences(text) == [text[: text.index(" Interest")], "Interest is not paid."]


@pytest.mark.parametrize("text", ["word " * 1000, "가나다 " * 1000, "x" * 5000, "a, b; " * 900])
def test_a_sentence_without_end_is_cut_at_a_clause(text: str):
    pieces = split_sentences(text)

    assert all(len(piece) <= 600 for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(st.sampled_from('aB1 .,!?…\n\n\t-|*"”)가다。　#>'), max_size=400))
def test_sentences_cover_everything_but_white_space_in_order(text: str):
    end = 0
    for start, stop in sentence_spans(text):
        assert text[end:start].strip() == ""
        assert text[start:stop] == text[start:stop].strip() != ""
        end = stop
    assert text[end:].strip() == ""


@pytest.mark.parametrize(
    "text", ["." * 200_000, "a. " * 50_000, "\n" * 200_000, "\"'" * 100_000, " | " * 60_000, "1." * 90_000]
)
def test_no_text_takes_long_to_split(text: str):
    # Quadratic time would show as minutes here.
    assert sum(end - start for start, end in sentence_spans(text)) <= len(text)


def test_the_number_of_a_heading_stays_with_it():
    assert split_sentences("## 1. Beans and ground coffee\n\nOpened bags are not refunded.") == [
        "## 1. Beans and ground coffee",
        "Opened bags are not refunded.",
    ]
