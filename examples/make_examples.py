"""Writes the binary files of this folder; run it after changing what they say: ``python examples/make_examples.py``.

All eleven documents belong to an invented company, Haneul Coffee Co. (하늘커피):

- ``leave-policy-ko.docx``: leave rules, Korean             - ``refund-policy.md``: refunds, English
- ``brewer-manual.pdf``: machine manual, both languages     - ``security-handbook.md``: IT rules, English
- ``price-list.xlsx``: wholesale prices and machines        - ``onboarding-ko.txt``: the first month, Korean
- ``summer-notice-ko.hwpx``: a notice to stores, Korean     - ``faq.html``: customers' questions, English
- ``stores.csv``: stores with hours, Korean                 - ``team-meeting.eml``: minutes, English
- ``refund-policy-ko.md``: refunds, Korean
"""

import io
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import docx
import openpyxl
from reportlab.lib.pagesizes import A5
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FOLDER = Path(__file__).parent
FONT = "HYSMyeongJo-Medium"

LEAVE_POLICY = [
    (
        "1. 연차 휴가",
        [
            "1년 이상 근무한 직원에게는 매년 15일의 연차를 부여합니다. 이후 근속 2년마다 1일을 더하며 최대 25일까지 부여합니다.",
            "근속 1년 미만인 직원은 한 달을 개근할 때마다 1일의 연차를 받습니다.",
            "연차는 4시간 단위의 반차와 2시간 단위의 반반차로 나누어 쓸 수 있습니다.",
            "사용하지 않은 연차는 다음 해 3월 31일까지 최대 5일을 이월할 수 있고, 나머지는 수당으로 지급합니다.",
        ],
    ),
    (
        "2. 신청 방법",
        [
            "연차는 사용일 3일 전까지 인사 시스템 '하늘HR'에서 신청하고 팀장의 승인을 받습니다.",
            "5일 이상 연속으로 쉬려면 2주 전에 신청해야 합니다. 매장 근무자는 점장이 대체 근무자를 정한 뒤 승인합니다.",
            "11월 15일부터 12월 31일까지는 성수기이므로 매장별로 하루에 1명만 연차를 쓸 수 있습니다.",
        ],
    ),
    (
        "3. 병가",
        [
            "병가는 1년에 최대 30일까지 사용할 수 있고 처음 10일은 유급입니다. 3일 이상의 병가에는 진단서를 제출해야 합니다.",
            "당일 아침에 아프면 업무 시작 30분 전까지 팀장에게 전화나 메시지로 알립니다.",
        ],
    ),
    ("4. 경조사 휴가", []),
    (
        "5. 출산과 육아",
        [
            "출산 휴가는 90일이며 배우자 출산 휴가는 유급 20일입니다.",
            "육아휴직은 자녀가 만 8세가 되기 전까지 최대 1년 6개월 사용할 수 있습니다.",
            "임신 12주 이내이거나 32주 이후인 직원은 하루 2시간씩 근무 시간을 줄일 수 있습니다.",
        ],
    ),
    (
        "6. 안식 휴가",
        [
            "5년을 근속하면 유급 안식 휴가 10일과 휴가비 100만 원을 지급합니다. 10년 근속 시에는 20일과 200만 원입니다.",
        ],
    ),
]
FAMILY_EVENTS = [("사유", "휴가 일수", "경조금"), ("본인 결혼", "5일", "50만 원"), ("자녀 결혼", "1일", "20만 원"),
                 ("배우자 또는 부모 사망", "5일", "50만 원"), ("조부모 사망", "3일", "20만 원"), ("자녀 돌잔치", "없음", "10만 원")]  # fmt: skip

