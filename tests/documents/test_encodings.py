"""Text is read in whatever encoding it was saved."""

from pathlib import Path

import pytest

from lorag.documents.decode import decode
from lorag.errors import DocumentError

KOREAN = (
    "제1조(목적) 이 규정은 직원의 휴가에 관한 사항을 정함을 목적으로 한다.\n연차는 15일이며, '하늘HR'에서 신청한다.\n"
)
MIXED = "Menu: 아메리카노 Americano 4,500원, 카페 라떼 Caffe latte 5,000원. Open 09:00-22:00.\n"
RARE = "펲시콜라와 똠방각하, 뷁, 햏햏은 완성형에 없는 글자이다.\n"


@pytest.mark.parametrize("text", [KOREAN, MIXED, RARE, KOREAN * 2000])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp949"])
def test_korean_text_is_recognised_in_every_usual_encoding(text: str, encoding: str):
    assert decode(text.encode(encoding)) == text


def test_euc_kr_is_recognised():
    assert decode(KOREAN.encode("euc_kr")) == KOREAN


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "ascii"])
def test_english_text_is_recognised(encoding: str):
    text = "The deposit is returned within fourteen days of the end of the tenancy.\n"

    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Die Kündigung muß schriftlich erfolgen; die Frist beträgt vier Wochen für Löhne über 500 €.\n" * 5, "cp1252"),
        ("Le café est fermé à Noël, même après la fête de l'été prochain; réservez dès à présent.\n" * 5, "cp1252"),
        ("Договор вступает в силу с момента подписания обеими сторонами.\n" * 5, "cp1251"),
        ("契約書に署名した日から効力を生じる。返品は十四日以内に行うこと。\n" * 5, "shift_jis"),
    ],
)
def test_other_languages_are_not_mistaken_for_korean(text: str, encoding: str):
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Le café est fermé à midi. Größe: 5 m².", "latin-1"),
        ("Öffnungszeiten: ½ Stunde früher", "cp1252"),
        ("Droga szkoło, wyślij książkę.", "cp1250"),
    ],
)
def test_a_text_too_short_to_tell_its_language_is_western_unless_its_letters_say_otherwise(text: str, encoding: str):
    assert decode(text.encode(encoding)) == text


def test_a_few_broken_bytes_do_not_spoil_a_text():
    korean = KOREAN * 20

    assert decode(korean.encode()[:-2]).startswith(korean[:-3])
    assert decode(korean.encode("cp949")[:999]).startswith(korean[:500])
    assert decode(b"price \xff list\n" + korean.encode()).endswith(korean)


@pytest.mark.parametrize("data", [bytes(range(256)) * 10, b"\x00" * 1000, b"\x01\x02\x03\x04" * 100])
def test_bytes_that_are_no_text_are_refused(data: bytes):
    with pytest.raises(DocumentError, match="not text"):
        decode(data)


@pytest.mark.parametrize("declared", ["no-such-encoding", "hex", "utf-8", "\x00", "euc-kr"])
def test_a_wrong_declaration_does_no_harm(declared: str):
    assert decode(KOREAN.encode("cp949"), declared=declared) == KOREAN


def test_the_module_needs_no_guess_for_korean_files(tmp_path: Path):
    # The guess is slow and often wrong for short Korean texts; it must not be needed for them.
    assert decode("연차 신청은 3일 전까지".encode("cp949")) == "연차 신청은 3일 전까지"
