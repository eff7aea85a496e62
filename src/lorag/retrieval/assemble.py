"""From ranked chunks to passages: duplicates out, at most a few per document, neighbours joined, in reading order."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lorag.library import chunks as chunk_store
from lorag.library.chunks import StoredChunk
from lorag.library.database import Database
from lorag.retrieval.fusion import RankedChunk
from lorag.retrieval.passages import Passage

_WIDEST_GAP = 16
"""Chunks further apart than this many characters have something else between them, such as a table that was cut."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Chunks of one document that follow each other."""

    chunks: tuple[StoredChunk, ...]
    ranked: tuple[RankedChunk, ...]
    """What was found of each."""

    @property
    def best(self) -> RankedChunk:
        """The most relevant of them."""
        return max(self.ranked, key=lambda chunk: chunk.score)

    @property
    def order(self) -> float:
        """What the stretch is ranked by."""
        return max(chunk.order for chunk in self.ranked)

    @property
    def tokens(self) -> int:
        """Estimated length."""
        return sum(chunk.n_tokens for chunk in self.chunks)


def choose(
    database: Database, ranked: Mapping[int, RankedChunk], *, passages: int, per_document: int
) -> list[StoredChunk]:
    """Return the best chunks, best first: one of several with the same text, at most ``per_document`` of a document."""
    chosen: list[StoredChunk] = []
    texts: set[str] = set()
    per: dict[int, int] = {}
    for row in _best_first(database, ranked, at_once=2 * passages):
        if len(chosen) == passages:
            break
        text = " ".join(row.text.split())
        if text in texts or per.get(row.document_id, 0) == per_document:
            continue
        texts.add(text)
        per[row.document_id] = per.get(row.document_id, 0) + 1
        chosen.append(row)
    return chosen


def _best_first(database: Database, ranked: Mapping[int, RankedChunk], *, at_once: int) -> Iterator[StoredChunk]:
    """Yield the chunks, best first, reading a few at a time: most are never needed."""
    order = sorted(ranked, key=lambda chunk: (-ranked[chunk].order, chunk))
    for start in range(0, len(order), at_once):
        yield from chunk_store.chunk_rows(database, order[start : start + at_once])


def join_neighbours(
    database: Database, chosen: Sequence[StoredChunk], ranked: Mapping[int, RankedChunk], *, budget_tokens: int
) -> list[Stretch]:
    """Return the chunks as stretches, best first: touching ones joined, then widened while the budget lasts."""
    left = budget_tokens - sum(chunk.n_tokens for chunk in chosen)
    wanted = {chunk.id: chunk for chunk in chosen}
    around = chunk_store.neighbours(database, list(wanted))
    for chunk in chosen:
        # What follows explains more often than what comes before.
        for ordinal in (chunk.ordinal + 1, chunk.ordinal - 1):
            neighbour = around.get((chunk.document_id, ordinal))
            if neighbour is None or neighbour.id in wanted:
                continue
            if neighbour.n_tokens > left or not _continues(chunk, neighbour):
                continue
            wanted[neighbour.id] = neighbour
            left -= neighbour.n_tokens
    return sorted(_stretches(wanted.values(), ranked), key=lambda stretch: -stretch.order)


def in_reading_order(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Return the stretches grouped by document, best document first, each document from its beginning."""
    first: dict[int, int] = {}
    for place, stretch in enumerate(stretches):
        first.setdefault(stretch.chunks[0].document_id, place)
    return sorted(stretches, key=lambda s: (first[s.chunks[0].document_id], s.chunks[0].ordinal))


def as_passage(stretch: Stretch) -> Passage:
    """Return what is shown of a stretch."""
    first, last, best = stretch.chunks[0], stretch.chunks[-1], stretch.best
    return Passage(
        document_id=first.document_id,
        path=first.disk_path,
        title=first.title,
        collection=first.collection,
        heading=first.heading,
        page=first.page,
        line_start=first.line_start,
        line_end=last.line_end,
        start=first.start,
        end=last.end,
        text=_joined_text(stretch.chunks),
        score=best.score,
        bm25=None if best.word is None else best.word.score,
        vector=None if best.vector is None else best.vector.similarity,
        ahead=stretch.order - best.score,
    )


def _continues(chunk: StoredChunk, other: StoredChunk) -> bool:
    """Tell whether two chunks next to each other are one section with nothing between them."""
    before, after = (chunk, other) if chunk.ordinal < other.ordinal else (other, chunk)
    return before.heading == after.heading and 0 <= after.start - before.end <= _WIDEST_GAP


def _stretches(chunks: Iterable[StoredChunk], ranked: Mapping[int, RankedChunk]) -> list[Stretch]:
    found: list[Stretch] = []
    for chunk in sorted(chunks, key=lambda chunk: (chunk.document_id, chunk.ordinal)):
        known = ranked.get(chunk.id) or RankedChunk(chunk.id, 0.0)
        last = found[-1].chunks[-1] if found else None
        if (
            last
            and (last.document_id, last.ordinal + 1) == (chunk.document_id, chunk.ordinal)
            and _continues(last, chunk)
        ):
            found[-1] = Stretch((*found[-1].chunks, chunk), (*found[-1].ranked, known))
        else:
            found.append(Stretch((chunk,), (known,)))
    return found


def _joined_text(chunks: Sequence[StoredChunk]) -> str:
    """Return the document's text from the first chunk to the last; only white space stands between chunks."""
    text = chunks[0].text
    for before, after in itertools.pairwise(chunks):
        gap = after.start - before.end
        lines = after.line_start - before.line_end if after.line_start and before.line_end else min(gap, 2)
        breaks = min(gap, max(lines, 1))
        text += "\n" * breaks + " " * (gap - breaks) + after.text
    return text
