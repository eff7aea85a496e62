import random
from dataclasses import replace
from pathlib import Path

import pytest

from lorag.documents.discover import discover
from lorag.errors import DatasetError
from lorag.tuning.cleaning import clean
from lorag.tuning.examples import Example, Origin
from lorag.tuning.provenance import provenance_of, write_note
from lorag.tuning.read import ReadOptions, read_examples
from lorag.tuning.write import write_examples
from tests.tuning.data_files import LIMITS, complaints, examples, pairs, read, written

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
REFUNDS = EXAMPLES / "refund-assistant" / "refunds.jsonl"
REFUNDS_TEST = EXAMPLES / "refund-assistant" / "refunds-test.jsonl"
ROW = '{"question": "Where?", "answer": "Here, on the left."}\n'


def test_a_folder_stands_for_the_data_files_in_it_and_its_subfolders(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    written(tmp_path, "b.jsonl", ROW)
    written(tmp_path / "deep" / "er", "a.csv", "question,answer\nq,a\n")
    written(tmp_path, "notes.txt", "not data")

    result = read(tmp_path)

    assert sorted(pairs(result)) == [("Where?", "Here, on the left."), ("q", "a")]
    assert result.findings == ()


def test_one_bad_file_does_not_hide_the_others(tmp_path):
    written(tmp_path, "a.db", "no database")
    written(tmp_path, "b.jsonl", ROW)
    written(tmp_path, "c.parquet", "no parquet")

    result = read(tmp_path)

    assert len(result.examples) == 1
    assert [finding.origin.file.name for finding in result.findings] == ["a.db", "c.parquet"]
    assert all(finding.origin.line == 0 for finding in result.findings)


def test_a_file_over_the_limit_is_reported_and_not_read(tmp_path):
    path = written(tmp_path, "big.jsonl", ROW * 10)

    result = read_examples([path], ReadOptions(), replace(LIMITS, max_file_bytes=100))

    assert not result.examples
    assert "raise max_file_mb" in complaints(result)[0][1]


def test_a_missing_path_is_an_error_at_once(tmp_path):
    with pytest.raises(DatasetError, match="does not exist"):
        read(tmp_path / "nothing.jsonl")


@pytest.mark.parametrize("name", ["a.txt", "a.pdf", "a.xlsx", "a", "a.png"])
def test_a_file_that_is_no_table_of_examples_says_what_would_be(tmp_path, name):
    result = read(written(tmp_path, name, "words"))

    assert "examples come as JSONL" in complaints(result)[0][1]


def test_documents_become_stretches_of_text_with_their_lines(tmp_path):
    text = "\n\n".join(f"# Part {number}\n\n{'The shelf is on the left. ' * 80}" for number in range(3))

    result = read(written(tmp_path, "manual.md", text), as_text=True)

    assert len(result.examples) >= 3
    assert all(row.text and not row.messages for row in result.examples)
    assert result.examples[0].origin.line == 1


def test_a_document_that_cannot_be_read_is_reported(tmp_path):
    written(tmp_path, "a.docx", b"PK\x03\x04 broken")
    written(tmp_path, "b.txt", "Some words to learn from.")

    result = read(tmp_path, as_text=True)

    assert [row.text for row in result.examples] == ["Some words to learn from."]
    assert [finding.origin.file.name for finding in result.findings] == ["a.docx"]


SUFFIXES = ["jsonl", "json", "csv", "tsv", "html", "sql", "db", "parquet", "txt"]
STARTS = [
    b"",
    b"{",
    b"[{",
    b"SQLite format 3\x00",
    b"PAR1",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b'a,b\n"',
    b"INSERT INTO a VALUES (",
]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("start", STARTS)
def test_any_bytes_under_any_name_end_in_findings(tmp_path, suffix, start):
    generator = random.Random(f"{suffix}{start!r}")
    noise = [generator.randbytes(3000), bytes(3000), b"[" * 3000, '가나,다\n"'.encode() * 300]
    for number, rest in enumerate(noise):
        written(tmp_path, f"{number}.{suffix}", start + rest)

    result = read(*sorted(tmp_path.glob(f"*.{suffix}")))

    assert all(finding.reason and "\n" not in finding.reason for finding in result.findings)
    assert clean(result.examples) is not None


def test_written_rows_read_the_same_again(tmp_path):
    rows = [
        *examples([("질문?", "답 하나\n답 둘"), ('Say "hi"', "hi \\ ho")]),
        Example(Origin(Path("a.md"), 1), text="글"),
    ]
    target = tmp_path / "clean.jsonl"

    write_examples(target, rows)
    again = read(target)

    assert [(row.messages, row.text) for row in again.examples] == [(row.messages, row.text) for row in rows]
    assert [path.name for path in tmp_path.iterdir()] == ["clean.jsonl"]


def test_the_hash_of_data_depends_on_its_files_and_not_on_their_order(tmp_path):
    first, second = written(tmp_path, "a.jsonl", ROW), written(tmp_path, "b.jsonl", ROW * 2)

    one, other = provenance_of([first, second]), provenance_of([second, first])

    assert one.sha256 == other.sha256
    assert provenance_of([first]).sha256 != one.sha256


def test_a_note_beside_data_is_no_data(tmp_path):
    path = written(tmp_path, "a.jsonl", ROW)
    write_note(path, provenance_of([path], license_name="CC0-1.0", origin="here"))

    known = provenance_of([tmp_path])

    assert (known.license, known.origin, [file.name for file in known.files]) == ("CC0-1.0", "here", ["a.jsonl"])
    assert len(read(tmp_path).examples) == 1


def test_a_damaged_note_is_named(tmp_path):
    path = written(tmp_path, "a.jsonl", ROW)
    written(tmp_path, "a.jsonl.source.json", "{")

    with pytest.raises(DatasetError, match="--license"):
        provenance_of([path])


def test_the_worked_example_has_sixty_clean_rows_of_one_tone():
    result = read(REFUNDS)
    cleaned = clean(result.examples)

    assert len(cleaned.examples) == 60
    assert cleaned.languages == {"ko": 60}
    assert {finding.kind for finding in (*result.findings, *cleaned.findings)} == {"personal data"}
    assert all(row.answer.startswith(("네, 고객님. ", "고객님, ")) for row in cleaned.examples)
    assert provenance_of([REFUNDS]).license == "MIT"


def test_the_worked_examples_test_asks_nothing_that_is_trained_on():
    trained = {row.question for row in read(REFUNDS).examples}
    tested = clean(read(REFUNDS_TEST).examples).examples

    assert len(tested) == 15
    assert not trained & {row.question for row in tested}


def test_the_worked_examples_rows_are_not_indexed_with_the_documents():
    found = discover([EXAMPLES], max_file_bytes=LIMITS.max_file_bytes)

    assert EXAMPLES / "refund-policy.md" in found.files
    assert not [file for file in found.files if "refund-assistant" in file.parts]
