"""``lorag search``: the passages a question would be answered from, and why these."""

import argparse
import os
import sys
from collections.abc import Iterator
from typing import Any, Final

from lorag.commands.scope import EMPTY_LIBRARY, check_collections, check_paths
from lorag.commands.searching import open_searcher
from lorag.commands.setup import settings_from
from lorag.commands.terminal import harmless, harmless_json, harmless_line, never_fail_on_encoding, place_of
from lorag.commands.words import Words
from lorag.errors import UsageError
from lorag.library.chunks import chunk_rows
from lorag.library.database import Database
from lorag.library.documents import corpus_size
from lorag.prompts.language import Language
from lorag.retrieval.fusion import TOLD_POINTS
from lorag.retrieval.passages import Passage, SearchFilter
from lorag.retrieval.search import Explanation
from lorag.translation.locale import locale_language
from lorag.translation.translate import in_language

EXIT_NOTHING_FOUND: Final = 3
_MOST_EXPLAINED: Final = 20
_PREVIEW_WIDTH: Final = 60


def run(arguments: argparse.Namespace) -> int:
    """Search once and print what was found."""
    settings = settings_from(arguments)
    never_fail_on_encoding()
    # Bytes that are not the locale's text arrive as lone surrogates, which nothing after here could print.
    question = " ".join(arguments.query).encode("utf-8", "replace").decode("utf-8").strip()
    if not question:
        raise UsageError("the query is empty: lorag search annual leave")
    restriction = SearchFilter(collections=settings.collection, paths=tuple(arguments.path))
    with Database.open(settings.paths.library, read_only=True) as database:
        check_collections(database, settings.collection)
        check_paths(database, arguments.path)
        found = open_searcher(settings, database).explain(question, filter=restriction)
        is_empty = corpus_size(database).chunks == 0
        explained = list(_explained(found, database)) if arguments.explain else []
    if arguments.json:
        print(harmless_json([record(passage) for passage in found.result.passages], sys.stdout))
    else:
        _print_passages(found)
    for line in explained:
        print(line, file=sys.stderr if arguments.json else sys.stdout)
    _print_notes(found, "en" if arguments.json else locale_language(), is_empty=is_empty)
    return 0 if found.result.passages else EXIT_NOTHING_FOUND


def record(passage: Passage) -> dict[str, Any]:
    """Return a passage as ``lorag search --json`` gives it; keys stay, new ones may come."""
    return {
        "document": _path_text(passage),
        "page": passage.page,
        "line_start": passage.line_start,
        "line_end": passage.line_end,
        "heading": list(passage.heading),
        "text": passage.text,
        "score": round(passage.score, 6),
        "bm25": None if passage.bm25 is None else round(passage.bm25, 6),
        "vector": None if passage.vector is None else round(passage.vector, 6),
        "title": passage.title,
        "collection": passage.collection,
        "start": passage.start,
        "end": passage.end,
    }


def _path_text(passage: Passage) -> str:
    """Return the path as text even where the file's name is not."""
    return os.fsencode(passage.path).decode("utf-8", "backslashreplace")


def _print_passages(found: Explanation) -> None:
    words = Words(locale_language())
    for n, passage in enumerate(found.result.passages, start=1):
        scores = f"score {passage.score:.4f}, bm25 {_number(passage.bm25)}, vector {_number(passage.vector)}"
        print(f"{n}. {place_of(passage, passage.line_start, passage.line_end, words)}")
        print(f"   {harmless_line(_path_text(passage))}  ({scores})")
        for line in harmless(passage.text).splitlines():
            print(f"   | {line}")
        print()


def _print_notes(found: Explanation, language: Language, *, is_empty: bool) -> None:
    for note in found.result.notes:
        print(f"lorag: {harmless_line(in_language(note, language))}", file=sys.stderr)
    if is_empty:
        print(f"lorag: {in_language(EMPTY_LIBRARY, language)}", file=sys.stderr)
    elif not found.result.passages:
        weak = found.result.below_threshold
        said = in_language(
            f"nothing relevant found: {weak} weak matches were left out; --explain shows them"
            if weak
            else "nothing relevant found: no chunk matches",
            language,
        )
        print(f"lorag: {said}", file=sys.stderr)


def _explained(found: Explanation, database: Database) -> Iterator[str]:
    """Yield the lines that say how the result came about."""
    options, chunks = found.options, {row.id: row for row in chunk_rows(database, [c.chunk_id for c in found.ranked])}
    yield f"query       {harmless_line(found.result.query)}"
    yield "terms       " + (", ".join(f"{term} (in {n:,})" for term, n in found.words.frequencies.items()) or "none")
    yield f"looked up   {', '.join(found.words.anchors) or 'nothing'}"
    yield (
        f"candidates  {len(found.words.hits)} by words, {len(found.nearest)} by meaning, "
        f"{len(found.passed)} of {len(found.ranked)} passed"
    )
    yield f"threshold   fused ≥ {found.threshold:.3f} for the best, ≥ {found.threshold * options.company:.3f} for others"
    yield (
        f"fusion      {1 - options.fusion.vector_weight:g} × √share × coverage³ of the words + "
        f"{options.fusion.vector_weight:g} × meaning"
    )
    if any(chunk.told is not None for chunk in found.ranked):
        yield f"order       fused + {TOLD_POINTS:g} × told"
    yield f"time        {found.result.seconds * 1000:.1f} ms"
    yield f"{'':>4} {'fused':>7} {'#w':>3} {'bm25':>7} {'cover':>6} {'#m':>3} {'cosine':>7} {'told':>6}  chunk"
    for chunk in found.ranked[:_MOST_EXPLAINED]:
        word, vector, row = chunk.word, chunk.vector, chunks.get(chunk.chunk_id)
        yield (
            f"{'pass' if chunk.chunk_id in found.passed else 'weak'} {chunk.score:7.4f} {chunk.word_rank or '-':>3} "
            f"{_number(word.score if word else None):>7} {_number(word.coverage if word else None):>6} {chunk.vector_rank or '-':>3} "
            f"{_number(vector.similarity if vector else None):>7} {_number(chunk.told):>6}  "
            + (f"{harmless_line(row.disk_path.name)}: {harmless_line(row.text)[:_PREVIEW_WIDTH]}" if row else "")
        )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
