import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lorag.errors import DatasetError
from lorag.evaluation.questions import read_questions


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_json_lines_give_questions_references_and_places(tmp_path):
    path = write(
        tmp_path,
        "q.jsonl",
        '{"question": "How long?", "answers": ["14 days", "two weeks"], "source": "refunds.md", "passage": "Within 14 days."}\n\n'
        '{"question": "연차는?", "answer": 15}\n{"question": "Boiling point?", "answerable": false}\n',
    )
    first, second, third = read_questions(path)

    assert (first.references, first.sources, first.passages) == (
        ("14 days", "two weeks"),
        ("refunds.md",),
        ("Within 14 days.",),
    )
    assert (second.line, second.references, second.answerable) == (3, ("15",), True)
    assert (third.line, third.answerable) == (4, False)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp949", "utf-16"])
def test_csv_with_korean_names_is_read_in_the_encodings_excel_writes(tmp_path, encoding):
    text = '질문,답변,출처\n"환불은, 며칠 안에 되나요?",14일,refund.md\n주차는?,,\n'
    questions = read_questions(write(tmp_path, "q.csv", text, encoding))

    assert [question.question for question in questions] == ["환불은, 며칠 안에 되나요?", "주차는?"]
    assert questions[0].references == ("14일",)
    assert questions[1].references == ()


def test_semicolons_and_tabs_separate_too(tmp_path):
    assert read_questions(write(tmp_path, "q.csv", "question;answer\nHow, long?;14\n"))[0].question == "How, long?"
    assert read_questions(write(tmp_path, "q.tsv", "question\tanswer\nHow?\t14\n"))[0].references == ("14",)


def test_a_cell_can_hold_a_list_as_json_writes_it(tmp_path):
    path = write(tmp_path, "q.csv", 'question,answers\nHow?,"[""14 days"", ""two weeks""]"\nWho?,[1] Han\n')
    first, second = read_questions(path)

    assert first.references == ("14 days", "two weeks")
    assert second.references == ("[1] Han",)


@pytest.mark.parametrize("value", ["false", "no", "0", "아니요", "답없음", "unanswerable", "F"])
def test_a_row_can_say_that_it_has_no_answer(tmp_path, value):
    path = write(tmp_path, "q.csv", f"question,answerable\nWhat?,{value}\n")

    assert not read_questions(path)[0].answerable


@pytest.mark.parametrize("value", ["true", "YES", "1", "예", ""])
def test_a_row_can_say_that_it_has_one(tmp_path, value):
    path = write(tmp_path, "q.csv", f"question,answerable\nWhat?,{value}\n")

    assert read_questions(path)[0].answerable


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("q.jsonl", '{"question": "a"}\n{"question": ', "q.jsonl:2: not JSON"),
        ("q.jsonl", '{"question": ' + "9" * 5000 + "}", "q.jsonl:1: not JSON"),
        ("q.jsonl", "[" * 100_000, "q.jsonl:1: not JSON"),
        ("q.jsonl", '["a"]', "q.jsonl:1: an object with a question is needed, not list"),
        ("q.jsonl", '{"answer": "a"}', "q.jsonl:1: there is no question; the row has answer"),
        ("q.jsonl", '{"question": "a", "answer": "b", "answerable": false}', "marked as not answerable"),
        (
            "q.jsonl",
            '{"question": "a"}\n{"question": "b", "answerable": "maybe"}',
            "q.jsonl:2: answerable is neither true",
        ),
        ("q.csv", "question,answerable\nWhat?,perhaps\n", "q.csv:2: answerable is neither true nor false but perhaps"),
        ("q.jsonl", '{"question": "a", "answer": {"text": "b"}}', "q.jsonl:1: answer must be text"),
        ("q.jsonl", '{"question": "a", "answers": ["b", true]}', "a list of these, not true"),
        ("q.jsonl", "\n \n", "holds no questions"),
        ("q.csv", 'question\n"open', "not a row of CSV"),
        ("q.csv", "", "holds no questions"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, name, text, said):
    with pytest.raises(DatasetError, match=said.replace("(", r"\(")):
        read_questions(write(tmp_path, name, text))


def test_a_missing_folder_or_binary_file_is_no_question_set(tmp_path):
    (tmp_path / "x.jsonl").write_bytes(bytes(range(256)) * 8)

    with pytest.raises(DatasetError, match="cannot be read"):
        read_questions(tmp_path / "none.jsonl")
    with pytest.raises(DatasetError, match="cannot be read"):
        read_questions(tmp_path)
    with pytest.raises(DatasetError, match="not text"):
        read_questions(tmp_path / "x.jsonl")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["q.jsonl", "q.csv", "q.tsv"]))
def test_no_bytes_make_reading_fail_in_another_way(tmp_path_factory, data, name):
    path = tmp_path_factory.mktemp("bytes") / name
    path.write_bytes(data)
    questions = []
    with contextlib.suppress(DatasetError):
        questions = read_questions(path)

    assert all(question.question.strip() for question in questions)
