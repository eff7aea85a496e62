"""Retrieval scores of an embedder on the dev splits: alone, beside BM25, and fused with it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from embedder_corpus import Split
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi
from scipy import sparse

from lorag.retrieval.terms import BigramSplitter

Matrix = NDArray[np.float32]
EmbedTexts = Callable[[Sequence[str]], Matrix]
DEPTH = 50
"""How many candidates each leg hands to the fusion."""
WORD_EXPONENT = 1.5
_SPLITTER = BigramSplitter()


@dataclass(frozen=True, slots=True)
class Task:
    """Queries, the passages to search, and which of them are right."""

    name: str
    cross: bool
    queries: list[str]
    passages: list[str]
    relevant: list[set[int]]


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over the queries of one task."""

    recall: float
    """Share of queries with a right passage among the first ten."""
    ndcg: float


def dev_tasks(split: Split) -> list[Task]:
    """Build the retrieval tasks of the dev split."""
    pairs = list(split.rows("pairs"))
    parallel = list(split.rows("parallel"))
    qa = {language: list(split.rows(f"qa.{language}")) for language in ("en", "ko")}
    pools = {
        language: [row["passage"] for row in pairs if row["lang"].endswith(language)]
        + [row["passage"] for row in qa[language]]
        + [row[language] for row in parallel]
        for language in ("en", "ko")
    }
    tasks = []
    for name in ("en", "ko", "en-ko", "ko-en"):
        chosen = [(row["query"], row["passage"]) for row in pairs if row["lang"] == name]
        tasks.append(_task(f"pairs {name}", chosen, pools[name[-2:]]))
    for language in ("en", "ko"):
        chosen = [(row["question"], row["passage"]) for row in qa[language]]
        tasks.append(_task(f"qa {language}", chosen, pools[language]))
    for source, target in (("en", "ko"), ("ko", "en")):
        chosen = [(row[source], row[target]) for row in parallel]
        tasks.append(_task(f"parallel {source}-{target}", chosen, [passage for _, passage in chosen]))
    return tasks


def _task(name: str, pairs: Sequence[tuple[str, str]], pool: Sequence[str]) -> Task:
    """Count as right every passage given for the same query, and every passage that contains one."""
    passages = sorted(set(pool))
    queries = sorted({query for query, _ in pairs})
    golds: dict[str, set[str]] = {query: set() for query in queries}
    for query, passage in pairs:
        golds[query].add(passage)
    everything = "\x00".join(passages)
    starts = np.cumsum([0] + [len(passage) + 1 for passage in passages])
    found = {
        gold: {
            int(np.searchsorted(starts, hit.start(), side="right")) - 1
            for hit in re.finditer(re.escape(gold), everything)
        }
        for gold in {passage for _, passage in pairs}
    }
    relevant = [set().union(*(found[gold] for gold in golds[query])) for query in queries]
    return Task(name, "-" in name, queries, passages, relevant)


@dataclass(frozen=True, slots=True)
class WordScores:
    """The word leg: (queries, passages) scores, and the largest score each query could give."""

    scores: Matrix
    best_possible: Matrix


def word_scores(task: Task) -> WordScores:
    """Score every passage for every query exactly as ``rank_bm25`` does, by one sparse product."""
    index = BM25Okapi([_SPLITTER.terms(passage) for passage in task.passages])
    columns = {term: number for number, term in enumerate(index.idf)}
    lengths = np.asarray(index.doc_len)
    norms = index.k1 * (1 - index.b + index.b * lengths / index.avgdl)
    entries = [
        (row, columns[term], index.idf[term] * count * (index.k1 + 1) / (count + norms[row]))
        for row, counts in enumerate(index.doc_freqs)
        for term, count in counts.items()
    ]
    rows, cols, values = (np.asarray(part) for part in zip(*entries, strict=True))
    weights = sparse.csr_matrix((values, (rows, cols)), shape=(len(task.passages), len(columns)))
    asked = [_SPLITTER.terms(query) for query in task.queries]
    cells = [(row, columns[term]) for row, query in enumerate(asked) for term in query if term in columns]
    rows, cols = np.asarray(cells, np.int64).reshape(-1, 2).T
    queries = sparse.csr_matrix((np.ones(len(rows)), (rows, cols)), shape=(len(task.queries), len(columns)))
    unknown = np.log(len(task.passages) + 0.5)
    mass = [sum(max(index.idf.get(term, unknown), 0.0) for term in query) * (index.k1 + 1) for query in asked]
    return WordScores(
        scores=np.asarray((queries @ weights.T).todense(), np.float32),
        best_possible=np.maximum(np.asarray(mass, np.float32), 1e-6)[:, None],
    )


def cosine_scores(task: Task, embed: EmbedTexts) -> Matrix:
    """Score every passage for every query by the cosine of their vectors."""
    return embed(task.queries) @ embed(task.passages).T


def rank(scores: Matrix, depth: int = DEPTH) -> NDArray[np.int64]:
    """Return the best passages of each query, best first; -1 fills up where no score is above zero."""
    depth = min(depth, scores.shape[1])
    top = np.argpartition(-scores, depth - 1, axis=1)[:, :depth]
    values = np.take_along_axis(scores, top, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    top, values = np.take_along_axis(top, order, axis=1), np.take_along_axis(values, order, axis=1)
    return np.where(values > 0, top, -1)


def reciprocal_rank_fusion(
    legs: Sequence[NDArray[np.int64]], weights: Sequence[float], k: float = 60
) -> NDArray[np.int64]:
    """Fuse rankings: each leg adds weight / (k + rank)."""
    fused = np.full((len(legs[0]), DEPTH), -1)
    for query in range(len(legs[0])):
        totals: dict[int, float] = {}
        for leg, weight in zip(legs, weights, strict=True):
            for position, passage in enumerate(leg[query]):
                if passage >= 0:
                    totals[int(passage)] = totals.get(int(passage), 0.0) + weight / (k + position + 1)
        best = sorted(totals, key=lambda passage: -totals[passage])[:DEPTH]
        fused[query, : len(best)] = best
    return fused


def convex_fusion(words: WordScores, cosines: Matrix, vector_weight: float) -> Matrix:
    """Add both scores on absolute scales: a query whose words are hardly known leaves the choice to the vectors."""
    share = np.maximum(words.scores / words.best_possible, 0)
    return (1 - vector_weight) * share**WORD_EXPONENT + vector_weight * cosines


def score(ranking: NDArray[np.int64], relevant: Sequence[set[int]], at: int = 10) -> Scores:
    """Return recall and nDCG of the first ``at`` passages."""
    discounts = 1 / np.log2(np.arange(2, at + 2))
    hits = np.array(
        [[passage in right for passage in row[:at]] for row, right in zip(ranking.tolist(), relevant, strict=True)]
    )
    ideal = np.array([discounts[: min(at, len(right))].sum() for right in relevant])
    gains = (hits * discounts[: hits.shape[1]]).sum(axis=1) / ideal
    return Scores(recall=float(hits.any(axis=1).mean()), ndcg=float(gains.mean()))


def ndcg_of(task: Task, embed: EmbedTexts) -> float:
    """Return nDCG@10 of the vectors alone."""
    return score(rank(cosine_scores(task, embed)), task.relevant).ndcg
