"""Every format is read: its text, headings, pages, tables and lines."""

import json
import unicodedata
from pathlib import Path

import pytest

from lorag.documents.extract import extract
from lorag.documents.model import ExtractedDocument
from lorag.errors import DocumentError
from tests.documents.files import ENGLISH, KOREAN, LIMITS, MAKERS, epub, hwp, hwpx, pdf
from tests.documents.ole import write_ole


def read(tmp_path: Path, name: str, data: bytes) -> ExtractedDocument:
    path = tmp_path / name
    path.write_bytes(data)
    return extract(path, LIMITS)


def headings(document: ExtractedDocument) -> list[tuple[int, str]]:
    return [(heading.level, heading.text) for heading in document.headings]


@pytest.mark.parametrize("suffix", MAKERS)
def test_both_languages_are_read_whole_from_every_format(tmp_path: Path, suffix: str):
    text = read(tmp_path, f"document{suffix}", MAKERS[suffix]()).text

    assert ENGLISH in text
    assert KOREAN in text


@pytest.mark.parametrize("suffix", MAKERS)
def test_a_heading_stands_in_the_text_at_its_offset(tmp_path: Path, suffix: str):
    document = read(tmp_path, f"document{suffix}", MAKERS[suffix]())

    for heading in document.headings:
        line = document.text[heading.offset :].partition("\n")[0]
        assert heading.text in line


@pytest.mark.parametrize("suffix", [".md", ".rst", ".html", ".pdf", ".docx", ".pptx", ".epub"])
def test_headings_are_found_in_order(tmp_path: Path, suffix: str):
    found = [text for _, text in headings(read(tmp_path, f"document{suffix}", MAKERS[suffix]()))]

    assert found[0].startswith("휴가")
    assert found[-1] == "Machines"


@pytest.mark.parametrize("suffix", [".hwpx", ".hwp", ".ipynb"])
def test_a_heading_is_recognised_by_its_style(tmp_path: Path, suffix: str):
    assert headings(read(tmp_path, f"document{suffix}", MAKERS[suffix]())) == [(1, "휴가 규정")]


@pytest.mark.parametrize("suffix", [".html", ".docx", ".xlsx", ".csv", ".tsv", ".hwpx", ".hwp"])
def test_a_table_row_can_be_quoted_on_its_own(tmp_path: Path, suffix: str):
    lines = read(tmp_path, f"document{suffix}", MAKERS[suffix]()).text.split("\n")

    assert any(line.startswith("품목: 라떼 | 가격: 5") for line in lines)


@pytest.mark.parametrize("suffix", [".pdf", ".pptx"])
def test_pages_are_numbered_from_one(tmp_path: Path, suffix: str):
    document = read(tmp_path, f"document{suffix}", MAKERS[suffix]())

    assert [page.number for page in document.pages] == [1, 2]
    assert document.text.index(ENGLISH) > document.pages[1].offset > document.text.index(KOREAN)


@pytest.mark.parametrize("suffix", [".txt", ".md", ".rst", ".csv", ".tsv", ".jsonl", ".py"])
def test_lines_of_text_formats_are_those_of_the_file(tmp_path: Path, suffix: str):
    data = MAKERS[suffix]()
    document = read(tmp_path, f"document{suffix}", data)

    def line_of(text: str) -> int:
        return next(number for number, line in enumerate(text.split("\n")) if "60 days" in line)

    assert document.source_lines
    assert line_of(document.text) == line_of(data.decode())


def test_a_document_without_a_title_is_called_by_its_file_name(tmp_path: Path):
    assert read(tmp_path, "메모.txt", b"hello").title == "메모.txt"
    assert read(tmp_path, "a.md", b"---\ntitle: 'Hand book'\n---\n\ntext").title == "Hand book"
    assert read(tmp_path, "a.epub", epub()).title == "작은 책"


def test_front_matter_is_not_a_heading(tmp_path: Path):
    document = read(tmp_path, "a.md", b"---\ntitle: X\ndate: 2026\n---\n# Real\n\ntext\n```\n# comment in code\n```\n")

    assert headings(document) == [(1, "Real")]
    assert document.text[document.headings[0].offset :].startswith("# Real")


def test_a_csv_row_over_several_lines_keeps_later_lines_in_place(tmp_path: Path):
    text = read(tmp_path, "a.csv", b'name,note\nA,"first\nsecond"\nB,plain\n').text

    assert text.split("\n")[:4] == ["name | note", "name: A | note: first second", "", "name: B | note: plain"]


