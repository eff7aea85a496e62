"""Where the token vectors start: directions from which words share passages, lengths from how rare they are."""

import numpy as np
import torch
from embedder_training import PairSet
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.extmath import randomized_svd
from torch.nn import functional


def starting_vectors(
    data: PairSet, vocabulary_size: int, *, dimensions: int, spectral_share: float, scale: float, seed: int
) -> torch.Tensor:
    """Return (vocabulary, dimensions) vectors.

    Both texts of a pair count as one passage, translations included, so words of the two languages that mean the same
    start near each other. The leading singular vectors come first, which is what cutting the dimensions needs.
    """
    counts = _token_counts(data, vocabulary_size)
    rarity = _inverse_document_frequency(counts)
    weighted = counts.astype(np.float32)
    weighted.data = (1 + np.log(weighted.data)) * rarity[weighted.indices]
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    weighted = sparse.diags_array((1 / np.maximum(lengths, 1e-9)).astype(np.float32)) @ weighted
    _, values, right = randomized_svd(weighted, dimensions, n_iter=2, n_oversamples=16, random_state=seed)
    shared = functional.normalize(torch.from_numpy((right.T * np.sqrt(values)).astype(np.float32)), dim=1)
    own = functional.normalize(
        torch.randn(vocabulary_size, dimensions, generator=torch.Generator().manual_seed(seed)), dim=1
    )
    directions = functional.normalize(spectral_share * shared + (1 - spectral_share) * own, dim=1)
    return directions * torch.from_numpy(rarity)[:, None] * scale


def _token_counts(data: PairSet, vocabulary_size: int) -> sparse.csr_array:
    """Count tokens by pair: (pairs, vocabulary)."""
    columns = np.concatenate([data.anchors.ids, data.positives.ids])
    rows = np.concatenate(
        [np.repeat(np.arange(len(bags)), np.diff(bags.starts)) for bags in (data.anchors, data.positives)]
    )
    ones = np.ones(len(columns), dtype=np.float32)
    counts = sparse.csr_array((ones, (rows, columns)), shape=(len(data.anchors), vocabulary_size))
    counts.sum_duplicates()
    return counts


def _inverse_document_frequency(counts: sparse.csr_array) -> NDArray[np.float32]:
    found = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.maximum(np.log(counts.shape[0] / (found + 1)), 0.5).astype(np.float32)
