import sys
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from tests.tuning.data_files import complaints, pairs, read, written

KOREAN = "질문,답변\n배송비는 얼마인가요?,3000원입니다.\n영업 시간은요?,9시부터입니다.\n"
EXPECTED = [("배송비는 얼마인가요?", "3000원입니다."), ("영업 시간은요?", "9시부터입니다.")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_table_is_read_in_any_encoding_excel_writes(tmp_path, encoding):
    result = read(written(tmp_path, "faq.csv", KOREAN, encoding))

    assert pairs(result) == EXPECTED
    assert not result.findings


@pytest.mark.parametrize(
    ("name", "delimiter"), [("faq.csv", ";"), ("faq.csv", "\t"), ("faq.csv", "|"), ("faq.tsv", "\t")]
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_delimiter_is_found_in_the_first_line(tmp_path, name, delimiter, line_end):
    text = KOREAN.replace(",", delimiter).replace("\n", line_end)

    assert pairs(read(written(tmp_path, name, text))) == EXPECTED


def test_a_comma_in_a_tsv_is_text(tmp_path):
    result = read(written(tmp_path, "faq.tsv", "question\tanswer\nOne, two?\tYes, both.\n"))

    assert pairs(result) == [("One, two?", "Yes, both.")]


def test_a_cell_may_hold_line_breaks_and_quotes_and_keeps_the_line_of_its_start(tmp_path):
    text = 'question,answer\n"Say ""hi"", please","one\ntwo"\nlast,"a, b"\n'

    result = read(written(tmp_path, "faq.csv", text))

    assert pairs(result) == [('Say "hi", please', "one\ntwo"), ("last", "a, b")]
    assert [example.origin.line for example in result.examples] == [2, 4]


def test_columns_are_named_by_the_person(tmp_path):
    result = read(
        written(tmp_path, "faq.csv", "제목,내용,비고\n가,나,다\n"), columns={"question": "제목", "answer": "내용"}
    )

    assert pairs(result) == [("가", "나")]


def test_a_row_with_more_cells_than_names_is_left_out_with_its_line(tmp_path):
    result = read(written(tmp_path, "faq.csv", "question,answer\na,b\nc,d, with a comma\ne,f,\n"))

    assert pairs(result) == [("a", "b"), ("e", "f")]
    assert complaints(result) == [(3, "the row has 3 cells where the first line names 2; quote cells with commas")]


def test_a_row_with_fewer_cells_has_no_answer(tmp_path):
    result = read(written(tmp_path, "faq.csv", "question,answer\na\nc,d\n"))

    assert pairs(result) == [("c", "d")]
    assert "a question but no answer" in complaints(result)[0][1]


def test_a_quotation_mark_that_never_closes_is_reported_where_it_opens(tmp_path):
    result = read(written(tmp_path, "faq.csv", 'question,answer\na,b\nc,"d\ne,f\n'))

    assert pairs(result) == [("a", "b")]
    assert complaints(result)[0][0] == 3
    assert "never closed" in complaints(result)[0][1]


def test_a_cell_of_two_megabytes_is_reported_and_the_rest_read(tmp_path):
    result = read(written(tmp_path, "faq.csv", f"question,answer\na,{'x' * 2_000_000}\nc,d\n"))

    assert pairs(result) == [("c", "d")]
    assert "longer than 1,000,000" in complaints(result)[0][1]


@pytest.mark.parametrize("content", ["", "\n\n", "question,answer\n", "question,answer"])
def test_a_table_without_rows_has_no_examples(tmp_path, content):
    assert not read(written(tmp_path, "faq.csv", content)).examples


def test_bytes_that_are_no_text_are_reported_as_such(tmp_path):
    result = read(written(tmp_path, "faq.csv", bytes(range(256)) * 40))

    assert complaints(result)[0][0] == 0
    assert "not text" in complaints(result)[0][1]


def _parquet(path: Path, columns: dict[str, list[Any]]) -> Path:
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    return path


def test_parquet_columns_become_rows(tmp_path):
    path = _parquet(tmp_path / "faq.parquet", {"question": ["가", "나", None], "answer": ["a", "b", "c"]})

    result = read(path)

    assert pairs(result) == [("가", "a"), ("나", "b")]
    assert complaints(result) == [(3, "there is an answer but no question (the row has answer, question)")]


def test_parquet_may_hold_whole_conversations(tmp_path):
    turns = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]

    result = read(_parquet(tmp_path / "chats.parquet", {"messages": [turns, turns]}))

    assert pairs(result) == [("q", "a"), ("q", "a")]


def test_a_file_that_only_calls_itself_parquet_is_reported(tmp_path):
    result = read(written(tmp_path, "faq.parquet", b"PAR1 not really"))

    assert "cannot be read as Parquet" in complaints(result)[0][1]


def test_a_cut_off_parquet_file_is_reported(tmp_path):
    path = _parquet(tmp_path / "faq.parquet", {"question": ["q"] * 100, "answer": ["a"] * 100})
    path.write_bytes(path.read_bytes()[:-40])

    result = read(path)

    assert "cannot be read as Parquet" in complaints(result)[0][1]


def test_without_pyarrow_a_person_is_told_what_to_install(tmp_path, monkeypatch):
    path = _parquet(tmp_path / "faq.parquet", {"question": ["q"], "answer": ["a"]})
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    assert "pip install 'lorag[train]'" in complaints(read(path))[0][1]