def test_a_csv_whose_quote_never_closes_is_read_line_by_line(tmp_path: Path):
    rows = "\n".join(f"row {number},value {number}" for number in range(20_000))

    assert "row 19999" in read(tmp_path, "a.csv", f'name,note\n"open,{rows}'.encode()).text


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_of_a_csv_is_recognised(tmp_path: Path, delimiter: str):
    data = "\n".join(delimiter.join(row) for row in (("city", "note"), ("Seoul", "rainy"), ("Busan", "sunny")))

    assert "city: Busan | note: sunny" in read(tmp_path, "a.csv", data.encode()).text


@pytest.mark.parametrize(
    ("data", "row"),
    [
        ('city,note\nBusan,"rain | wind | fog"\nJeju,"sun | wind | fog"\n', "city: Jeju | note: sun | wind | fog"),
        ('city,note\nBusan,"rain; ""wind""; fog"\nJeju,"sun;\nfog"\n', "city: Jeju | note: sun; fog"),
        ('city;price\n"Busan; old town";4,50\nJeju;3,00\n', "city: Jeju | price: 3,00"),
        ('size,stock\n5" pipe,3\n6" pipe,4\n', 'size: 6" pipe | stock: 4'),
    ],
)
def test_delimiters_inside_quotes_do_not_count(tmp_path: Path, data: str, row: str):
    assert row in read(tmp_path, "a.csv", data.encode()).text.splitlines()


def test_numbers_of_a_workbook_read_as_a_person_sees_them(tmp_path: Path):
    text = read(tmp_path, "a.xlsx", MAKERS[".xlsx"]()).text

    assert "가격: 5,000 | 할인: 15%" in text
    assert "가격: 5500.5" in text


def test_navigation_and_scripts_of_a_page_are_left_out(tmp_path: Path):
    text = read(tmp_path, "a.html", MAKERS[".html"]()).text

    assert "menu entry" not in text
    assert "hidden" not in text


def test_only_the_main_part_of_a_page_is_read_when_it_is_marked(tmp_path: Path):
    page = f"<body><div>Buy now</div><main><p>{ENGLISH * 10}</p></main><div>Imprint</div></body>"

    text = read(tmp_path, "a.html", page.encode()).text

    assert "Buy now" not in text
    assert "Imprint" not in text
    assert ENGLISH in text


@pytest.mark.parametrize("charset", ["euc-kr", "utf-8", "ks_c_5601-1987"])
def test_a_page_is_decoded_as_it_declares(tmp_path: Path, charset: str):
    page = f'<html><head><meta charset="{charset}"></head><body><p>{KOREAN}</p></body></html>'

    assert KOREAN in read(tmp_path, "a.html", page.encode("cp949" if "k" in charset else "utf-8")).text


def test_values_of_json_carry_their_keys_and_numbers_as_written(tmp_path: Path):
    data = {
        "shop": {"name": "하늘커피", "tags": ["a", "b"]},
        "items": [{"name": "S2", "price": 1.5}, {"name": "S3", "price": 2}],
    }

    text = read(tmp_path, "a.json", json.dumps(data).encode().replace(b"1.5", b"1.50")).text

    assert "shop › name: 하늘커피" in text
    assert "shop › tags: a, b" in text
    assert "name: S2 | price: 1.50" in text


def test_a_broken_line_of_json_lines_is_kept_and_a_broken_file_refused(tmp_path: Path):
    assert "not json" in read(tmp_path, "a.jsonl", b'{"a": 1}\nnot json\n{"a": 2}\n').text
    with pytest.raises(DocumentError, match="line 1"):
        read(tmp_path, "a.jsonl", b"not json\nnot json either\n")


def test_a_mail_shows_subject_sender_text_and_attachments(tmp_path: Path):
    document = read(tmp_path, "a.eml", MAKERS[".eml"]())

    assert document.title == "휴가 안내"
    assert "From: 김하늘 <haneul@example.com>" in document.text
    assert "Attachments: 견적서.pdf" in document.text
    assert "the same in HTML" not in document.text


def test_bookmarks_of_a_pdf_become_headings_on_their_page(tmp_path: Path):
    document = read(tmp_path, "a.pdf", MAKERS[".pdf"]())

    assert [(heading.text, heading.offset) for heading in document.headings] == [
        ("휴가 규정", document.pages[0].offset),
        ("Machines", document.pages[1].offset),
    ]


