import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lorag.prompts.messages import Message
from lorag.tuning.cleaning import CleanResult, clean
from lorag.tuning.examples import Example, Origin
from tests.tuning.data_files import example, examples

LONG = "환불은 고객센터에 신청하신 뒤 영업일 기준으로 처리되며 결과는 문자로 알려 드립니다."


def _kinds(result: CleanResult, effect: str) -> list[tuple[int, str]]:
    return [(finding.origin.line, finding.kind) for finding in result.findings if finding.effect == effect]


def _only(result: CleanResult) -> Example:
    [left] = result.examples
    return left


def test_good_rows_pass_unchanged_and_without_a_word():
    rows = [("환불은 며칠 걸리나요?", "5일 걸립니다."), ("What is the fee?", "There is none.")]

    result = clean(examples(rows))

    assert [(row.question, row.answer) for row in result.examples] == rows
    assert result.findings == ()
    assert result.languages == {"en": 1, "ko": 1}


@pytest.mark.parametrize(
    ("question", "answer", "kind"),
    [
        ("", "An answer.", "empty"),
        ("  \n\t", "An answer.", "empty"),
        ("A question?", "", "empty"),
        ("A question?", "\u200b\ufeff ", "empty"),
        ("A question?", "<p>&nbsp;</p>", "empty"),
        ("A question?", "N/A", "missing answer"),
        ("질문입니다", "없음", "missing answer"),
        ("A question?", "TBD.", "missing answer"),
        ("A question?", "The caf\ufffd is open.", "encoding"),
        ("A question?", "x" * 20_001, "too long"),
    ],
)
def test_a_row_that_teaches_nothing_is_dropped_with_its_kind(question, answer, kind):
    result = clean([example("Good?", "Good."), example(question, answer, line=2)])

    assert len(result.examples) == 1
    assert _kinds(result, "dropped") == [(2, kind)]


def test_an_empty_text_is_dropped():
    result = clean([Example(Origin(Path("a.txt"), 1), text=" "), Example(Origin(Path("a.txt"), 2), text="Words.")])

    assert [row.text for row in result.examples] == ["Words."]
    assert _kinds(result, "dropped") == [(1, "empty")]


def test_a_short_answer_that_many_rows_share_is_a_label_and_stays():
    rows = [(f"리뷰 {number}번에 욕설이 있나요?", "없음" if number % 2 else "있음") for number in range(20)]

    result = clean(examples(rows))

    assert len(result.examples) == 20


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("<p>Write to us.</p><p>We reply.</p>", "Write to us.\nWe reply."),
        ("One<br/>two &amp; three&nbsp;four", "One\ntwo & three four"),
        ("<!-- old -->Now <b>open</b>", "Now open"),
        ("<style>p {color: red}</style>Open", "Open"),
        ("Tom &quot;x&quot; &#39;y&#39;", "Tom \"x\" 'y'"),
    ],
)
def test_markup_residue_is_turned_into_text_and_reported(raw, meant):
    result = clean([example("What now?", raw)])

    assert _only(result).answer == meant
    assert _kinds(result, "changed") == [(1, "markup")]


@pytest.mark.parametrize(
    "answer",
    [
        "Use `<b>` for bold text.",
        "```html\n<p>x</p>\n```",
        "if a < b and b > c",
        "5 < 6 & 7 > 6",
        "See <https://a.example>.",
    ],
)
def test_code_and_comparisons_are_no_markup(answer):
    result = clean([example("How?", answer)])

    assert _only(result).answer == answer
    assert _kinds(result, "changed") == []


def test_control_characters_and_escape_sequences_are_removed_and_reported():
    result = clean([example("What?", "A\x00B\x1b[31mC\u202eD\u200bE\x07")])

    assert _only(result).answer == "ABCDE"
    assert _kinds(result, "changed") == [(1, "control characters")]


