"""A file can ask for no more than the limits allow, and the reason names the setting that would let it."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest

from lorag.commands.indexing import limits_from
from lorag.documents.extract import extract
from lorag.documents.model import ExtractedDocument, Limits
from lorag.errors import DocumentError, DocumentLimitError
from lorag.settings import load_settings
from tests.documents.damage import NESTED
from tests.documents.files import ENGLISH, LIMITS, MAKERS, epub, hwp, hwp_paragraph, hwpx, pdf, zipped

LONG = f"{ENGLISH} " * 400
MEGABYTE = 1_000_000


def read(tmp_path: Path, suffix: str, data: bytes, limits: Limits) -> ExtractedDocument:
    path = tmp_path / f"document{suffix}"
    path.write_bytes(data)
    return extract(path, limits)


def _saved(document) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _docx() -> bytes:
    document = docx.Document()
    document.add_paragraph(LONG)
    return _saved(document)


def _pptx(slides: int = 1) -> bytes:
    presentation = pptx.Presentation()
    for _ in range(slides):
        presentation.slides.add_slide(presentation.slide_layouts[1]).placeholders[1].text = LONG
    return _saved(presentation)


def _xlsx(sheets: int = 1) -> bytes:
    book = openpyxl.Workbook()
    del book["Sheet"]
    for _ in range(sheets):
        book.create_sheet().append([LONG, "x"])
    return _saved(book)


def _mail() -> bytes:
    message = EmailMessage()
    message["Subject"] = "long"
    message.set_content(LONG)
    return bytes(message)


LONG_FILES: dict[str, Callable[[], bytes]] = {
    ".txt": LONG.encode,
    ".md": LONG.encode,
    ".rst": LONG.encode,
    ".html": lambda: f"<p>{LONG}</p>".encode(),
    ".pdf": lambda: pdf([ENGLISH * 2] * 50 + [f"{ENGLISH}\n" * 40] * 8),
    ".docx": _docx,
    ".pptx": _pptx,
    ".xlsx": _xlsx,
    ".csv": lambda: f"a,b\n{LONG},x\n".encode(),
    ".tsv": lambda: f"a\tb\n{LONG}\tx\n".encode(),
    ".json": lambda: json.dumps({"a": LONG}).encode(),
    ".jsonl": lambda: json.dumps({"a": LONG}).encode(),
    ".epub": lambda: epub([f"<p>{LONG}</p>"]),
    ".ipynb": lambda: json.dumps({"cells": [{"cell_type": "code", "source": LONG}]}).encode(),
    ".eml": _mail,
    ".py": lambda: f'"""{LONG}"""'.encode(),
    ".hwpx": lambda: hwpx(f"<hp:p><hp:run><hp:t>{LONG}</hp:t></hp:run></hp:p>"),
    ".hwp": lambda: hwp(section=hwp_paragraph(LONG)),
}
"""A maker of a file with more than 10,000 characters of text, for every format."""


def test_every_format_has_a_long_file():
    assert LONG_FILES.keys() == MAKERS.keys()


@pytest.mark.parametrize("suffix", LONG_FILES)
def test_more_text_than_allowed_is_refused_with_the_setting(tmp_path: Path, suffix: str):
    data = LONG_FILES[suffix]()

    with pytest.raises(DocumentLimitError, match=r"longer than 10,000 characters; raise max_text_mb"):
        read(tmp_path, suffix, data, replace(LIMITS, max_text_characters=10_000))
    assert len(read(tmp_path, suffix, data, LIMITS).text) > 10_000


@pytest.mark.parametrize("suffix", MAKERS)
def test_a_file_larger_than_allowed_is_refused_with_the_setting(tmp_path: Path, suffix: str):
    data = MAKERS[suffix]()

    with pytest.raises(DocumentLimitError, match="raise max_file_mb"):
        read(tmp_path, suffix, data, replace(LIMITS, max_file_bytes=len(data) - 1))


def test_a_file_of_terabytes_is_refused_without_being_read(tmp_path: Path):
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(1 << 42)  # sparse: it takes no room

    with pytest.raises(DocumentLimitError, match="larger than 20 MB"):
        extract(path, LIMITS)


@pytest.mark.parametrize(
    ("suffix", "data"),
    [
        (".pdf", pdf(["x"] * 5)),
        (".pptx", _pptx(5)),
        (".xlsx", _xlsx(5)),
        (".epub", epub(["<p>x</p>"] * 5)),
    ],
)
def test_more_pages_than_allowed_are_refused_with_the_setting(tmp_path: Path, suffix: str, data: bytes):
    with pytest.raises(DocumentLimitError, match="raise max_pages"):
        read(tmp_path, suffix, data, replace(LIMITS, max_pages=4))
    assert read(tmp_path, suffix, data, replace(LIMITS, max_pages=5)).text


@pytest.mark.parametrize("suffix", [".docx", ".pptx", ".xlsx", ".epub", ".hwpx"])
def test_a_packed_file_that_expands_too_far_is_refused_with_the_setting(tmp_path: Path, suffix: str):
    bomb = _with_extra_part(MAKERS[suffix](), bytes(60 * MEGABYTE))

    with pytest.raises(DocumentLimitError, match="unpacks to more than 50 MB; raise max_expanded_mb"):
        read(tmp_path, suffix, bomb, LIMITS)


@pytest.mark.parametrize("suffix", [".docx", ".pptx", ".xlsx", ".epub", ".hwpx"])
def test_a_packed_file_that_expands_a_thousand_times_is_called_a_bomb(tmp_path: Path, suffix: str):
    bomb = _with_extra_part(MAKERS[suffix](), bytes(40 * MEGABYTE))

    with pytest.raises(DocumentLimitError, match="as a zip bomb does"):
        read(tmp_path, suffix, bomb, LIMITS)


def test_an_hwp_section_that_expands_too_far_is_refused(tmp_path: Path):
    bomb = hwp(section=bytes(60 * MEGABYTE))

    with pytest.raises(DocumentLimitError, match="max_expanded_mb"):
        read(tmp_path, ".hwp", bomb, LIMITS)


def test_an_archive_that_lies_about_its_size_gives_no_more_than_it_said(tmp_path: Path):
    data = bytearray(zipped({"META-INF/container.xml": b" " * 5 * MEGABYTE}))
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = (1000).to_bytes(4, "little")
    data[22:26] = (1000).to_bytes(4, "little")

    with pytest.raises(DocumentError, match="damaged"):
        read(tmp_path, ".epub", bytes(data), LIMITS)


def test_an_archive_of_countless_parts_is_refused(tmp_path: Path):
    data = zipped({f"{number}": b"" for number in range(20_001)} | {"word/document.xml": b"<a/>"})

    with pytest.raises(DocumentLimitError, match="more than 20,000 parts"):
        read(tmp_path, ".docx", data, LIMITS)


@pytest.mark.parametrize("suffix", [".docx", ".pptx", ".xlsx", ".hwpx", ".epub"])
def test_xml_that_declares_entities_is_refused(tmp_path: Path, suffix: str):
    part = {".docx": "word/document.xml", ".pptx": "ppt/presentation.xml", ".xlsx": "xl/workbook.xml"}.get(suffix)
    part = part or {".hwpx": "Contents/section0.xml", ".epub": "META-INF/container.xml"}[suffix]
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x"}">' for n in range(10))
    laughs = f"<?xml version='1.0'?><!DOCTYPE a [{entities}]><a>&e9;</a>"

    with pytest.raises(DocumentError, match="declares entities"):
        read(tmp_path, suffix, _with_part(MAKERS[suffix](), part, laughs.encode()), LIMITS)


def test_xml_does_not_read_other_files(tmp_path: Path):
    (tmp_path / "secret.txt").write_text("a secret", encoding="utf-8")
    doctype = f"<!DOCTYPE s SYSTEM '{(tmp_path / 'secret.txt').as_uri()}'>"
    body = f"{doctype}<s xmlns:p='p'><p:p><p:run><p:t>text</p:t></p:run></p:p></s>"

    document = read(tmp_path, ".hwpx", _with_part(MAKERS[".hwpx"](), "Contents/section0.xml", body.encode()), LIMITS)

    assert document.text == "text"


@pytest.mark.parametrize("suffix", [".docx", ".pptx", ".xlsx", ".json", ".jsonl", ".ipynb", ".eml", ".hwpx", ".hwp"])
def test_deeper_nesting_than_allowed_is_refused_with_the_setting(tmp_path: Path, suffix: str):
    data = NESTED[suffix](60)

    with pytest.raises(DocumentLimitError, match="raise max_nesting"):
        read(tmp_path, suffix, data, replace(LIMITS, max_nesting=20))


@pytest.mark.parametrize("suffix", [".html", ".epub", ".md"])
def test_nesting_that_costs_nothing_has_no_limit(tmp_path: Path, suffix: str):
    assert "x" in read(tmp_path, suffix, NESTED[suffix](20_000), LIMITS).text


def test_each_limit_is_a_setting(monkeypatch: pytest.MonkeyPatch):
    for name, value in (("FILE_MB", 1), ("PAGES", 2), ("EXPANDED_MB", 3), ("NESTING", 4), ("TEXT_MB", 5)):
        monkeypatch.setenv(f"LORAG_MAX_{name}", str(value))

    limits = limits_from(load_settings({}).settings)

    assert limits == Limits(
        max_file_bytes=MEGABYTE,
        max_pages=2,
        max_expanded_bytes=3 * MEGABYTE,
        max_nesting=4,
        max_text_characters=5 * MEGABYTE,
    )


def _with_extra_part(data: bytes, content: bytes) -> bytes:
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("padding.bin", content)
    return buffer.getvalue()


def _with_part(data: bytes, name: str, content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return zipped({each: content if each == name else archive.read(each) for each in archive.namelist()})