MANUAL = [
    (
        "Safety",
        [
            "HaneulBrew S2 - User Manual. Model HB-S2, 220 V, 60 Hz, 1450 W.",
            "Place the machine on a level surface, at least 10 cm from the wall.",
            "Never open the water tank while the machine is brewing. Steam can cause burns.",
            "The machine switches itself off after 25 minutes without use.",
            "Use only the power cord in the box. A damaged cord must be replaced by our service.",
        ],
    ),
    (
        "Setting up",
        [
            "The water tank holds 1.8 litres and the bean hopper 280 grams.",
            "Rinse the tank, fill it with cold water and press the Cloud button for 3 seconds.",
            "The first rinse takes about 4 minutes. Throw away the first two cups.",
            "Set the water hardness with the test strip in the box; the factory setting is level 2.",
            "To join a wireless network hold Cloud and Steam together until the blue lamp blinks.",
            "Only 2.4 GHz networks are supported.",
        ],
    ),
    (
        "Brewing",
        [
            "Press once for an espresso of 36 ml, twice for a double of 72 ml.",
            "The grinder has 7 steps. Change the step only while the grinder is running.",
            "Brewing temperature can be set from 88 to 96 degrees; the factory setting is 93 degrees.",
            "For milk foam, fill the jug to the MIN line with milk from the refrigerator.",
            "Clean the steam nozzle with a wet cloth directly after every use.",
        ],
    ),
    (
        "Cleaning and descaling",
        [
            "Empty the drip tray every day and wash the brew group once a week without detergent.",
            "Descale every 60 days or when the orange lamp lights up, whichever comes first.",
            "Descaling takes 35 minutes and needs one sachet of HB-Descaler in 1 litre of water.",
            "Never use vinegar: it damages the seals and voids the warranty.",
            "Replace the water filter HB-F3 every 3 months.",
        ],
    ),
    (
        "Error codes",
        [
            "E01: The water tank is empty or not seated. Fill it and push it in until it clicks.",
            "E02: The grinder is blocked. Switch off, empty the hopper and remove the foreign object.",
            "E05: The machine is too cold. Let it stand at room temperature for 2 hours.",
            "E07: The pump gets no water. Bleed it by pressing Steam for 10 seconds.",
            "E11: Internal fault. Unplug the machine and call service at 1588-0127.",
        ],
    ),
    (
        "사용 전 주의",
        [
            "하늘브루 S2 사용 설명서. 모델명 HB-S2, 220 V, 60 Hz, 1450 W.",
            "제품은 평평한 곳에 두고 벽에서 10 cm 이상 띄우세요.",
            "추출 중에는 물통을 열지 마세요. 증기로 화상을 입을 수 있습니다.",
            "25분 동안 사용하지 않으면 전원이 자동으로 꺼집니다.",
            "물통 용량은 1.8리터이고 원두통에는 원두 280그램이 들어갑니다.",
        ],
    ),
    (
        "청소와 석회 제거",
        [
            "물받이는 매일 비우고 추출 장치는 일주일에 한 번 세제 없이 물로 씻으세요.",
            "석회 제거는 60일마다 또는 주황색 등이 켜지면 하세요. 시간은 35분 걸립니다.",
            "석회 제거제 한 봉을 물 1리터에 녹여 사용하세요. 식초는 절대 쓰지 마세요.",
            "정수 필터 HB-F3은 3개월마다 교체하세요.",
        ],
    ),
    (
        "품질 보증",
        [
            "보증 기간은 구입일부터 12개월이며 소모품인 필터와 고무 패킹은 6개월입니다.",
            "수리 접수는 1588-0127에서 평일 오전 9시부터 오후 6시까지 받습니다.",
            "방문 수리는 서울과 경기에서만 가능하고 출장비는 18,000원입니다.",
            "보증 기간 중 같은 고장이 3회 발생하면 새 제품으로 교환해 드립니다.",
        ],
    ),
]

BEANS = [("품목", "영문명", "규격", "도매가 (원)", "권장 소비자가 (원)", "최소 주문"),
         ("모닝 스카이", "Morning Sky", "1 kg", 27500, 39000, "5봉"), ("한강 블렌드", "Han River", "1 kg", 24000, 34000, "10봉"),
         ("북한산 다크", "Bukhansan", "1 kg", 23500, 33000, "10봉"), ("고요한 밤 디카페인", "Quiet Night", "500 g", 17800, 25000, "5봉"),
         ("에티오피아 구지 G1", "Ethiopia Guji G1", "500 g", 21000, 30000, "3봉"),
         ("콜드브루 원액", "Cold brew concentrate", "1 L", 12900, 18500, "12병")]  # fmt: skip
MACHINES = [("제품", "모델", "도매가 (원)", "보증", "할인율"), ("하늘브루 S2", "HB-S2", 589000, "1년", 0.05),
            ("하늘브루 프로", "HB-P1", 1890000, "3년", 0.08), ("구름 그라인더", "HB-G4", 214000, "1년", 0.1)]  # fmt: skip

NOTICE = [
    ("개요 1", "여름철 매장 운영 안내"),
    ("바탕글", "문서 번호: 운영-2026-031. 시행일: 2026년 7월 1일. 담당: 매장운영팀 최도윤 (내선 3312)"),
    ("개요 2", "1. 영업시간 연장"),
    ("바탕글", "7월 1일부터 8월 31일까지 해운대점과 제주애월점은 밤 11시까지 영업합니다. 마지막 주문은 밤 10시 30분에 받습니다."),
    ("바탕글", "연장 근무를 하는 직원에게는 시간당 4,000원의 여름 수당을 따로 지급합니다."),
    ("개요 2", "2. 얼음과 위생"),
    ("바탕글", "제빙기는 매주 월요일 영업 전에 청소하고 점검표에 서명합니다. 얼음 스쿠프는 2시간마다 소독합니다."),
    ("바탕글", "우유와 크림은 섭씨 5도 이하에서 보관하고, 실온에 30분 이상 둔 것은 버립니다."),
    ("개요 2", "3. 여름 음료"),
    ("표", [("음료", "가격", "판매 기간"), ("수박 에이드", "6,800원", "7월 1일~8월 20일"), ("쑥 크림 콜드브루", "7,200원", "7월 1일~8월 31일"),
            ("자두 빙수", "12,500원", "7월 15일~8월 31일")]),
    ("개요 2", "4. 직원 워크숍"),
    ("바탕글", "2026년 하반기 워크숍은 9월 18일부터 19일까지 강릉에서 열립니다. 참가 신청은 8월 14일까지 하늘HR에서 받습니다."),
]  # fmt: skip


