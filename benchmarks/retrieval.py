"""Search in libraries of made-up chunks: the word leg against other BM25s, and both legs at two sizes."""

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import bm25s
from rank_bm25 import BM25Plus

from benchmarks.made_library import WORDS_PER_CHUNK, Vocabulary, fill_library
from benchmarks.report import Figure
from lorag.library.database import Database
from lorag.retrieval.bm25 import WordLeg
from lorag.retrieval.embedders import open_embedder
from lorag.retrieval.search import Searcher
from lorag.retrieval.search_options import SearchOptions
from lorag.retrieval.terms import BigramSplitter

SMALL, LARGE = 10_000, 100_000
BUDGET_MS = {SMALL: 4.0, LARGE: 15.0}
QUESTIONS = 60
WARM_UP = 10
FOUND = 50
GROWTH_BUDGET = 10.0
"""Ten times the chunks may cost ten times as long."""


def figures() -> list[Figure]:
    """Measure."""
    vocabulary, splitter, embedder = Vocabulary(7), BigramSplitter(), open_embedder("builtin")
    questions = [vocabulary.question(8) for _ in range(QUESTIONS)]
    measured: list[Figure] = []
    medians: dict[int, float] = {}
    busy: dict[int, float] = {}
    for size in (SMALL, LARGE):
        texts = [vocabulary.text(WORDS_PER_CHUNK) for _ in range(size)]
        with tempfile.TemporaryDirectory() as folder, Database.open(Path(folder, "library.db")) as database:
            fill_library(database, texts, splitter, embedder)
            if size == SMALL:
                measured += _against_others(database, texts, questions, splitter)
            searcher = Searcher(database, embedder, splitter, SearchOptions())
            medians[size], busy[size] = _median_ms(searcher.search, questions)
    for size, median in medians.items():
        measured.append(
            Figure(
                f"search, both legs, {size:,} chunks, p50",
                median,
                "ms",
                f"≤ {BUDGET_MS[size]:g} ms",
                median <= BUDGET_MS[size],
                f"warm, from the question to its passages; {busy[size]:.1f} ms of processor time",
            )
        )
    growth = medians[LARGE] / medians[SMALL]
    measured.append(
        Figure(
            f"search, {LARGE:,} chunks against {SMALL:,}",
            growth,
            "×",
            f"≤ {GROWTH_BUDGET:g} ×",
            growth <= GROWTH_BUDGET,
        )
    )
    return measured


def _against_others(
    database: Database, texts: Sequence[str], questions: Sequence[str], splitter: BigramSplitter
) -> list[Figure]:
    """Compare the word leg with two libraries that hold the same terms in memory."""
    terms = [splitter.terms(text) for text in texts]
    leg, ranker, sparse = WordLeg(database), BM25Plus(terms, delta=0), bm25s.BM25(method="bm25+", delta=0)
    sparse.index(terms, show_progress=False)

    def ours(question: str) -> object:
        return leg.search(splitter.question_terms(question), limit=FOUND)

    def theirs(question: str) -> object:
        return ranker.get_top_n(splitter.question_terms(question), texts, n=FOUND)

    def fastest(question: str) -> object:
        return sparse.retrieve([splitter.question_terms(question)], k=FOUND, show_progress=False)

    own, own_busy = _median_ms(ours, questions)
    found = []
    for name, other in (("rank_bm25", theirs), ("bm25s", fastest)):
        median, median_busy = _median_ms(other, questions)
        found.append(
            Figure(
                f"word leg against {name}, {len(texts):,} chunks",
                own_busy / median_busy,
                "×",
                detail=f"{own_busy:.2f} ms against {median_busy:.2f} ms of processor time ({own:.2f} against {median:.2f} "
                f"passed); {name} holds everything in memory and cannot be added to",
            )
        )
    return found


def _median_ms(search: Callable[[str], object], questions: Sequence[str]) -> tuple[float, float]:
    """Return the medians of the time that passes and of the processor time, which other programs do not lengthen."""
    for question in questions[:WARM_UP]:
        search(question)
    passed, busy = [], []
    for question in questions:
        started, started_busy = time.perf_counter(), time.process_time()
        search(question)
        passed.append(1000 * (time.perf_counter() - started))
        busy.append(1000 * (time.process_time() - started_busy))
    return statistics.median(passed), statistics.median(busy)
