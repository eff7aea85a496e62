"""Which GGUF files can hold a conversation."""

from typing import Final

from lorag.errors import ModelError
from lorag.models.gguf import GgufMetadata

_EMBEDDING_ARCHITECTURES: Final = frozenset(
    {"bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2", "jina-bert-v3", "modern-bert", "eurobert",
     "gemma-embedding", "t5encoder", "llama-embed"}
)  # fmt: skip
_OTHER_ARCHITECTURES: Final = {
    "clip": "an image encoder",
    "t5": "an encoder-decoder model",
    "wavtokenizer-dec": "a sound decoder",
}
_OTHER_TYPES: Final = {
    "mmproj": "an image encoder",
    "imatrix": "an importance matrix",
    "vocab": "a vocabulary without weights",
}


def check_chat_model(model: GgufMetadata) -> None:
    """Raise a ``ModelError`` that says what the file is when it is not a model that can answer."""
    kind = model.text("general.type")
    if kind == "adapter":
        raise ModelError(f"{model.path} is a LoRA adapter, not a model; choose a model and switch it on with --adapter")
    what = _OTHER_TYPES.get(kind) or _OTHER_ARCHITECTURES.get(model.architecture)
    if what:
        raise ModelError(f"{model.path} is {what} and cannot chat")
    if not model.architecture:
        raise ModelError(f"{model.path} does not say which architecture it has; it is not a model file")
    if _embeds_only(model):
        raise ModelError(f"{model.path} is an embedding model and cannot chat; choose an instruct model")
    if "token_embd.weight" not in model.tensors:
        raise ModelError(f"{model.path} holds no model weights")


def _embeds_only(model: GgufMetadata) -> bool:
    causal = model.values.get(f"{model.architecture}.attention.causal")
    return (
        model.architecture in _EMBEDDING_ARCHITECTURES or causal is False or model.of_architecture("pooling_type") > 0
    )


def ties_embeddings(model: GgufMetadata) -> bool:
    """Return whether the output layer is the token embedding once more."""
    return "output.weight" not in model.tensors