def main() -> None:
    """Write every file."""
    write_leave_policy(FOLDER / "leave-policy-ko.docx")
    write_manual(FOLDER / "brewer-manual.pdf")
    write_prices(FOLDER / "price-list.xlsx")
    write_notice(FOLDER / "summer-notice-ko.hwpx")


def write_leave_policy(path: Path) -> None:
    """Write the Word document."""
    document = docx.Document()
    document.core_properties.title = "휴가 규정"
    document.core_properties.author = "하늘커피 인사팀"
    document.add_heading("하늘커피 휴가 규정", level=1)
    document.add_paragraph("시행일: 2026년 1월 1일. 이 규정은 본사와 모든 매장의 정규직과 계약직 직원에게 적용합니다.")
    for heading, paragraphs in LEAVE_POLICY:
        document.add_heading(heading, level=2)
        for paragraph in paragraphs:
            document.add_paragraph(paragraph)
        if not paragraphs:
            table = document.add_table(rows=0, cols=3)
            for row in FAMILY_EVENTS:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
    buffer = io.BytesIO()
    document.save(buffer)
    write_zip_without_dates(path, buffer)


def write_manual(path: Path) -> None:
    """Write the PDF, one section a page, with a bookmark each."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    canvas = Canvas(str(path), pagesize=A5, invariant=1)
    canvas.setTitle("HaneulBrew S2 User Manual")
    for number, (heading, lines) in enumerate(MANUAL, start=1):
        canvas.bookmarkPage(f"page-{number}")
        canvas.addOutlineEntry(heading, f"page-{number}")
        canvas.setFont(FONT, 16)
        canvas.drawString(36, 540, heading)
        canvas.setFont(FONT, 8)
        for index, line in enumerate(lines):
            canvas.drawString(36, 510 - 18 * index, line)
        canvas.showPage()
    canvas.save()


def write_prices(path: Path) -> None:
    """Write the workbook."""
    book = openpyxl.Workbook()
    beans = book.active
    beans.title = "원두"
    beans.append(["하늘커피 도매 가격표 2026년 하반기 (부가세 별도)"])
    for row in BEANS:
        beans.append(row)
    machines = book.create_sheet("기계")
    for row in MACHINES:
        machines.append(row)
    for sheet, columns in ((beans, "DE"), (machines, "C")):
        for column in columns:
            for cell in sheet[column]:
                cell.number_format = "#,##0"
    for cell in machines["E"][1:]:
        cell.number_format = "0%"
    book.properties.title = "도매 가격표"
    buffer = io.BytesIO()
    book.save(buffer)
    write_zip_without_dates(path, buffer)


def write_notice(path: Path) -> None:
    """Write the HWPX document."""
    head = 'xmlns:hh="http://www.hancom.co.kr/hwpml/2011/head"'
    body = (
        'xmlns:hs="http://www.hancom.co.kr/hwpml/2011/section" xmlns:hp="http://www.hancom.co.kr/hwpml/2011/paragraph"'
    )
    styles = ["바탕글", "개요 1", "개요 2"]
    style_elements = "".join(f'<hh:style id="{i}" type="PARA" name="{name}"/>' for i, name in enumerate(styles))
    paragraphs = "".join(
        f'<hp:p styleIDRef="0"><hp:run>{_table(content)}</hp:run></hp:p>'
        if isinstance(content, list)
        else f'<hp:p styleIDRef="{styles.index(style)}"><hp:run><hp:t>{escape(content)}</hp:t></hp:run></hp:p>'
        for style, content in NOTICE
    )
    parts = {
        "mimetype": "application/hwp+zip",
        "Contents/header.xml": f"<hh:head {head}><hh:refList><hh:styles>{style_elements}</hh:styles></hh:refList></hh:head>",
        "Contents/section0.xml": f"<hs:sec {body}>{paragraphs}</hs:sec>",
        "Contents/content.hpf": '<opf:package xmlns:opf="http://www.idpf.org/2007/opf/"><opf:metadata>'
        "<opf:title>여름철 매장 운영 안내</opf:title></opf:metadata></opf:package>",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text if name == "mimetype" else f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    write_zip_without_dates(path, buffer)


def _table(rows: list[tuple[str, ...]]) -> str:
    cells = [
        "".join(
            f"<hp:tc><hp:subList><hp:p><hp:run><hp:t>{escape(cell)}</hp:t></hp:run></hp:p></hp:subList></hp:tc>"
            for cell in row
        )
        for row in rows
    ]
    return "<hp:tbl>" + "".join(f"<hp:tr>{row}</hp:tr>" for row in cells) + "</hp:tbl>"


def write_zip_without_dates(path: Path, packed: io.BytesIO) -> None:
    """Write a zip file again with one fixed date, so that the same content gives the same bytes."""
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), source.read(name), zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main()
