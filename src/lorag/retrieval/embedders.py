"""The seam between retrieval and whatever turns texts into vectors, and the two things that do."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from lorag.errors import EmbedderError
from lorag.paths import typed_path
from lorag.retrieval.sentence_vectors import SentenceVectors, load_sentence_vectors
from lorag.retrieval.static_vectors import FloatMatrix, StaticVectors, is_static_folder, load_static_vectors

BUILTIN = "builtin"
_PACKAGE = Path(__file__).resolve().parents[1]
_BUILTIN_FOLDERS = (_PACKAGE / "builtin" / "embedder", _PACKAGE.parents[1] / "models" / "embedder")
"""In an installed wheel, and in a checkout."""
_E5_PREFIXES = ("query: ", "passage: ")


@dataclass(frozen=True, slots=True)
class EmbedderIdentity:
    """What vectors depend on; a library whose vectors come from another one has to be indexed again."""

    name: str
    dimensions: int
    query_prefix: str
    passage_prefix: str
    fingerprint: str
    """Of the weights."""


class Embedder(Protocol):
    """Turns texts into vectors whose inner product says how near their meanings are."""

    @property
    def identity(self) -> EmbedderIdentity:
        """What the vectors depend on."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> FloatMatrix:
        """Return (texts, dimensions) rows of unit length; a row of zeros where nothing in a text is known."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> FloatMatrix:
        """Return rows as ``embed_queries`` does, for texts that are searched."""
        ...

    def embed_unrepeated(self, question: str, texts: Sequence[str]) -> tuple[FloatMatrix, FloatMatrix]:
        """Return, for each text, the question without the words that the text repeats, and which share of it they are.

        Rows are as those of ``embed_queries``; the shares, (texts,), go from 0 to 1. An embedder that reads a question only
        as a whole leaves nothing out.
        """
        ...

    def embed_with_parts(self, texts: Sequence[str]) -> tuple[FloatMatrix, list[bytes]]:
        """Return the rows of ``embed_passages``, and what ``match`` compares of each text, in a few hundred bytes.

        An embedder that reads a text only as a whole gives no bytes.
        """
        ...

    def match(self, question: str, parts: Sequence[bytes]) -> tuple[FloatMatrix, FloatMatrix]:
        """Return what share each part of the question has in it, (n,), and how near each text comes to that part, (texts, n).

        1 is the same, 0 unrelated or not known. An embedder that reads a question only as a whole knows no parts: n is 0.

        Args:
            question: What is asked.
            parts: Those of the texts, of ``embed_with_parts``.
        """
        ...


class StaticEmbedder:
    """Averaged token vectors: as fast as reading the text, and no torch."""

    def __init__(self, vectors: StaticVectors, *, name: str, query_prefix: str = "", passage_prefix: str = "") -> None:
        self._vectors = vectors
        self.identity = EmbedderIdentity(
            name, vectors.dimensions, query_prefix, passage_prefix, fingerprint=vectors.fingerprint
        )

    def embed_queries(self, texts: Sequence[str]) -> FloatMatrix:
        """Return one row per question."""
        return self._vectors.embed(_prefixed(self.identity.query_prefix, texts))

    def embed_passages(self, texts: Sequence[str]) -> FloatMatrix:
        """Return one row per passage."""
        return self._vectors.embed(_prefixed(self.identity.passage_prefix, texts))

    def embed_unrepeated(self, question: str, texts: Sequence[str]) -> tuple[FloatMatrix, FloatMatrix]:
        """Return what each text leaves of a question: it is a sum, so its tokens come apart."""
        return self._vectors.embed_unrepeated(self.identity.query_prefix + question, texts)

    def embed_with_parts(self, texts: Sequence[str]) -> tuple[FloatMatrix, list[bytes]]:
        """Return one row per passage, and its tokens without those of the prefix, which tell nothing."""
        if self.identity.passage_prefix:
            return self.embed_passages(texts), self._vectors.embed_with_parts(texts)[1]
        return self._vectors.embed_with_parts(texts)

    def match(self, question: str, parts: Sequence[bytes]) -> tuple[FloatMatrix, FloatMatrix]:
        """Return how near each text comes to each token of a question."""
        return self._vectors.match(question, parts)


class SentenceTransformersEmbedder:
    """Any sentence-transformers model."""

    def __init__(
        self, vectors: SentenceVectors, *, name: str, query_prefix: str = "", passage_prefix: str = ""
    ) -> None:
        self._vectors = vectors
        known = _E5_PREFIXES if _is_e5(name) else ("", "")
        self.identity = EmbedderIdentity(
            name,
            vectors.dimensions,
            query_prefix or vectors.prompt("query") or known[0],
            passage_prefix or vectors.prompt("document", "passage") or known[1],
            fingerprint=vectors.fingerprint,
        )

    def embed_queries(self, texts: Sequence[str]) -> FloatMatrix:
        """Return one row per question."""
        return self._vectors.embed(texts, prefix=self.identity.query_prefix)

    def embed_passages(self, texts: Sequence[str]) -> FloatMatrix:
        """Return one row per passage."""
        return self._vectors.embed(texts, prefix=self.identity.passage_prefix)

    def embed_unrepeated(self, question: str, texts: Sequence[str]) -> tuple[FloatMatrix, FloatMatrix]:
        """Return the whole question for every text: what it would be without some words takes a reading for each."""
        return np.repeat(self.embed_queries([question]), len(texts), axis=0), np.zeros(len(texts), np.float32)

    def embed_with_parts(self, texts: Sequence[str]) -> tuple[FloatMatrix, list[bytes]]:
        """Return one row per passage, and nothing of its parts: its tokens mean something only together."""
        return self.embed_passages(texts), [b""] * len(texts)

    def match(self, question: str, parts: Sequence[bytes]) -> tuple[FloatMatrix, FloatMatrix]:
        """Return nothing."""
        return np.empty(0, np.float32), np.empty((len(parts), 0), np.float32)


def open_embedder(
    spec: str, *, query_prefix: str = "", passage_prefix: str = "", dimensions: int | None = None, offline: bool = True
) -> Embedder:
    """Open the embedder called ``builtin``, in a folder, or known to sentence-transformers by name.

    Empty prefixes are taken from the model itself where it names some; ``dimensions`` cuts Matryoshka vectors;
    ``offline`` keeps sentence-transformers from fetching anything.
    """
    folder = builtin_folder() if spec == BUILTIN else typed_path(spec)
    if spec == BUILTIN or is_static_folder(folder):
        vectors = load_static_vectors(folder, dimensions=dimensions)
        name = BUILTIN if spec == BUILTIN else folder.resolve().name
        return StaticEmbedder(vectors, name=name, query_prefix=query_prefix, passage_prefix=passage_prefix)
    source, name = (str(folder), folder.resolve().name) if folder.is_dir() else (spec, spec)
    loaded = load_sentence_vectors(source, dimensions=dimensions, offline=offline)
    return SentenceTransformersEmbedder(loaded, name=name, query_prefix=query_prefix, passage_prefix=passage_prefix)


def builtin_folder() -> Path:
    """Return the folder of the embedder that comes with lorag."""
    for folder in _BUILTIN_FOLDERS:
        if is_static_folder(folder):
            return folder
    raise EmbedderError(f"The built-in embedder is missing ({_BUILTIN_FOLDERS[0]}); install lorag again")


def _prefixed(prefix: str, texts: Sequence[str]) -> Sequence[str]:
    return [prefix + text for text in texts] if prefix else texts


def _is_e5(name: str) -> bool:
    """Tell whether a model is of the E5 family, which does badly without its prefixes and does not carry them."""
    last = name.rsplit("/", maxsplit=1)[-1].lower()
    return "e5-" in last and "instruct" not in last
