"""Makes a small file of every format, each with the same Korean and English sentences, in code and at test time."""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from email.message import EmailMessage

import docx
import openpyxl
import pptx
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from lorag.documents.model import Limits
from tests.documents.ole import write_ole

ENGLISH = "Descale the machine every 60 days."
KOREAN = "연차는 사용일 3일 전까지 신청합니다."
LIMITS = Limits(
    max_file_bytes=20_000_000,
    max_pages=100,
    max_expanded_bytes=50_000_000,
    max_nesting=100,
    max_text_characters=5_000_000,
)


def pdf(pages: list[str], *, password: str | None = None, bookmarks: bool = False, image: bool = False) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont("HYSMyeongJo-Medium"))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=password)
    for number, text in enumerate(pages):
        if bookmarks:
            canvas.bookmarkPage(str(number))
            canvas.addOutlineEntry(text.split("\n")[0], str(number))
        canvas.setFont("HYSMyeongJo-Medium", 10)
        for row, line in enumerate(text.split("\n") if text else []):
            canvas.drawString(40, 780 - 14 * row, line)
        if image:
            canvas.drawInlineImage(_picture(), 10, 10, 100, 100)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _picture() -> object:
    from PIL import Image

    return Image.new("RGB", (8, 8), "gray")


def word() -> bytes:
    document = docx.Document()
    document.add_heading("휴가 규정", level=1)
    document.add_paragraph(KOREAN)
    document.add_heading("Machines", level=2)
    document.add_paragraph(ENGLISH)
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        (c for row in table.rows for c in row.cells), ("품목", "가격", "라떼", "5,000원"), strict=True
    ):
        cell.text = text
    return _saved(document.save)


def slides() -> bytes:
    presentation = pptx.Presentation()
    for title, text in (("휴가", KOREAN), ("Machines", ENGLISH)):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
    return _saved(presentation.save)


def workbook() -> bytes:
    book = openpyxl.Workbook()
    del book["Sheet"]
    sheet = book.create_sheet("가격표")
    for row in (
        ["하늘커피 가격표"],
        ["품목", "가격", "할인", "설명"],
        ["라떼", 5000, 0.15, KOREAN],
        ["모카", 5500.5, None, ENGLISH],
    ):
        sheet.append(row)
    sheet["C3"].number_format = "0%"
    sheet["B3"].number_format = "#,##0"
    return _saved(book.save)


def _saved(save: Callable[[io.BytesIO], None]) -> bytes:
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()


