"""Reads an exported model back, so that training can go on from a file that is in use."""

from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, models

from chat.bpe import SPECIAL_TOKENS, untrained_tokenizer
from chat.export import BLOCK_PARTS
from chat.growth import Meanings, Weights, block_count, deepened, widened
from chat.model import Llama, ModelShape

_ENDS: Final = {"token_embd.weight": "embedding.weight", "output_norm.weight": "norm.gain"}
_PARTS: Final = {part: name for name, part in BLOCK_PARTS.items()}
_SIZES: Final = {
    "width": "llama.embedding_length",
    "layers": "llama.block_count",
    "heads": "llama.attention.head_count",
    "feed_forward": "llama.feed_forward_length",
    "rope_base": "llama.rope.freq_base",
    "context": "llama.context_length",
}


def exported_tokenizer(path: Path) -> Tokenizer:
    """Return the tokenizer that :func:`chat.export.export` wrote into a GGUF file, as ``load_tokenizer`` gives it."""
    fields = gguf.GGUFReader(path).fields
    tokens: list[str] = fields["tokenizer.ggml.tokens"].contents()
    merges: list[str] = fields["tokenizer.ggml.merges"].contents()
    tokenizer = untrained_tokenizer()
    # The special tokens stand first in the file as they did when the vocabulary was made.
    vocabulary = {token: identifier for identifier, token in enumerate(tokens)}
    pairs = [(left, right) for left, right in (merge.split(" ") for merge in merges)]
    tokenizer.model = models.BPE(vocab=vocabulary, merges=pairs, ignore_merges=True)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS])
    tokenizer.encode_special_tokens = True
    return tokenizer


def take_weights(model: Llama, path: Path, meanings: Meanings | None = None, seed: int = 0) -> None:
    """Set all weights of ``model`` to those of an exported file.

    Where ``model`` has more blocks than the file, or is wider, it computes what the file does all the same (:mod:`chat.growth`).

    Args:
        model: its weights are set.
        path: a GGUF file of :func:`chat.export.export`.
        meanings: what new components hold; needed where ``model`` is wider.
        seed: of what is random in new components.

    Raises:
        ValueError: the file holds a network that ``model`` has not grown from.
    """
    weights = held_weights(path)
    blocks = block_count(weights)
    if blocks > model.shape.layers:
        raise ValueError(f"{path}: {blocks} blocks, and the recipe says {model.shape.layers}")
    weights = deepened(weights, model.shape.layers)
    if meanings is not None:
        weights = widened(weights, model.shape, meanings, seed)
    for name, weight in model.named_parameters():
        if weights[name].shape != tuple(weight.shape):
            raise ValueError(f"{path}: {name} is {weights[name].shape}, and the recipe says {tuple(weight.shape)}")
        weight.data.copy_(torch.from_numpy(weights[name]))


def held_network(path: Path) -> Llama:
    """Return the network of an exported file."""
    model = Llama(held_shape(path))
    take_weights(model, path)
    return model


def held_shape(path: Path) -> ModelShape:
    """Return the shape of the network in an exported file."""
    fields = gguf.GGUFReader(path).fields
    sizes = {name: fields[field].contents() for name, field in _SIZES.items()}
    return ModelShape(vocabulary=len(fields["tokenizer.ggml.tokens"].contents()), **sizes)


def held_weights(path: Path) -> Weights:
    """Return the weights of an exported file."""
    reader = gguf.GGUFReader(path)
    heads = held_shape(path).heads
    weights = Weights()
    for tensor in reader.tensors:
        values = np.array(gguf.dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        if tensor.name.endswith(("attn_q.weight", "attn_k.weight")):
            values = _halves(values, heads)
        weights[_name(tensor.name)] = values
    return weights


def _name(tensor: str) -> str:
    """Return the name of a weight of :class:`chat.model.Llama` by that of its tensor."""
    if tensor in _ENDS:
        return _ENDS[tensor]
    _, number, part, _ = tensor.split(".")
    return f"blocks.{number}.{_PARTS[part]}"


def _halves(values: NDArray[Any], heads: int) -> NDArray[Any]:
    """Return a query or key matrix in the order of :mod:`chat.model`: rotary pairs half a head apart."""
    rows, width = values.shape
    return values.reshape(heads, rows // heads // 2, 2, width).swapaxes(1, 2).reshape(rows, width)
