"""Reads an exported model back, so that training can go on from a file that is in use."""

from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, models
from torch import Tensor

from chat.bpe import SPECIAL_TOKENS, untrained_tokenizer
from chat.export import BLOCK_PARTS
from chat.model import Llama

_EMBEDDING: Final = "token_embd.weight"
_LAST_NORM: Final = "output_norm.weight"


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


def take_weights(model: Llama, path: Path) -> None:
    """Set all weights of ``model`` to those of an exported file.

    Raises:
        ValueError: the file holds a network of another shape.
    """
    held = {tensor.name: np.asarray(tensor.data, dtype=np.float32) for tensor in gguf.GGUFReader(path).tensors}
    for name, weight in _tensors(model):
        values = held[name]
        if name.endswith(("attn_q.weight", "attn_k.weight")):
            values = _halves(values, model.shape.heads)
        if tuple(values.shape) != tuple(weight.shape):
            raise ValueError(f"{path}: {name} is {values.shape}, and the recipe says {tuple(weight.shape)}")
        weight.data.copy_(torch.from_numpy(np.array(values)))


def _tensors(model: Llama) -> list[tuple[str, Tensor]]:
    tensors: list[tuple[str, Tensor]] = [(_EMBEDDING, model.embedding.weight), (_LAST_NORM, model.norm.gain)]
    for number, block in enumerate(model.blocks):
        tensors += [(f"blk.{number}.{BLOCK_PARTS[name]}.weight", weight) for name, weight in block.named_parameters()]
    return tensors


def _halves(values: NDArray[Any], heads: int) -> NDArray[Any]:
    """Return a query or key matrix in the order of :mod:`chat.model`: rotary pairs half a head apart."""
    rows, width = values.shape
    return values.reshape(heads, rows // heads // 2, 2, width).swapaxes(1, 2).reshape(rows, width)
