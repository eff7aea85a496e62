"""Whatever a file holds, the outcome is its text or a reason in one line: never a crash, a hang or a broken reader."""

import itertools
import operator
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lorag.documents.media import OLE_MAGIC
from lorag.library.content import Content
from lorag.retrieval.readers import ReaderPool
from lorag.retrieval.reading import ReadingPlan, Unreadable
from lorag.retrieval.terms import BigramSplitter
from tests.documents.damage import NESTED, ZIPPED, ole_with_circle, spoiled, spoiled_inside, truncated
from tests.documents.files import ENGLISH, KOREAN, LIMITS, MAKERS, hwp, zipped

CASES = 24
PACKED = (".pdf", ".docx", ".pptx", ".xlsx", ".epub", ".hwpx", ".hwp")
FOREIGN = {
    "a PNG image": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
    "a program": b"\x7fELF\x02\x01\x01" + bytes(2000),
    "a gzip archive": b"\x1f\x8b\x08\x00" + bytes(range(256)) * 4,
    "an RTF document": b"{\\rtf1\\ansi hello}",
    "a GGUF model": b"GGUF\x03\x00\x00\x00" + bytes(500),
}


class Endless(BigramSplitter):
    """Sends a reader process, which cannot import this module, to work that has no end."""

    def __reduce__(self) -> Any:
        return SimpleNamespace, (), {"terms": partial(operator.countOf, itertools.repeat(""))}


@pytest.fixture(scope="module")
def pool() -> Iterator[ReaderPool]:
    """One real reader process: a file that brings it down is told from one that it refuses."""
    plan = ReadingPlan(LIMITS, 300, BigramSplitter(), "")
    with ReaderPool(plan, size=1, seconds_per_file=60) as readers:
        yield readers


def outcomes(pool: ReaderPool, folder: Path, suffix: str, files: Iterable[bytes]) -> list[Content | str]:
    """Read each of the files and return what it holds or the reason why it cannot be read."""
    found: list[Content | str] = []
    path = folder / f"document{suffix}"
    for data in files:
        path.write_bytes(data)
        answer = pool.submit(path).result()
        if isinstance(answer, Unreadable):
            assert "unexpectedly" not in answer.reason
            assert "took longer" not in answer.reason
            assert answer.reason
            assert "\n" not in answer.reason
            found.append(answer.reason)
        else:
            assert answer.chunks
            found.append(answer)
    return found


@pytest.mark.parametrize("suffix", MAKERS)
def test_a_cut_off_file_gives_the_rest_of_its_text_or_a_reason(pool: ReaderPool, tmp_path: Path, suffix: str):
    files = list(truncated(MAKERS[suffix]()))

    assert len(outcomes(pool, tmp_path, suffix, files)) == len(files)


