import json
from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lorag.chat.export import as_json, as_training_rows
from lorag.library.chats import Status, StoredMessage
from lorag.tuning.examples import Finding, Row
from lorag.tuning.formats.json_rows import read_json, read_json_lines
from tests.tuning.data_files import complaints, pairs, read, written

SHAPES: dict[str, dict[str, Any]] = {
    "openai": {"messages": [{"role": "user", "content": "질문"}, {"role": "assistant", "content": "답"}]},
    "openai parts": {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "질문"}]},
            {"role": "assistant", "content": "답"},
        ]
    },
    "sharegpt": {"conversations": [{"from": "human", "value": "질문"}, {"from": "gpt", "value": "답"}]},
    "alpaca": {"instruction": "질문", "input": "", "output": "답"},
    "prompt and completion": {"prompt": "질문", "completion": "답"},
    "prompt and completion as turns": {
        "prompt": [{"role": "user", "content": "질문"}],
        "completion": [{"role": "assistant", "content": "답"}],
    },
    "question and answer": {"Question ": "질문", "ANSWER": "답", "id": 7},
    "korean names": {"질문": "질문", "답변": "답"},
    "turns as JSON text": {"messages": '[{"role": "user", "content": "질문"}, {"role": "assistant", "content": "답"}]'},
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json", "rows.ndjson"])
def test_every_known_shape_of_row_is_recognised(tmp_path, shape, name):
    content = json.dumps([SHAPES[shape]]) if name.endswith(".json") else json.dumps(SHAPES[shape], ensure_ascii=False)

    result = read(written(tmp_path, name, content))

    assert pairs(result) == [("질문", "답")]
    assert not result.findings


def test_the_input_of_an_alpaca_row_follows_its_instruction(tmp_path):
    row = {"instruction": "Sum up.", "input": "A long text.", "output": "Short.", "system": "Be brief."}

    result = read(written(tmp_path, "rows.jsonl", json.dumps(row)))

    assert [message.content for message in result.examples[0].messages] == [
        "Be brief.",
        "Sum up.\n\nA long text.",
        "Short.",
    ]


def test_the_history_of_an_alpaca_row_becomes_earlier_turns(tmp_path):
    row = {"instruction": "And on Sunday?", "output": "9 to 6.", "history": [["When do you open?", "At 8."]]}

    result = read(written(tmp_path, "rows.jsonl", json.dumps(row)))

    assert [message.role for message in result.examples[0].messages] == ["user", "assistant", "user", "assistant"]


def test_the_system_text_of_a_sharegpt_row_stands_first(tmp_path):
    row = {"system": "Be kind.", **SHAPES["sharegpt"]}

    result = read(written(tmp_path, "rows.jsonl", json.dumps(row)))

    assert [message.role for message in result.examples[0].messages] == ["system", "user", "assistant"]


def _turns(*turns: tuple[str, str | None]) -> dict[str, object]:
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"question": "q"}, "a question but no answer"),
        ({"answer": "a"}, "an answer but no question"),
        ({"foo": 1}, "name them with --columns"),
        ({"question": "q", "answer": None}, "a question but no answer"),
        ({"question": None, "answer": None, "text": None}, "neither"),
        ({"question": ["q"], "answer": {"a": 1}}, "neither"),
        ({"messages": []}, "does not end with an answer"),
        ({"messages": None}, "neither"),
        (_turns(("user", "q")), "does not end with an answer"),
        (_turns(("assistant", "a")), "turn 1 is the assistant's"),
        (_turns(("user", "q"), ("user", "q"), ("assistant", "a")), "turn 2 is the user's"),
        (_turns(("user", "q"), ("system", "s"), ("assistant", "a")), "system message stands after the beginning"),
        (_turns(("user", None), ("assistant", "a")), "turn 1 has no text"),
        (_turns(("user", "q"), ("robot", "a")), "unknown role 'robot'"),
        (_turns(("user", "q"), ("tool", "a")), "unknown role 'tool'"),
        ({"messages": ["hello"]}, "turn 1 is not an object"),
        ({"messages": "hello"}, "messages is no list of turns with role and content"),
        ({"Conversations": {"from": "human"}}, "conversations is no list of turns with role and content"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "turn 1 has no text"),
        ({"instruction": "q", "output": "a", "history": [["only one"]]}, "history item 1"),
    ],
)
def test_a_row_that_cannot_be_learned_from_is_left_out_with_its_reason(tmp_path, row, reason):
    good = json.dumps(SHAPES["openai"])

    result = read(written(tmp_path, "rows.jsonl", f"{good}\n{json.dumps(row)}\n{good}\n"))

    assert len(result.examples) == 2
    [(line, said)] = complaints(result)
    assert line == 2
    assert reason in said


