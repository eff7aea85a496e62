"""A static embedding model without torch: token vectors looked up, averaged and brought to unit length."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from tokenizers import Encoding, Tokenizer

from lorag.errors import EmbedderError

FloatMatrix = NDArray[np.float32]

_STATIC_MODULE = "StaticEmbedding"
_HARMLESS_MODULES = frozenset({"Normalize"})
_CHARACTERS_AT_ONCE = 2_000_000
"""Tokens of a batch cost about a hundred times the memory of its text."""
_STORED = b"vector and tokens"
"""What a library keeps of a passage; part of the fingerprint, so that one which keeps less is made anew."""
_MOST_ASKED = 256
"""A pasted page is matched by its first tokens; more would only cost time and memory."""
_SHORTEST = 1e-9
"""Lengths below are zero."""


class StaticVectors:
    """The token vectors of one model folder."""

    def __init__(self, tokenizer: Tokenizer, vectors: FloatMatrix, fingerprint: str) -> None:
        self._tokenizer = tokenizer
        self._vectors = vectors
        self._part = np.dtype("<u2" if len(vectors) <= np.iinfo(np.uint16).max else "<u4")
        self.fingerprint = fingerprint

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._vectors.shape[1])

    def embed(self, texts: Sequence[str]) -> FloatMatrix:
        """Return one row of unit length per text; zeros where no token is known."""
        return self.embed_with_parts(texts)[0]

    def embed_with_parts(self, texts: Sequence[str]) -> tuple[FloatMatrix, list[bytes]]:
        """Return the rows of ``embed``, and which tokens each text holds, as ``match`` takes them."""
        rows, parts = np.zeros((len(texts), self.dimensions), dtype=np.float32), list[bytes]()
        for start, end in _batches(texts):
            several = [_encodable(text) for text in texts[start:end]]
            encodings = self._tokenizer.encode_batch_fast(several, add_special_tokens=False)
            self._sum_tokens(encodings, rows[start:end])
            parts += [np.unique(np.array(encoding.ids, dtype=self._part)).tobytes() for encoding in encodings]
        return _of_unit_length(rows), parts

    def embed_unrepeated(self, question: str, texts: Sequence[str]) -> tuple[FloatMatrix, FloatMatrix]:
        """Return, for each text, the question without the tokens that the text holds, and how much of it that leaves out.

        Rows are of unit length, or zeros where nothing is left; the second array, (texts,), is the share of the question's
        length that is gone, from 0 to 1.
        """
        asked = self._tokenizer.encode(_encodable(question), add_special_tokens=False).ids
        rows, repeated = np.zeros((len(texts), self.dimensions), dtype=np.float32), np.zeros(len(texts), np.float32)
        if not asked:
            return rows, repeated
        vectors = self._vectors[asked]  # (tokens, dimensions)
        whole = max(float(np.linalg.norm(vectors.sum(axis=0))), _SHORTEST)
        encodings = self._tokenizer.encode_batch_fast([_encodable(text) for text in texts], add_special_tokens=False)
        for index, encoding in enumerate(encodings):
            held = set(encoding.ids)
            left = vectors[[token not in held for token in asked]].sum(axis=0)
            length = float(np.linalg.norm(left))
            repeated[index] = 1 - min(1.0, length / whole)
            rows[index] = left / max(length, _SHORTEST)
        return rows, repeated

    def match(self, question: str, parts: Sequence[bytes]) -> tuple[FloatMatrix, FloatMatrix]:
        """Return the share of each token of the question in its length, (tokens,), and how near the nearest token of each text is.

        ``parts`` are those of ``embed_with_parts``. The second array, (texts, tokens), holds cosines; zeros for a text without
        a known token.
        """
        ids = self._tokenizer.encode(_encodable(question), add_special_tokens=False).ids
        asked = np.array(ids[:_MOST_ASKED], dtype=np.int64)
        lengths = self._lengths(self._vectors[asked])
        directions = self._vectors[asked] / lengths[:, None]
        nearest = np.zeros((len(parts), len(asked)), dtype=np.float32)
        held = [np.frombuffer(tokens, dtype=self._part) for tokens in parts]
        known = [index for index, tokens in enumerate(held) if len(tokens)]
        if len(asked) and known:
            distinct, places = self._distinct(np.concatenate([held[index] for index in known]))
            vectors = self._vectors.take(distinct, axis=0)
            # (tokens of the question, distinct tokens of the texts)
            cosines = directions @ vectors.T / self._lengths(vectors)
            starts = np.cumsum([0, *(len(held[index]) for index in known[:-1])])
            nearest[known] = np.maximum.reduceat(cosines.take(places, axis=1), starts, axis=1).T
        return lengths / max(float(lengths.sum()), _SHORTEST), nearest

    def _distinct(self, tokens: NDArray[np.integer[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return each of the tokens once, in rising order, and where each of those given stands among them."""
        # Six times as fast as numpy.unique, which sorts.
        held = np.zeros(len(self._vectors), dtype=np.bool_)
        held[tokens] = True
        distinct = np.flatnonzero(held)
        places = np.empty(len(held), dtype=np.int64)
        places[distinct] = np.arange(len(distinct))
        return distinct, places.take(tokens)

    @staticmethod
    def _lengths(vectors: FloatMatrix) -> FloatMatrix:
        lengths: FloatMatrix = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        return np.maximum(lengths, np.float32(_SHORTEST))

    def _sum_tokens(self, encodings: Sequence[Encoding], rows: FloatMatrix) -> None:
        """Add up the token vectors of each text; their mean has the same direction."""
        longest = max((len(encoding.ids) for encoding in encodings), default=0)
        gathered = np.empty((longest, self.dimensions), dtype=np.float32)
        ones = np.ones(longest, dtype=np.float32)
        for encoding, row in zip(encodings, rows, strict=True):
            if ids := encoding.ids:
                # A product with ones adds the rows four times as fast as sum(); "clip" lets take() write in place.
                np.take(self._vectors, ids, axis=0, out=gathered[: len(ids)], mode="clip")
                np.matmul(ones[: len(ids)], gathered[: len(ids)], out=row)


