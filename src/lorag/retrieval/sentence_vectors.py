"""The one place that knows sentence-transformers: loads a model quietly, offline unless told, and embeds texts."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lorag.errors import EmbedderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

FloatMatrix = NDArray[np.float32]

_TEXTS_AT_ONCE = 32
_SAMPLES_PER_TENSOR = 1_024
_FOREIGN_ERRORS = (OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError, ImportError)
"""What transformers, safetensors and torch raise for a model that is missing, broken or unknown to them."""


class SentenceVectors:
    """A loaded sentence-transformers model."""

    def __init__(self, model: "SentenceTransformer", name: str, dimensions: int) -> None:
        self._model = model
        self._name = name
        self.dimensions = dimensions
        self.fingerprint = _fingerprint(model)

    def prompt(self, *names: str) -> str:
        """Return the first prefix that the model itself names for a use, or nothing."""
        prompts = self._model.prompts or {}
        return next((prompt for name in names if (prompt := prompts.get(name))), "")

    def embed(self, texts: Sequence[str], *, prefix: str) -> FloatMatrix:
        """Return one row of unit length per text; zeros for blank texts."""
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        filled = [index for index, text in enumerate(texts) if text.strip()]
        if not filled:
            return rows
        clean = [texts[index].encode("utf-8", "replace").decode("utf-8") for index in filled]
        try:
            # An empty prompt, unlike None, also switches off a default prompt in the model's configuration.
            found = self._model.encode(clean, prompt=prefix, batch_size=_TEXTS_AT_ONCE, show_progress_bar=False)
        except _FOREIGN_ERRORS as error:
            raise EmbedderError(f"The embedder {self._name} failed: {_one_line(error)}") from error
        vectors = np.asarray(found, dtype=np.float32)[:, : self.dimensions]
        if not np.isfinite(vectors).all():
            raise EmbedderError(f"The embedder {self._name} gives values that are not numbers; use another one")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        rows[filled] = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
        return rows


def load_sentence_vectors(source: str, *, dimensions: int | None = None, offline: bool = True) -> SentenceVectors:
    """Load a model by folder or name; ``dimensions`` cuts the vectors of a Matryoshka model."""
    if offline:
        # Read once, when huggingface_hub is first imported: without it some versions still ask the hub for its head.
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging
    except ImportError as error:
        raise EmbedderError(
            f"The embedder {source} needs sentence-transformers; install it with: pip install 'lorag[embedders]'"
        ) from error
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = SentenceTransformer(source, local_files_only=offline)
    except _FOREIGN_ERRORS as error:
        raise EmbedderError(_load_failure(source, offline=offline, error=error)) from error
    available = model.get_embedding_dimension()
    if not available or (dimensions is not None and not 0 < dimensions <= available):
        raise EmbedderError(f"The embedder {source} has {available} dimensions; it cannot be cut to {dimensions}")
    return SentenceVectors(model, source, dimensions or available)


def _load_failure(source: str, *, offline: bool, error: Exception) -> str:
    """Say in one line why a model could not be loaded, and what helps."""
    if Path(source).is_dir():
        return f"{source} is not a readable sentence-transformers model ({_one_line(error)}); fetch it again"
    if offline:
        return (
            f"The embedder {source} is not on this machine and lorag is offline; "
            "give a folder, fetch it with: lorag models pull, or set LORAG_OFFLINE=false"
        )
    return f"The embedder {source} cannot be loaded ({_one_line(error)})"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _fingerprint(model: "SentenceTransformer") -> str:
    """Hash samples of every tensor: retraining moves nearly all values, and reading all would take seconds."""
    digest = hashlib.sha256(" ".join(type(module).__name__ for module in model).encode())
    for name, tensor in model.state_dict().items():
        flat = tensor.detach().flatten()
        stride = max(1, flat.numel() // _SAMPLES_PER_TENSOR)
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update(flat[::stride].float().cpu().numpy().tobytes())
    return digest.hexdigest()[:32]
