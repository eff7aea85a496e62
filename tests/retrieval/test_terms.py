import pickle
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lorag.errors import UsageError
from lorag.retrieval.splitters import make_splitter
from lorag.retrieval.stopwords import content_terms
from lorag.retrieval.terms import BigramSplitter

SPLITTER = BigramSplitter()


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("연차휴가는", ["연차", "차휴", "휴가", "가는"]),
        ("집", ["집"]),
        ("Policies", ["polici"]),
        ("running RUNS", ["run", "run"]),
        ("1,000원", ["1000", "원"]),
        ("1000", ["1000"]),
        ("1,234,567.89", ["1234567.89"]),
        ("3.5 days", ["3.5", "day"]),
        ("2026-01-15", ["2026", "01", "15"]),
        ("2026.01.15", ["2026", "01", "15"]),
        ("1, 2,3", ["1", "2", "3"]),
        ("東京都", ["東京", "京都"]),
        ("カタカナ", ["カタ", "タカ", "カナ"]),
        ("LoRA를", ["lora", "lo", "ra", "를"]),
        ("get_user_name", ["get", "user", "name"]),
        ("getUserName", ["getusernam", "get", "user", "name"]),
        ("XK-200", ["xk", "200"]),
        ("XK200", ["xk", "200"]),
        ("ＡＢＣ１２", ["abc", "12"]),
        ("don't", ["don't"]),
        ("café", ["café"]),
        ("Привет, мир", ["привет", "мир"]),
        ("  \n\t!?…", []),
        ("", []),
    ],
)
def test_terms_of(text: str, terms: list[str]):
    assert SPLITTER.terms(text) == terms


def test_decomposed_text_gives_the_same_terms_as_composed_text():
    text = "연차휴가 café"

    assert SPLITTER.terms(unicodedata.normalize("NFD", text)) == SPLITTER.terms(text)


@given(st.text(max_size=300))
def test_terms_are_never_empty_and_hold_no_white_space(text: str):
    for term in SPLITTER.terms(text):
        assert term
        assert not any(character.isspace() for character in term)


@given(st.text(max_size=300))
def test_terms_stay_themselves_in_the_index(text: str):
    # The index folds ASCII case and cuts at these; a term that held one would be stored as another.
    for term in SPLITTER.terms(text):
        assert not set(term) & set('ABCDEFGHIJKLMNOPQRSTUVWXYZ"\x00')


def test_a_splitter_travels_to_another_process():
    for name in ("bigram", "kiwi"):
        splitter = pickle.loads(pickle.dumps(make_splitter(name)))
        assert splitter.identity == make_splitter(name).identity


def test_function_words_are_left_out_of_a_question_unless_nothing_else_is_there():
    assert content_terms(SPLITTER.terms("What is the refund policy?")) == ["refund", "polici"]
    assert SPLITTER.question_terms("What is the refund policy?") == ["refund", "polici"]
    assert content_terms(["what", "is", "it"]) == ["what", "is", "it"]


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("환불은 언제까지 가능한가요?", ["환불", "가능", "능한"]),
        ("휴가를 신청하려면", ["휴가", "신청"]),
        ("국가가", ["국가"]),
        ("휴가", ["휴가"]),
        ("집은", ["집은"]),
        ("출산휴가에서는", ["출산", "산휴", "휴가"]),
    ],
)
def test_endings_are_no_part_of_a_korean_question(question: str, terms: list[str]):
    assert SPLITTER.question_terms(question) == terms


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("자두 빙수는 얼마예요?", ["자두", "빙수"]),
        ("제주점은 어디예요?", ["제주", "주점"]),
        ("연차는 며칠인가요", ["연차"]),
        ("몇 개월 동안 보증해요?", ["개월", "동안", "보증"]),
        ("왜곡 보정은 누구에게 묻나요?", ["왜곡", "보정", "묻나"]),
        ("누가복음은 누가 썼나요?", ["가복", "복음", "썼나"]),
        ("언제?", ["언제"]),
        ("얼마예요?", ["마예"]),
    ],
)
def test_a_word_that_only_asks_is_no_part_of_a_korean_question(question: str, terms: list[str]):
    assert SPLITTER.question_terms(question) == terms


def test_kiwi_splits_korean_into_content_morphemes_and_the_rest_as_usual():
    terms = make_splitter("kiwi").terms("직원들은 연차휴가를 15일까지 사용할 수 있습니다. Refunds cost 1,000 won.")

    assert {"직원", "연차", "휴가", "사용"} <= set(terms)
    assert {"refund", "cost", "won", "15"} <= set(terms)
    assert not {"은", "를", "습니다"} & set(terms)
    assert make_splitter("kiwi").question_terms("환불은 언제까지 가능한가요?")[:1] == ["환불"]


def test_without_kiwi_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "kiwipiepy", None)

    with pytest.raises(UsageError, match=r"pip install 'lorag\[kiwi\]'"):
        make_splitter("kiwi").terms("연차")