@pytest.mark.parametrize("suffix", PACKED)
def test_a_cut_off_packed_file_is_called_damaged(pool: ReaderPool, tmp_path: Path, suffix: str):
    data = MAKERS[suffix]()

    (reason,) = outcomes(pool, tmp_path, suffix, [data[: len(data) // 3]])

    assert isinstance(reason, str)
    assert reason.startswith("it is damaged")


@pytest.mark.parametrize(
    ("suffix", "data", "reason"),
    [
        (".rtf", b"{\\rtf1\\ansi hello}", "lorag cannot read its content: an RTF document; save it as .docx"),
        (
            ".odt",
            zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<a/>"}),
            "it is an OpenDocument file; save it as .docx, .xlsx or .pptx",
        ),
        (
            ".doc",
            OLE_MAGIC + bytes(100),
            "it is damaged or cut short: what is left of an old office file cannot be read",
        ),
    ],
)
def test_a_format_that_is_not_read_is_named_with_what_to_do(pool: ReaderPool, tmp_path: Path, suffix, data, reason):
    (told,) = outcomes(pool, tmp_path, suffix, [data])

    assert isinstance(told, str)
    assert told.startswith(reason)


@pytest.mark.parametrize("suffix", MAKERS)
def test_a_spoiled_file_gives_text_or_a_reason(pool: ReaderPool, tmp_path: Path, suffix: str):
    files = spoiled(MAKERS[suffix](), seed=20, count=CASES)

    assert len(outcomes(pool, tmp_path, suffix, files)) == CASES


@pytest.mark.parametrize("suffix", ZIPPED)
def test_a_packed_file_with_a_spoiled_part_gives_text_or_a_reason(pool: ReaderPool, tmp_path: Path, suffix: str):
    files = spoiled_inside(MAKERS[suffix](), seed=20, count=CASES)

    assert len(outcomes(pool, tmp_path, suffix, files)) == CASES


@pytest.mark.parametrize("depth", [90, 2_000, 50_000])
@pytest.mark.parametrize("suffix", MAKERS)
def test_a_deeply_nested_file_gives_text_or_a_reason(pool: ReaderPool, tmp_path: Path, suffix: str, depth: int):
    assert len(outcomes(pool, tmp_path, suffix, [NESTED[suffix](depth)])) == 1


@pytest.mark.parametrize("suffix", [".docx", ".pptx", ".xlsx", ".json", ".jsonl", ".ipynb", ".eml", ".hwpx", ".hwp"])
def test_nesting_beyond_the_limit_is_called_that(pool: ReaderPool, tmp_path: Path, suffix: str):
    (reason,) = outcomes(pool, tmp_path, suffix, [NESTED[suffix](300)])

    assert isinstance(reason, str)
    assert "nested" in reason


@pytest.mark.parametrize("suffix", MAKERS)
def test_an_empty_file_is_called_empty(pool: ReaderPool, tmp_path: Path, suffix: str):
    assert outcomes(pool, tmp_path, suffix, [b""]) == ["it is empty"]


@pytest.mark.parametrize("suffix", [suffix for suffix in MAKERS if suffix not in (".json", ".ipynb")])
def test_a_file_of_white_space_has_no_text(pool: ReaderPool, tmp_path: Path, suffix: str):
    assert outcomes(pool, tmp_path, suffix, [b" \n\t\r\n" * 100]) == ["it has no text"]


@pytest.mark.parametrize("claimed", MAKERS)
@pytest.mark.parametrize("suffix", PACKED)
def test_a_document_is_read_whatever_its_name_claims(pool: ReaderPool, tmp_path: Path, suffix: str, claimed: str):
    (content,) = outcomes(pool, tmp_path, claimed, [MAKERS[suffix]()])

    assert isinstance(content, Content)
    text = "\n".join(indexed.chunk.text for indexed in content.chunks)
    assert KOREAN in text
    assert ENGLISH in text


@pytest.mark.parametrize("claimed", MAKERS)
@pytest.mark.parametrize("suffix", [suffix for suffix in MAKERS if suffix not in PACKED])
def test_text_under_a_wrong_name_is_read_or_refused(pool: ReaderPool, tmp_path: Path, suffix: str, claimed: str):
    (content,) = outcomes(pool, tmp_path, claimed, [MAKERS[suffix]()])

    assert isinstance(content, Content) or claimed in (".json", ".jsonl", ".ipynb")


@pytest.mark.parametrize("claimed", MAKERS)
@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_file_is_named_whatever_it_is_called(pool: ReaderPool, tmp_path: Path, name: str, claimed: str):
    (reason,) = outcomes(pool, tmp_path, claimed, [FOREIGN[name]])

    assert isinstance(reason, str)
    assert reason.startswith(f"lorag cannot read its content: {name}")


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x05\x06" + bytes(18), zipped({"a.txt": "x"}), hwp()[:512]])
def test_a_container_that_holds_no_document_is_refused(pool: ReaderPool, tmp_path: Path, data: bytes):
    assert isinstance(outcomes(pool, tmp_path, ".docx", [data])[0], str)


def test_a_chain_of_sectors_that_goes_round_in_a_circle_ends(pool: ReaderPool, tmp_path: Path):
    assert len(outcomes(pool, tmp_path, ".hwp", [ole_with_circle()])) == 1


def test_a_reader_that_is_brought_down_costs_one_file_alone(pool: ReaderPool, tmp_path: Path):
    good = tmp_path / "good.txt"
    good.write_text("still here", encoding="utf-8")
    plan = ReadingPlan(LIMITS, 300, Endless(), "")
    with ReaderPool(plan, size=1, seconds_per_file=0.01) as hasty:
        late = hasty.submit(good).result()

    assert late == Unreadable("it took longer than 0.01 seconds")
    assert isinstance(outcomes(pool, tmp_path, ".txt", [b"still here"])[0], Content)
