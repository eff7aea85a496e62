import pytest

from tests.tuning.data_files import complaints, pairs, read, written

EXPECTED = [
    ("환불은 언제 되나요?", "5일 안에 됩니다."),
    ("배송비는 얼마인가요?", "3,000원입니다.\n제주는 6,000원입니다."),
]
PAGES = {
    "headings": "<h1>자주 묻는 질문</h1><h2>환불은 언제 되나요?</h2><p>5일 안에 됩니다.</p>"
    "<h2>배송비는 얼마인가요?</h2><p>3,000원입니다.</p><p>제주는 6,000원입니다.</p>",
    "headings in boxes": "<div class=q><h3><span>Q1.</span> 환불은 언제 되나요?</h3></div><div class=a><p>5일 안에\n됩니다.</p></div>"
    "<div class=q><h3>Q2. 배송비는 얼마인가요?</h3></div><div class=a>3,000원입니다.<br>제주는 6,000원입니다.</div>",
    "definitions": "<dl><dt>환불은 언제 되나요?</dt><dd>5일 안에 <b>됩니다</b>.</dd>"
    "<dt>배송비는 얼마인가요?</dt><dd>3,000원입니다.</dd><dd>제주는 6,000원입니다.</dd></dl>",
    "table": "<table><tr><th>질문</th><th>답변</th></tr><tr><td>환불은 언제 되나요?</td><td>5일 안에 됩니다.</td></tr>"
    "<tr><td>배송비는 얼마인가요?</td><td>3,000원입니다.<br>제주는 6,000원입니다.</td></tr></table>",
    "wide table": "<table><tr><th>번호</th><th>답변</th><th>질문</th></tr>"
    "<tr><td>1</td><td>5일 안에 됩니다.</td><td>환불은 언제 되나요?</td></tr>"
    "<tr><td>2</td><td><ul><li>3,000원입니다.</li><li>제주는 6,000원입니다.</li></ul></td><td>배송비는 얼마인가요?</td></tr></table>",
    "details": "<details><summary>환불은 언제 되나요?</summary>5일 안에 됩니다.</details>"
    "<details><summary>배송비는 얼마인가요?</summary><p>3,000원입니다.</p><p>제주는 6,000원입니다.</p></details>",
}


@pytest.mark.parametrize("page", PAGES)
def test_every_form_of_faq_page_gives_its_pairs(tmp_path, page):
    text = f"<!doctype html><html><head><style>p {{}}</style></head><body><nav>메뉴</nav>{PAGES[page]}</body></html>"

    assert pairs(read(written(tmp_path, "faq.html", text))) == EXPECTED


@pytest.mark.parametrize("encoding", ["cp949", "utf-8-sig", "utf-16"])
def test_a_page_is_decoded_as_it_declares_or_by_its_bytes(tmp_path, encoding):
    text = f'<html><head><meta charset="euc-kr"></head><body>{PAGES["definitions"]}</body></html>'

    assert pairs(read(written(tmp_path, "faq.html", text, encoding))) == EXPECTED


def test_text_under_a_heading_that_is_no_question_is_reported(tmp_path):
    text = "<h2>When do you open?</h2><p>At 8.</p>\n<h2>Our story</h2><p>It began in 2009.</p>"

    result = read(written(tmp_path, "faq.html", text))

    assert pairs(result) == [("When do you open?", "At 8.")]
    assert complaints(result) == [(2, "the heading 'Our story' is no question")]


def test_a_table_inside_an_answer_is_part_of_it(tmp_path):
    text = "<h2>Which roast?</h2><table><tr><th>Roast</th><th>Taste</th></tr><tr><td>Light</td><td>citrus</td></tr></table>"

    assert pairs(read(written(tmp_path, "faq.html", text))) == [("Which roast?", "Roast | Taste\nLight | citrus")]


def test_scripts_navigation_and_hidden_parts_are_no_answers(tmp_path):
    text = "<h2>When?</h2><script>alert('no')</script><p>At 8.</p><footer>Imprint</footer>"

    assert pairs(read(written(tmp_path, "faq.html", text))) == [("When?", "At 8.")]


def test_a_question_without_an_answer_is_read_empty_for_the_cleaning_to_report(tmp_path):
    text = "<dl><dt>When?</dt><dt>Where?</dt><dd>Here.</dd></dl>"

    assert pairs(read(written(tmp_path, "faq.html", text))) == [("When?", ""), ("Where?", "Here.")]


def test_the_line_of_a_pair_is_that_of_its_question(tmp_path):
    text = "<html>\n<body>\n<h2>When?</h2>\n<p>At 8.</p>\n\n<h2>Where?</h2>\n<p>Here.</p>"

    assert [example.origin.line for example in read(written(tmp_path, "faq.html", text)).examples] == [3, 6]


@pytest.mark.parametrize("text", ["", "   ", "no tags", "<p>just text</p>", "<h2>Our story</h2><p>x</p>", "<" * 5000])
def test_a_page_without_pairs_says_what_was_looked_for(tmp_path, text):
    result = read(written(tmp_path, "faq.html", text))

    assert not result.examples
    assert len(result.findings) == 1


def test_broken_and_deeply_nested_html_is_survived(tmp_path):
    text = "<h2>When?</h2><p>At 8." + "<div>" * 5000 + "<b>late</h3></table>"

    result = read(written(tmp_path, "faq.html", text))

    assert [question for question, _ in pairs(result)] == ["When?"]


TOPICS = (("환불 기간", "14일입니다."), ("배송비", "3,000원입니다."), ("영업 시간", "9시부터입니다."))


def _page(topics, title="", text="{}"):
    sections = "".join(f"<h3>{heading}</h3><p>{text.format(answer)}</p>" for heading, answer in topics)
    return f"<html><head><title>{title}</title></head><body>{sections}</body></html>"


@pytest.mark.parametrize(
    ("name", "title"), [("page.html", "자주 묻는 질문"), ("page.html", "Q&A"), ("faq_ko.html", "")]
)
def test_the_topics_of_a_faq_page_are_questions_as_they_stand_and_that_is_said(tmp_path, name, title):
    result = read(written(tmp_path, name, _page(TOPICS, title)))

    assert pairs(result) == list(TOPICS)
    [finding] = result.findings
    assert (finding.kind, finding.effect) == ("headings", "warning")
    assert "3 of them were taken as one" in finding.reason


def test_a_list_of_many_short_topics_is_a_faq_page_whatever_it_is_called(tmp_path):
    topics = [(f"Topic {number}", f"Text {number}.") for number in range(5)]

    assert pairs(read(written(tmp_path, "page.html", _page(topics)))) == topics


@pytest.mark.parametrize(
    "page",
    [
        _page(TOPICS, "Our company"),
        _page(
            [*TOPICS, ("우리 이야기", "2009년에 시작했습니다."), ("오시는 길", "성수역")],
            "FAQ",
            text="{} " + "긴 글입니다. " * 90,
        ),
        "<h1>FAQ</h1><p>See below.</p>",
    ],
)
def test_any_other_page_with_headings_gives_no_rows(tmp_path, page):
    result = read(written(tmp_path, "page.html", page))

    assert pairs(result) == []
    assert "no list of headings with short texts" in complaints(result)[0][1]


def test_text_beside_the_topics_is_reported(tmp_path):
    page = f"<h1>FAQ</h1><p>Written in March.</p>{_page(TOPICS)}"

    result = read(written(tmp_path, "page.html", page))

    assert pairs(result) == list(TOPICS)
    assert complaints(result) == [(1, "the heading 'FAQ' is no question")]
