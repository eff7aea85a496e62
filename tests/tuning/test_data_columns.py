import json

import pytest

from tests.tuning.data_files import complaints, pairs, read, written


def _warnings(result):
    return [(finding.kind, finding.reason) for finding in result.findings if finding.effect == "warning"]


@pytest.mark.parametrize(
    "header", ["질문,답변", "문의,답", "지시,응답", "질의,회신", "문의내용,답변내용", "물음,대답", "요청,출력"]
)
def test_common_korean_names_of_columns_are_known(tmp_path, header):
    result = read(written(tmp_path, "faq.csv", f"{header}\n환불은요?,됩니다.\n"))

    assert pairs(result) == [("환불은요?", "됩니다.")]
    assert result.findings == ()


def test_a_title_with_its_text_is_a_question_with_its_answer_and_is_reported(tmp_path):
    result = read(written(tmp_path, "faq.csv", "번호,제목,내용,비고\n1,환불은요?,됩니다.,내부용\n"))

    assert pairs(result) == [("환불은요?", "됩니다.")]
    [(kind, reason)] = _warnings(result)
    assert kind == "columns"
    assert "read 제목 as question, 내용 as answer; not learned: 비고" in reason


def test_the_text_of_an_inquiry_follows_its_title(tmp_path):
    result = read(written(tmp_path, "board.csv", "제목,내용,답변\n환불,언제 되나요?,5일 안에 됩니다.\n"))

    assert pairs(result) == [("환불\n\n언제 되나요?", "5일 안에 됩니다.")]


def test_input_and_output_alone_are_a_question_and_its_answer(tmp_path):
    result = read(written(tmp_path, "rows.jsonl", '{"input": "Where?", "output": "Here."}\n'))

    assert pairs(result) == [("Where?", "Here.")]


def test_a_title_with_its_text_is_text_where_text_is_learned(tmp_path):
    result = read(written(tmp_path, "news.csv", "제목,내용\n봄,꽃이 핍니다.\n"), as_text=True)

    assert [example.text for example in result.examples] == ["꽃이 핍니다."]
    assert "not learned: 제목" in _warnings(result)[0][1]


def test_text_beside_a_label_is_text_and_says_how_to_make_it_a_question(tmp_path):
    result = read(written(tmp_path, "rows.jsonl", json.dumps({"text": "Great coffee!", "label": "good"}) + "\n"))

    assert [example.text for example in result.examples] == ["Great coffee!"]
    assert "not learned: label" in _warnings(result)[0][1]
    assert "--columns question=text,answer=label" in _warnings(result)[0][1]


def test_columns_that_were_named_are_not_questioned(tmp_path):
    path = written(tmp_path, "faq.csv", "제목,내용,비고\n가,나,다\n")

    assert read(path, columns={"question": "제목", "answer": "비고"}).findings == ()


def test_a_table_that_begins_with_a_question_and_its_answer_has_no_header(tmp_path):
    result = read(written(tmp_path, "faq.csv", "환불 되나요?,네 됩니다.\n언제 오나요?,내일 옵니다.\n"))

    assert pairs(result) == [("환불 되나요?", "네 됩니다."), ("언제 오나요?", "내일 옵니다.")]
    [(kind, reason)] = _warnings(result)
    assert kind == "header"
    assert "the table has no header" in reason


def test_a_header_of_unknown_names_is_called_a_header(tmp_path):
    result = read(written(tmp_path, "faq.csv", "환불 규정,14일 안에 됩니다\n배송 기간,이틀 걸립니다\n"))

    assert pairs(result) == []
    line, reason = complaints(result)[0]
    assert line == 1
    assert "line 1 was taken as the header, and no name in it is known" in reason
    assert "--columns question=NAME,answer=NAME" in reason