@pytest.mark.parametrize("line", ["{", "[1]", '"text"', "null", "{'a': 1}", "[" * 100_000, "1" * 5000, "{}x", "\x00"])
def test_a_line_that_is_no_object_is_a_finding_and_the_next_line_is_read(tmp_path, line):
    good = json.dumps(SHAPES["alpaca"])

    result = read(written(tmp_path, "rows.jsonl", f"{good}\n{line}\n{good}"))

    assert len(result.examples) == 2
    assert [number for number, _ in complaints(result)] == [2]


def test_a_line_of_ten_megabytes_is_read_like_any_other(tmp_path):
    row = json.dumps({"question": "q", "answer": "a" * 10_000_000})

    result = read(written(tmp_path, "rows.jsonl", row))

    assert len(result.examples[0].answer) == 10_000_000


def test_a_list_under_a_known_name_gives_each_row_its_line(tmp_path):
    text = '{"version": {"n": [1]},\n "data": [\n  {"question": "q1", "answer": "a1"},\n  3,\n  {"question": "q2"}\n]}'

    result = read(written(tmp_path, "rows.json", text))

    assert [example.origin.line for example in result.examples] == [3]
    assert [line for line, _ in complaints(result)] == [4, 5]


def test_a_list_that_is_cut_off_gives_the_rows_before_the_cut(tmp_path):
    text = '[\n{"question": "q1", "answer": "a1"},\n{"question": "q2", "answ'

    result = read(written(tmp_path, "rows.json", text))

    assert pairs(result) == [("q1", "a1")]
    assert complaints(result)[0][0] == 3
    assert complaints(result)[0][1].endswith("nothing after it was read: Unterminated string starting at character 20")


@pytest.mark.parametrize("text", ["{}", "3", '{"a": {"b": 1}}'])
def test_json_without_a_list_of_examples_says_what_was_expected(tmp_path, text):
    result = read(written(tmp_path, "rows.json", text))

    assert "expected [" in complaints(result)[0][1]


def test_json_lines_under_the_name_json_are_read_as_lines(tmp_path):
    lines = "\n".join(json.dumps(SHAPES["alpaca"]) for _ in range(3))

    assert len(read(written(tmp_path, "rows.json", lines)).examples) == 3


def test_one_conversation_alone_is_an_example(tmp_path):
    assert len(read(written(tmp_path, "chat.json", json.dumps(SHAPES["openai"]))).examples) == 1


def _message(role: Literal["user", "assistant"], text: str, status: Status = "complete") -> StoredMessage:
    return StoredMessage(1, 1, None, role, text, status, "tiny", (), {}, None, (), 0.0)


def test_both_exports_of_a_chat_are_learned_from(tmp_path):
    messages = [_message("user", "환불 되나요?"), _message("assistant", "네, 14일 안에 됩니다.")]

    rows = read(written(tmp_path, "chat.jsonl", as_training_rows("환불", messages)))
    whole = read(written(tmp_path, "chat.json", as_json("환불", messages)))

    assert pairs(rows) == pairs(whole) == [("환불 되나요?", "네, 14일 안에 됩니다.")]


def test_an_exported_answer_teaches_no_citation_of_sentences_that_are_not_there(tmp_path):
    cited = replace(_message("assistant", "[3] 네, 14일 안에 됩니다."), citations=({"n": 3},))
    messages = [_message("user", "환불 되나요?"), cited]

    rows = read(written(tmp_path, "chat.jsonl", as_training_rows("환불", messages)))

    assert pairs(rows) == [("환불 되나요?", "네, 14일 안에 됩니다.")]


def test_an_exported_answer_that_was_stopped_is_reported(tmp_path):
    messages = [_message("user", "환불 되나요?"), _message("assistant", "네, 14", "stopped")]

    result = read(written(tmp_path, "chat.json", as_json("환불", messages)))

    assert not result.examples
    assert "was not finished" in complaints(result)[0][1]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text_read_as_json_gives_rows_or_findings(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.json"

    items = [*read_json(path, text), *read_json_lines(path, text)]

    assert all(isinstance(item, (Row, Finding)) for item in items)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["messages", "question", "answer", "text", "system", "history", "input", "x"]),
            st.recursive(
                st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
                lambda inner: (
                    st.lists(inner, max_size=3)
                    | st.dictionaries(st.sampled_from(["role", "content", "from", "value"]), inner, max_size=3)
                ),
                max_leaves=8,
            ),
            max_size=4,
        ),
        max_size=5,
    )
)
def test_every_row_of_any_types_becomes_an_example_or_a_finding(tmp_path_factory, rows):
    path = written(tmp_path_factory.getbasetemp(), "types.json", json.dumps(rows))

    result = read(path)

    assert len(result.examples) + len(complaints(result)) == len(rows)
