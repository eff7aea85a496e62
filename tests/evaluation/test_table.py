import pytest
from rich.cells import cell_len

from lorag.evaluation.table import Column, Table, merged, wrapped

COLUMNS = (Column("row", "조합"), Column("f1", "F1", 0, percent=True), Column("loss", "loss", 2), Column("why", "why"))
TABLE = Table(
    COLUMNS, (("기반", 0.5, 1.25, "short"), ("tuned", None, float("nan"), "a longer reason than fits in there"))
)


@pytest.mark.parametrize("width", [160, 80, 40, 30])
def test_no_line_is_wider_than_asked(width):
    assert max(map(cell_len, TABLE.as_text(width).splitlines())) <= width


def test_figures_line_up_beside_hangul():
    first, _, base, *_ = TABLE.as_text(80).splitlines()

    assert cell_len(first[: first.index("F1") + 2]) == cell_len(base[: base.index("50 %") + 4])


def test_words_that_do_not_fit_go_on_in_their_column():
    text = TABLE.as_text(40)

    assert "…" not in text
    assert " ".join(text.split()).endswith("in there")


def test_a_table_of_figures_turns_on_its_side():
    table = Table(
        (Column("row", ""), *(Column(f"c{n}", f"column {n}", 1) for n in range(6))),
        (("a", *range(6)), ("b", *range(6))),
    )
    lines = table.as_text(40).splitlines()

    assert len(lines) == 2 + 6
    assert lines[2].split() == ["column", "0", "0.0", "0.0"]


def test_what_was_not_measured_is_a_dash():
    assert "–" in TABLE.as_markdown()
    assert TABLE.records()[1]["f1"] is None


def test_markdown_and_html_take_their_own_signs_from_cells():
    table = Table((Column("row", "a|b"),), (("x|y<z>\nw",),))

    assert "a\\|b" in table.as_markdown()
    assert "x\\|y" in table.as_markdown()
    assert "&lt;z&gt;" in table.as_html()


def test_columns_without_a_value_are_left_out():
    table = merged([{"row": "a", "loss": 1.0}, {"row": "b"}], COLUMNS)

    assert [column.key for column in table.columns] == ["row", "loss"]


def test_a_word_longer_than_the_line_is_cut():
    assert list(wrapped("가나다라마 end", 4)) == ["가나", "다라", "마", "end"]
