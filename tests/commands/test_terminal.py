import io
import json

import pytest

from lorag.chat.citations import check_citations
from lorag.chat.numbering import numbered, split_passages
from lorag.commands.terminal import StatusLine, harmless, harmless_json, harmless_line, place_of, source_line
from lorag.commands.words import Words
from tests.chat.passages import passage

HOSTILE = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J \u202ereversed\u202c \x08\x08bell\x07 \x1b"


def test_nothing_that_a_terminal_obeys_is_left_in_foreign_text():
    assert harmless(HOSTILE) == "red  2J reversed bell "
    assert harmless("두 줄\n\t들여쓰기 🧑‍🚀") == "두 줄\n\t들여쓰기 🧑‍🚀"
    assert harmless_line("one\n two\r\n") == "one two"


def test_json_holds_all_of_it_without_one_character_that_a_terminal_obeys():
    text = harmless_json({"answer": HOSTILE}, io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))

    assert json.loads(text) == {"answer": HOSTILE}
    assert not set(text) & set("\x1b\x07\x08\x9b\u202e\u202c")


def test_json_for_a_stream_that_cannot_show_korean_is_ascii():
    text = harmless_json({"answer": "연차"}, io.TextIOWrapper(io.BytesIO(), encoding="ascii"))

    assert text.isascii()
    assert json.loads(text) == {"answer": "연차"}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({}, "leave.md › Annual leave, lines 12-14"),
        ({"line_end": 12}, "leave.md › Annual leave, line 12"),
        ({"page": 3}, "leave.md › Annual leave, page 3"),
        ({"line_start": None, "line_end": None}, "leave.md › Annual leave"),
    ],
)
def test_a_place_is_file_heading_and_page_or_lines(changes: dict[str, int], place: str):
    fields = {"line_start": 12, "line_end": 14, **changes}
    found = passage("a\nb\nc", name="leave.md", heading=("Annual leave",), **fields)

    assert place_of(found, found.line_start, found.line_end, Words("en")) == place


def test_a_source_line_shows_number_place_verdict_and_words():
    text = "Employees get 15 days of leave.\n\x1b[31mUnused\x1b[0m leave is lost."
    found = numbered(split_passages([passage(text, name="leave.md", heading=("Annual",), line_start=12)]))
    cited = check_citations("Employees get 15 days of leave [1]. Everything is allowed [2].", found).citations
    lines = [source_line(citation, Words("en")) for citation in cited]

    assert lines == [
        '[1] leave.md › Annual, line 12 ✓ "Employees get 15 days of leave."',
        '[2] leave.md › Annual, line 13 ✗ not word for word: "Unused leave is lost."',
    ]


def test_the_status_line_is_silent_where_nobody_watches():
    stream = io.StringIO()
    status = StatusLine(stream)
    status.show("reading 1/2")
    status.clear()

    assert stream.getvalue() == ""
