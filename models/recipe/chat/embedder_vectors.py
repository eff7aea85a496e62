"""What the built-in embedder knows of words, as vectors of the chat model's tokens.

The embedder cuts words in another way, but adds up what it knows of the pieces, as any reader of the chat model's tokens can. So each
of these gets the vector with which the sums over texts come out most alike: a linear regression (ridge, Hoerl and Kennard 1970).
"""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy import linalg, sparse
from tokenizers import Tokenizer

from chat.corpus import Corpus

EMBEDDER: Final = Path(__file__).parents[2] / "embedder"
_RIDGE: Final = 2.0
"""As if each token had been seen so often with no meaning: what is rare is not taken at its word."""
_BATCH: Final = 32_768


def embedder_vectors(corpus: Corpus, tokenizer: Tokenizer, dimensions: int) -> NDArray[np.float32]:
    """Return vectors (vocabulary, ``dimensions``): the first dimensions of the embedder, which hold most (Kusupati et al. 2022)."""
    weights = load_file(EMBEDDER / "model.safetensors")["embedding.weight"][:, :dimensions].astype(np.float32)
    other = Tokenizer.from_file(str(EMBEDDER / "tokenizer.json"))
    size = tokenizer.get_vocab_size()
    # Both sides are added up batch by batch: the counts of all texts need not be held.
    square, wanted = np.zeros((size, size), np.float32), np.zeros((size, dimensions), np.float32)
    left = _texts(corpus)
    while texts := list(islice(left, _BATCH)):
        counts = _counts(tokenizer, texts, size)
        square += (counts.T @ counts).toarray()
        wanted += counts.T @ (_counts(other, texts, len(weights)) @ weights)
    square[np.diag_indices(size)] += _RIDGE
    # In double precision: some tokens are seen ten million times, others never.
    return np.asarray(linalg.solve(square.astype(np.float64), wanted, assume_a="pos"), dtype=np.float32)


def _texts(corpus: Corpus) -> Iterator[str]:
    kinds: list[Iterable[str]] = [corpus.paragraphs(language) for language in ("en", "ko")]
    kinds += [(row["question"] for row in corpus.rows(f"qa.{language}")) for language in ("en", "ko")]
    kinds += [(row[language] for row in corpus.rows("parallel")) for language in ("en", "ko")]
    return chain.from_iterable(kinds)


def _counts(tokenizer: Tokenizer, texts: list[str], size: int) -> sparse.csr_array:
    """Return how often each text holds each token: (texts, ``size``)."""
    rows = [encoded.ids for encoded in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.fromiter(chain.from_iterable(rows), dtype=np.int32, count=int(ends[-1]))
    counts = sparse.csr_array((np.ones(len(columns), np.float32), columns, ends), shape=(len(rows), size))
    counts.sum_duplicates()
    return counts
