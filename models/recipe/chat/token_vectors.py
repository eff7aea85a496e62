"""First token vectors from co-occurrence, so that words of like meaning, in both languages, match from the first step.

Positive pointwise mutual information of tokens that stand near each other in the text, or on the two sides of a
translation or a question and its passage, factorised to the model's width (Levy and Goldberg 2014).
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from chat.corpus import Corpus

_WINDOW = 4
_BLOCK = 4096


def token_vectors(corpus: Corpus, tokenizer: Tokenizer, width: int, seed: int) -> NDArray[np.float32]:
    """Return one unit vector (vocabulary, width) per token."""
    size = tokenizer.get_vocab_size()
    near = np.zeros(size * size, dtype=np.float32)
    for language in ("en", "ko"):
        for ids in _blocks(tokenizer, corpus.paragraphs(language)):
            for distance in range(1, _WINDOW + 1):
                near += np.bincount(ids[:-distance] * size + ids[distance:], minlength=size * size)
    across = np.zeros((size, size), dtype=np.float32)
    for left, right in _aligned(corpus, tokenizer):
        # Each side is a set: how often a word repeats says little of what it means.
        across[np.ix_(left, right)] += 1.0 / len(right)
    counts = near.reshape(size, size)
    counts = _information(counts + counts.T) + 1.5 * _information(across + across.T)
    return _factorised(counts, width, seed)


def _blocks(tokenizer: Tokenizer, paragraphs: Iterator[str]) -> Iterator[NDArray[np.int64]]:
    batch: list[str] = []
    for paragraph in paragraphs:
        batch.append(paragraph)
        if len(batch) == _BLOCK * 8:
            yield np.concatenate([np.array(row.ids, dtype=np.int64) for row in tokenizer.encode_batch_fast(batch)])
            batch = []
    if batch:
        yield np.concatenate([np.array(row.ids, dtype=np.int64) for row in tokenizer.encode_batch_fast(batch)])


def _aligned(corpus: Corpus, tokenizer: Tokenizer) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    rows = [(row["en"], row["ko"]) for row in corpus.rows("parallel")]
    rows += [(row["query"], row["passage"][:300]) for row in corpus.rows("pairs")]
    for start in range(0, len(rows), _BLOCK):
        part = rows[start : start + _BLOCK]
        left = tokenizer.encode_batch_fast([row[0] for row in part])
        right = tokenizer.encode_batch_fast([row[1] for row in part])
        for one, other in zip(left, right, strict=True):
            if one.ids and other.ids:
                yield np.unique(np.array(one.ids, dtype=np.int64)), np.unique(np.array(other.ids, dtype=np.int64))


def _information(counts: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return positive pointwise mutual information, context counts smoothed by the power .75."""
    rows = counts.sum(1, keepdims=True) + 1e-9
    columns = counts.sum(0, keepdims=True) ** 0.75
    columns = columns / columns.sum() + 1e-12
    information = np.log(np.maximum(counts, 1e-30) / rows / columns)
    # Pairs seen once or twice are chance: they are shrunk away.
    information *= counts / (counts + 2.0)
    return np.asarray(np.maximum(information, 0.0), dtype=np.float32)


def _factorised(matrix: NDArray[np.float32], width: int, seed: int) -> NDArray[np.float32]:
    """Return unit rows of a randomised truncated eigen-decomposition of a symmetric matrix (Halko et al. 2011)."""
    generator = np.random.default_rng(seed)
    basis = generator.standard_normal((matrix.shape[0], width + 32)).astype(np.float32)
    for _ in range(4):
        basis, _ = np.linalg.qr(matrix @ basis)
    small = basis.T @ (matrix @ basis)
    values, vectors = np.linalg.eigh(small)
    order = np.argsort(-np.abs(values))[:width]
    rows = (basis @ vectors[:, order]) * np.sqrt(np.abs(values[order]))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True) + 1e-6
    return np.asarray(rows, dtype=np.float32)