def test_an_encrypted_pdf_is_reported_as_such(tmp_path: Path):
    with pytest.raises(DocumentError, match="encrypted"):
        read(tmp_path, "a.pdf", pdf([ENGLISH], password="secret"))


def test_a_pdf_of_images_is_reported_as_such(tmp_path: Path):
    with pytest.raises(DocumentError, match="only images"):
        read(tmp_path, "scan.pdf", pdf(["", ""], image=True))


def test_a_pdf_of_blank_pages_has_no_text(tmp_path: Path):
    with pytest.raises(DocumentError, match="no text"):
        read(tmp_path, "blank.pdf", pdf(["", ""]))


@pytest.mark.parametrize("suffix", [".docx", ".xlsx", ".pptx"])
def test_an_encrypted_office_file_is_reported_as_such(tmp_path: Path, suffix: str):
    data = write_ole({"EncryptionInfo": b"x" * 100, "EncryptedPackage": b"x" * 5000})

    with pytest.raises(DocumentError, match="encrypted"):
        read(tmp_path, f"a{suffix}", data)


@pytest.mark.parametrize(("flags", "reason"), [(0b11, "encrypted"), (0b101, "distribution")])
def test_a_locked_hwp_file_is_reported_as_such(tmp_path: Path, flags: int, reason: str):
    with pytest.raises(DocumentError, match=reason):
        read(tmp_path, "a.hwp", hwp(flags=flags))


def test_an_hwp_file_may_be_uncompressed_or_hold_only_its_preview(tmp_path: Path):
    assert KOREAN in read(tmp_path, "a.hwp", hwp(flags=0)).text
    assert read(tmp_path, "b.hwp", hwp(section=b"")).text == "미리 보기"


def test_an_encrypted_hwpx_is_reported_as_such(tmp_path: Path):
    manifest = {"META-INF/manifest.xml": "<manifest><file-entry><encryption-data/></file-entry></manifest>"}

    with pytest.raises(DocumentError, match="encrypted"):
        read(tmp_path, "a.hwpx", hwpx(**manifest))


def test_a_book_with_rights_management_is_reported_as_such(tmp_path: Path):
    encryption = {
        "META-INF/encryption.xml": "<e><EncryptionMethod Algorithm='http://www.w3.org/2001/04/xmlenc#aes128-cbc'/></e>"
    }

    with pytest.raises(DocumentError, match="encrypted"):
        read(tmp_path, "a.epub", epub(None, **encryption))


@pytest.mark.parametrize("suffix", [".doc", ".ppt", ".xls"])
def test_an_old_office_file_is_named_with_its_remedy(tmp_path: Path, suffix: str):
    stream = {".doc": "WordDocument", ".ppt": "PowerPoint Document", ".xls": "Workbook"}[suffix]

    with pytest.raises(DocumentError, match=f"save it as {suffix}x"):
        read(tmp_path, f"a{suffix}", write_ole({stream: b"x" * 5000}))


@pytest.mark.parametrize("suffix", MAKERS)
def test_text_is_in_composed_form_and_without_controls(tmp_path: Path, suffix: str):
    text = read(tmp_path, f"document{suffix}", MAKERS[suffix]()).text

    assert unicodedata.is_normalized("NFC", text)
    assert all(character in "\n\t" or unicodedata.category(character) != "Cc" for character in text)


def test_decomposed_text_is_composed_and_hidden_characters_are_removed(tmp_path: Path):
    hidden = "\x00\x1b[31m\u202e\u200b\ufeff\U000e0041"
    data = unicodedata.normalize("NFD", KOREAN) + hidden + "\r\nlast \u2028line\x07\r"

    assert read(tmp_path, "a.txt", data.encode()).text == f"{KOREAN}\nlast  line\n"


def test_half_a_surrogate_pair_in_json_can_be_stored(tmp_path: Path):
    text = read(tmp_path, "a.json", b'{"a": "x \\ud800 y"}').text

    assert text.encode("utf-8").decode() == "a: x \ufffd y"


@pytest.mark.parametrize("opening", ["GGUF is", "Rar! was", "ID3 tags are", "BZh is", "OggS and fLaC are", "GIF8 is"])
def test_a_text_that_begins_with_the_mark_of_a_binary_format_is_a_text(tmp_path: Path, opening: str):
    text = f"{opening} what files of a certain format begin with."

    assert read(tmp_path, "a.md", text.encode()).text == text