@pytest.mark.parametrize(
    "pattern",
    ["<!--", "<script>", "<style ", "`<", "<p ", "&amp", "\x1b]", "a@", "+1 ", "4 ", "-", "Ã\x80", " ", "\n", "[1"],
)
def test_text_made_to_be_slow_to_clean_is_cleaned_all_the_same(pattern):
    rows = [("Slow?", pattern * (19_000 // len(pattern))), ("Long?", pattern * (2_000_000 // len(pattern)))]

    result = clean(examples(rows))

    assert len(result.examples) + sum(finding.effect == "dropped" for finding in result.findings) == 2


def test_indentation_and_joined_emoji_are_kept():
    answer = "def f():\n    return 1\n👩‍👩‍👧"

    assert _only(clean([example("Code?", answer)])).answer == answer


def test_decomposed_hangul_is_composed():
    result = clean([example("되나요?", unicodedata.normalize("NFD", "네, 됩니다."))])

    assert _only(result).answer == "네, 됩니다."
    assert _kinds(result, "changed") == [(1, "encoding")]


@pytest.mark.parametrize("wrong", ["latin-1", "cp1252"])
def test_utf_8_read_as_a_western_encoding_is_put_right(wrong):
    broken = "네, 환불됩니다.".encode().decode(wrong, errors="ignore" if wrong == "cp1252" else "strict")
    if wrong == "cp1252":
        broken = "café – naïve".encode().decode("cp1252")

    result = clean([example("q?", broken)])

    assert _only(result).answer == ("네, 환불됩니다." if wrong == "latin-1" else "café – naïve")
    assert _kinds(result, "changed") == [(1, "encoding")]


def test_euc_kr_read_as_latin_1_is_put_right():
    result = clean([example("q?", "환불 됩니다".encode("euc_kr").decode("latin-1"))])

    assert _only(result).answer == "환불 됩니다"


@pytest.mark.parametrize("answer", ["Café déjà vu, naïve façade.", "Größe: 5 µm ± 3 °C", "São Paulo é aqui", "Ærø Øst"])
def test_western_letters_are_left_alone(answer):
    result = clean([example("q?", answer)])

    assert _only(result).answer == answer
    assert result.findings == ()


@pytest.mark.parametrize(
    "answer",
    [
        "The parcel is sent back within ten days of the",
        "고객센터에 문의하시면 담당자가 확인한 후 환불 신청을",
        "First open the box, then take out the,",
        "Please run this:\n```\nlorag train faq.csv and then",
        "The refund takes about five days and...",
    ],
)
def test_an_answer_that_stops_in_mid_sentence_is_doubted(answer):
    result = clean([example("How?" if answer.isascii() else "어떻게 하나요?", answer)])

    assert _kinds(result, "warning") == [(1, "cut off")]
    assert len(result.examples) == 1


def test_answers_cut_at_one_length_are_doubted():
    cut = [("질문 하나?", LONG * 3), ("질문 둘?", "먼저 " + LONG * 3), ("질문 셋?", "이제 안내해 " + LONG * 3)]
    rows = [(question, answer[:121]) for question, answer in cut]
    assert not any(answer.endswith((".", "다", "요")) for _, answer in rows)

    result = clean(examples(rows))

    assert [line for line, kind in _kinds(result, "warning") if kind == "cut off"] == [1, 2, 3]


def test_a_question_repeated_as_its_answer_is_doubted():
    result = clean([example("환불 규정을 알려 주세요", "환불 규정을 알려 주세요")])

    assert _kinds(result, "warning") == [(1, "echo")]


def test_an_answer_in_another_language_is_doubted():
    result = clean([example("환불은 며칠 걸리나요?", "It takes five days.")])

    assert _kinds(result, "warning") == [(1, "language")]


def test_a_citation_without_its_passage_is_doubted():
    shown = example("Passage:\n[1] It takes five days.\nHow long?", "It takes five days. [1]", line=2)

    result = clean([example("How long does it take?", "It takes five days. [1]"), shown])

    assert _kinds(result, "warning") == [(1, "citation")]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Write to kim@haneul.example now.", "e-mail"),
        ("Call 010-1234-5678 now.", "phone"),
        ("His number is 820701-2409181.", "resident number"),
        ("Card 4539 1488 0343 6467.", "card number"),
    ],
)
def test_personal_data_is_pointed_out_wherever_it_stands(text, kind):
    result = clean([example("Who?", text), example(text, "That is me.", line=2)])

    reasons = [(finding.origin.line, finding.reason) for finding in result.findings if finding.kind == "personal data"]
    assert [line for line, _ in reasons] == [1, 2]
    assert all(reason.startswith(kind) for _, reason in reasons)


def test_findings_come_in_the_order_of_the_file():
    rows = [("a?", ""), ("b?", "<p>y</p>"), ("c?", "N/A"), ("d?", "kim@a.example")]

    assert [finding.origin.line for finding in clean(examples(rows)).findings] == [1, 2, 3, 4]


texts = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(texts, texts), max_size=6))
def test_every_row_of_any_text_is_kept_or_reported_and_cleaning_again_changes_nothing(rows):
    first = clean(examples(rows))
    again = clean(first.examples)

    dropped = [finding for finding in first.findings if finding.effect == "dropped"]
    assert len(first.examples) + len(dropped) == len(rows)
    assert all(message.content for row in first.examples for message in row.messages)
    "".join(message.content for row in first.examples for message in row.messages).encode()
    assert [row.messages for row in again.examples] == [row.messages for row in first.examples]


def test_the_system_message_is_cleaned_too():
    messages = (Message("system", "Be <b>kind</b>."), Message("user", "Hi?"), Message("assistant", "Hello."))

    result = clean([Example(Origin(Path("a.jsonl"), 1), messages=messages)])

    assert _only(result).messages[0].content == "Be kind."