def zipped(parts: Mapping[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def epub(chapters: list[str] | None = None, **extra: str) -> bytes:
    chapters = chapters or [f"<h1>휴가</h1><p>{KOREAN}</p>", f"<h1>Machines</h1><p>{ENGLISH}</p>"]
    items = "".join(
        f'<item id="c{i}" href="c{i}.xhtml" media-type="application/xhtml+xml"/>' for i in range(len(chapters))
    )
    spine = "".join(f'<itemref idref="c{i}"/>' for i in range(len(chapters)))
    container = '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
    package = f"<package><metadata><title>작은 책</title></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"
    pages = {f"OPS/c{i}.xhtml": f"<html><body>{chapter}</body></html>" for i, chapter in enumerate(chapters)}
    parts = {"mimetype": "application/epub+zip", "META-INF/container.xml": container, "OPS/book.opf": package, **pages}
    return zipped({**parts, **extra})


def hwpx(body: str | None = None, **extra: str) -> bytes:
    table = "".join(
        "<hp:tr>" + "".join(f"<hp:tc><hp:subList><hp:p><hp:run><hp:t>{c}</hp:t></hp:run></hp:p></hp:subList></hp:tc>" for c in row) + "</hp:tr>"
        for row in (("품목", "가격"), ("라떼", "5,000원"))
    )  # fmt: skip
    body = body or (
        '<hp:p styleIDRef="1"><hp:run><hp:t>휴가 규정</hp:t></hp:run></hp:p>'
        f'<hp:p styleIDRef="0"><hp:run><hp:t>{KOREAN}</hp:t></hp:run></hp:p>'
        f'<hp:p styleIDRef="0"><hp:run><hp:t>{ENGLISH.replace(" ", "<hp:nbSpace/>", 1)}</hp:t></hp:run></hp:p>'
        f"<hp:p><hp:run><hp:tbl>{table}</hp:tbl></hp:run></hp:p>"
    )
    styles = '<hh:style id="0" name="바탕글" engName="Normal"/><hh:style id="1" name="개요 1" engName="Outline 1"/>'
    parts = {
        "mimetype": "application/hwp+zip",
        "Contents/header.xml": f'<hh:head xmlns:hh="h"><hh:styles>{styles}</hh:styles></hh:head>',
        "Contents/section0.xml": f'<hs:sec xmlns:hs="s" xmlns:hp="p">{body}</hs:sec>',
    }
    return zipped({**parts, **extra})


def hwp(*, flags: int = 1, section: bytes | None = None) -> bytes:
    records = section if section is not None else hwp_section()
    styles = b"".join(_record(26, 0, _hwp_name(name) + _hwp_name("") + bytes(8)) for name in ("바탕글", "개요 1"))
    packed = (lambda data: _deflated(data)) if flags & 1 else (lambda data: data)
    return write_ole(
        {
            "FileHeader": b"HWP Document File".ljust(32, b"\0") + struct.pack("<II", 0x05000300, flags) + bytes(216),
            "DocInfo": packed(styles),
            "BodyText": {"Section0": packed(records)},
            "PrvText": "미리 보기".encode("utf-16-le"),
        }
    )


def hwp_section() -> bytes:
    table_cells = b"".join(
        _record(72, 2, struct.pack("<HHIHHHH", 1, 0, 0, column, row, 1, 1) + bytes(20)) + hwp_paragraph(text, level=2)
        for row, texts in enumerate((("품목", "가격"), ("라떼", "5,000원")))
        for column, text in enumerate(texts)
    )
    table = _record(71, 1, b" lbt" + bytes(40)) + _record(77, 2, bytes(20)) + table_cells
    return (
        hwp_paragraph("휴가 규정", style=1)
        + hwp_paragraph(KOREAN)
        + hwp_paragraph(ENGLISH)
        + hwp_paragraph("", controls=struct.pack("<H", 11) + bytes(12) + struct.pack("<H", 11))
        + table
    )


def hwp_paragraph(text: str, *, level: int = 0, style: int = 0, controls: bytes = b"") -> bytes:
    content = controls + text.encode("utf-16-le") + struct.pack("<H", 13)
    header = struct.pack("<IIHB", len(content) // 2, 0, 0, style) + bytes(11)
    return _record(66, level, header) + _record(67, level + 1, content)


def _record(tag: int, level: int, content: bytes) -> bytes:
    if len(content) < 0xFFF:
        return struct.pack("<I", tag | level << 10 | len(content) << 20) + content
    return struct.pack("<II", tag | level << 10 | 0xFFF << 20, len(content)) + content


def _hwp_name(name: str) -> bytes:
    return struct.pack("<H", len(name)) + name.encode("utf-16-le")


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def mail() -> bytes:
    message = EmailMessage()
    message["Subject"] = "휴가 안내"
    message["From"] = "김하늘 <haneul@example.com>"
    message["To"] = "all@example.com"
    message.set_content(f"{KOREAN}\n\n{ENGLISH}\n")
    message.add_alternative("<p>the same in HTML</p>", subtype="html")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="견적서.pdf")
    return bytes(message)


def notebook() -> bytes:
    cells = [
        {"cell_type": "markdown", "source": ["# 휴가 규정\n", "\n", KOREAN]},
        {
            "cell_type": "code",
            "source": "print(note)",
            "outputs": [{"output_type": "stream", "text": [ENGLISH + "\n"]}],
        },
    ]
    return json.dumps({"cells": cells, "nbformat": 4}).encode()


_PAGE = f"""<!doctype html><html><head><title>휴가</title><meta charset="utf-8"><script>var hidden = 1</script></head><body>
<nav>menu entry</nav><h1>휴가 규정</h1><p>{KOREAN}</p><h2>Machines</h2><p>{ENGLISH}</p>
<table><tr><th>품목</th><th>가격</th></tr><tr><td>라떼</td><td>5,000원</td></tr></table></body></html>"""

MAKERS: dict[str, Callable[[], bytes]] = {
    ".txt": lambda: f"휴가 규정\n\n{KOREAN}\n{ENGLISH}\n".encode(),
    ".md": lambda: f"# 휴가 규정\n\n{KOREAN}\n\n## Machines\n\n{ENGLISH}\n".encode(),
    ".rst": lambda: f"휴가 규정\n=========\n\n{KOREAN}\n\nMachines\n--------\n\n{ENGLISH}\n".encode(),
    ".html": _PAGE.encode,
    ".pdf": lambda: pdf([f"휴가 규정\n{KOREAN}", f"Machines\n{ENGLISH}"], bookmarks=True),
    ".docx": word,
    ".pptx": slides,
    ".xlsx": workbook,
    ".csv": lambda: f"품목,가격,설명\n라떼,5000,{KOREAN}\n모카,5500,{ENGLISH}\n".encode(),
    ".tsv": lambda: f"품목\t가격\t설명\n라떼\t5000\t{KOREAN}\n모카\t5500\t{ENGLISH}\n".encode(),
    ".json": lambda: json.dumps({"휴가": {"규정": KOREAN}, "items": [{"name": "S2", "note": ENGLISH}]}).encode(),
    ".jsonl": lambda: "\n".join(
        json.dumps({"n": i, "text": text}) for i, text in enumerate((KOREAN, ENGLISH))
    ).encode(),
    ".epub": epub,
    ".ipynb": notebook,
    ".eml": mail,
    ".py": lambda: f'"""{KOREAN}"""\n\n\ndef clean() -> str:\n    return "{ENGLISH}"\n'.encode(),
    ".hwpx": hwpx,
    ".hwp": hwp,
}
"""A maker of a normal file for every format, by the suffix of its name."""
