"""Retrieval scores of an embedder on the dev tasks: alone, beside BM25, and fused with it as lorag fuses them."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from embedder_tasks import Task
from numpy.typing import NDArray
from rank_bm25 import BM25Plus
from scipy import sparse

from lorag.retrieval.embedders import Embedder
from lorag.retrieval.fusion import TOLD_POINTS, FusionOptions, told_of
from lorag.retrieval.terms import BigramSplitter
from lorag.retrieval.unrelated import matching_floor, similarity_floor

Matrix = NDArray[np.float32]
Ranking = NDArray[np.int64]
EmbedTexts = Callable[[Sequence[str]], Matrix]
DEPTH = 50
"""How many candidates each leg hands to the fusion."""
_SPLITTER = BigramSplitter()
_K1, _B = 1.5, 0.75


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over the queries of one task."""

    recall: float
    """Share of queries with a right passage among the first ten."""
    ndcg: float


@dataclass(frozen=True, slots=True)
class WordScores:
    """What the word leg says of every passage (columns) for every query (rows)."""

    bm25: Matrix
    share: Matrix
    """BM25 as a share of the largest score the query could give."""
    coverage: Matrix
    """Share of the query's information that the passage's terms carry."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One task, searched in four ways."""

    task: Task
    words: Ranking
    vectors: Ranking
    fused: Ranking
    by_rank: Ranking
    """Reciprocal rank fusion, to compare with."""


def compare(task: Task, embedder: Embedder) -> Comparison:
    """Search one task by words, by meaning, and by both, ordered as lorag orders them."""
    words = word_scores(task)
    cosines = cosine_scores(task, embedder.embed_passages)
    legs = rank(words.bm25), rank(cosines)
    floor = similarity_floor(embedder)
    fused = fused_scores(words, cosines, FusionOptions(floor=floor))
    ordered = with_told(task, embedder, among(fused, legs))
    return Comparison(task, *legs, rank(ordered), reciprocal_rank_fusion(legs))


def word_scores(task: Task) -> WordScores:
    """Score every passage for every query exactly as lorag's word leg does, by sparse products."""
    documents = [_SPLITTER.terms(passage) for passage in task.passages]
    index = BM25Plus(documents, k1=_K1, b=_B, delta=0)
    columns = {term: number for number, term in enumerate(index.idf)}
    norms = _K1 * (1 - _B + _B * np.asarray(index.doc_len) / index.avgdl)
    rows = np.repeat(np.arange(len(documents)), [len(counts) for counts in index.doc_freqs])
    held = [term for counts in index.doc_freqs for term in counts]
    counts = np.array([n for counts in index.doc_freqs for n in counts.values()], dtype=np.float64)
    idf = np.array([index.idf[term] for term in held])
    where = rows, np.array([columns[term] for term in held])
    shape = (len(documents), len(columns))
    weights = sparse.csr_matrix((idf * counts * (_K1 + 1) / (counts + norms[rows]), where), shape=shape)
    information = sparse.csr_matrix((idf, where), shape=shape)
    asked = [list(dict.fromkeys(_SPLITTER.question_terms(query))) for query in task.queries]
    cells = [(row, columns[term]) for row, terms in enumerate(asked) for term in terms if term in columns]
    at = tuple(np.array(cells, dtype=np.int64).reshape(-1, 2).T)
    queries = sparse.csr_matrix((np.ones(len(cells)), at), shape=(len(asked), len(columns)))
    unseen = np.log(len(documents) + 1)
    total = np.array([max(1e-9, sum(index.idf.get(term, unseen) for term in terms)) for terms in asked])[:, None]
    bm25 = (queries @ weights.T).toarray()
    return WordScores(
        bm25.astype(np.float32),
        (bm25 / ((_K1 + 1) * total)).astype(np.float32),
        ((queries @ information.T).toarray() / total).astype(np.float32),
    )


def cosine_scores(task: Task, embed: EmbedTexts) -> Matrix:
    """Score every passage for every query by the cosine of their vectors."""
    return embed(task.queries) @ embed(task.passages).T


def fused_scores(words: WordScores, cosines: Matrix, options: FusionOptions) -> Matrix:
    """Score every passage as ``lorag.retrieval.fusion.relevance`` does."""
    by_words = np.sqrt(np.clip(words.share, 0, 1)) * words.coverage**3
    meaning = np.clip((cosines - options.floor) / (1 - options.floor), 0, 1)
    fused: Matrix = (1 - options.vector_weight) * by_words + options.vector_weight * meaning
    return fused


def among(scores: Matrix, rankings: Sequence[Ranking]) -> Matrix:
    """Return the scores of what one of the rankings holds, and -1 elsewhere."""
    kept = np.full(scores.shape, -1, dtype=np.float32)
    for ranking in rankings:
        rows, places = np.nonzero(ranking >= 0)
        found = ranking[rows, places]
        kept[rows, found] = scores[rows, found]
    return kept


def with_told(task: Task, embedder: Embedder, scores: Matrix) -> Matrix:
    """Return the scores of candidates, which are above -1, with what each tells of its question, as lorag's search orders them."""
    _, parts = embedder.embed_with_parts(task.passages)
    floor, ordered = matching_floor(embedder), scores.copy()
    for row, query, best in zip(ordered, task.queries, rank(scores), strict=True):
        found = best[best >= 0]
        row[found] += TOLD_POINTS * told_of(*embedder.match(query, [parts[at] for at in found]), floor)
    return ordered


def rank(scores: Matrix, depth: int = DEPTH) -> Ranking:
    """Return the best passages of each query, best first; -1 fills up where no score is above zero."""
    depth = min(depth, scores.shape[1])
    top = np.argpartition(-scores, depth - 1, axis=1)[:, :depth]
    values = np.take_along_axis(scores, top, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    top, values = np.take_along_axis(top, order, axis=1), np.take_along_axis(values, order, axis=1)
    return np.where(values > 0, top, -1)


def reciprocal_rank_fusion(legs: Sequence[Ranking], k: float = 60) -> Ranking:
    """Fuse rankings: each leg adds 1 / (k + rank)."""
    fused = np.full((len(legs[0]), DEPTH), -1)
    for query in range(len(legs[0])):
        totals: defaultdict[int, float] = defaultdict(float)
        for leg in legs:
            for position, passage in enumerate(leg[query].tolist(), start=1):
                if passage >= 0:
                    totals[passage] += 1 / (k + position)
        best = sorted(totals, key=totals.__getitem__, reverse=True)[:DEPTH]
        fused[query, : len(best)] = best
    return fused


def score(ranking: Ranking, relevant: Sequence[set[int]], at: int = 10) -> Scores:
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