def is_static_folder(folder: Path) -> bool:
    """Tell whether a folder holds a sentence-transformers model that is nothing but averaged token vectors."""
    return _static_part(folder) is not None


def load_static_vectors(folder: Path, *, dimensions: int | None = None) -> StaticVectors:
    """Read a model folder; ``dimensions`` cuts the vectors of a Matryoshka model."""
    part = _static_part(folder)
    if part is None:
        raise EmbedderError(f"{folder} is not a folder with a StaticEmbedding model (no modules.json that says so)")
    weights_path, tokenizer_path = part / "model.safetensors", part / "tokenizer.json"
    try:
        weights = weights_path.read_bytes()
        settings = tokenizer_path.read_bytes()
    except OSError as error:
        raise EmbedderError(f"The embedder {folder} is not complete: {error.filename} cannot be read") from error
    vectors = _read_vectors(weights, weights_path)
    tokenizer = _read_tokenizer(settings, tokenizer_path)
    if tokenizer.get_vocab_size() > len(vectors):
        raise EmbedderError(f"{tokenizer_path} has more tokens than {weights_path.name} has vectors: not one model")
    if dimensions is not None and not 0 < dimensions <= vectors.shape[1]:
        raise EmbedderError(
            f"The embedder {folder} has {vectors.shape[1]} dimensions; it cannot be cut to {dimensions}"
        )
    digests = hashlib.sha256(weights).digest() + hashlib.sha256(settings).digest()
    fingerprint = hashlib.sha256(digests + _STORED).hexdigest()
    return StaticVectors(tokenizer, np.ascontiguousarray(vectors[:, :dimensions]), fingerprint[:32])


def _static_part(folder: Path) -> Path | None:
    """Return the folder with weights and tokeniser, None when the model has other parts or cannot be read."""
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        kinds = [str(module["type"]).rsplit(".", maxsplit=1)[-1] for module in modules]
        first = str(modules[0]["path"])
    except (OSError, ValueError, LookupError, TypeError):
        return None
    if kinds[0] != _STATIC_MODULE or not _HARMLESS_MODULES.issuperset(kinds[1:]):
        return None
    return folder / first


def _read_vectors(content: bytes, path: Path) -> FloatMatrix:
    """Return the float32 matrix of a weights file, also one in model2vec's form."""
    try:
        tensors: dict[str, NDArray[Any]] = load_tensors(content)
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        raise EmbedderError(f"{path} is not a readable safetensors file ({error}); fetch the model again") from error
    found = tensors.get("embedding.weight", tensors.get("embeddings"))
    if found is None or found.ndim != 2 or 0 in found.shape:
        raise EmbedderError(f"{path} holds no matrix of token vectors; fetch the model again")
    vectors = found.astype(np.float32)
    if "embedding.weight" not in tensors:
        if "mapping" in tensors:
            vectors = vectors[tensors["mapping"]]
        if "weights" in tensors:
            vectors = vectors * tensors["weights"].astype(np.float32)[:, None]
    if not np.isfinite(vectors).all():
        raise EmbedderError(f"{path} holds values that are not numbers; fetch the model again")
    return vectors


def _read_tokenizer(content: bytes, path: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_str(content.decode("utf-8"))
    # tokenizers raises nothing narrower than Exception for a file it cannot use.
    except Exception as error:
        raise EmbedderError(f"{path} is not a readable tokeniser ({error}); fetch the model again") from error
    tokenizer.no_padding()
    return tokenizer


def _batches(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Cut the texts into stretches of bounded size, so that memory stays flat."""
    batches, start, characters = [], 0, 0
    for index, text in enumerate(texts):
        if characters and characters + len(text) > _CHARACTERS_AT_ONCE:
            batches.append((start, index))
            start, characters = index, 0
        characters += len(text)
    return [*batches, (start, len(texts))] if texts else []


def _of_unit_length(rows: FloatMatrix) -> FloatMatrix:
    """Scale the rows in place; rows of zeros stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    np.divide(rows, lengths, out=rows, where=lengths > 0)
    return rows


def _encodable(text: str) -> str:
    """Replace the halves of broken surrogate pairs, which have no UTF-8 form."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text
