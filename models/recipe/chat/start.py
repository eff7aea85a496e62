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
_ADDING: Final = ("attn_output.weight", "ffn_down.weight")
"""What a block adds to its input comes out of these."""


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

    Where ``model`` has more blocks than the file, new ones are spread among its own (:func:`origins`). A new block is a copy of
    the one before it that adds nothing at first, so that the network computes what it did (Gong et al. 2019; Wu et al. 2024).

    Raises:
        ValueError: the file holds a network of another shape.
    """
    held = {tensor.name: np.asarray(tensor.data, dtype=np.float32) for tensor in gguf.GGUFReader(path).tensors}
    blocks = 1 + max(int(name.split(".")[1]) for name in held if name.startswith("blk."))
    if blocks > model.shape.layers:
        raise ValueError(f"{path}: {blocks} blocks, and the recipe says {model.shape.layers}")
    taken = origins(blocks, model.shape.layers)
    for name, weight in _tensors(model):
        place, added = name, False
        if name.startswith("blk."):
            _, number, part = name.split(".", 2)
            origin, new = taken[int(number)]
            place, added = f"blk.{origin}.{part}", new and part in _ADDING
        values = np.zeros_like(held[place]) if added else held[place]
        if name.endswith(("attn_q.weight", "attn_k.weight")):
            values = _halves(values, model.shape.heads)
        if tuple(values.shape) != tuple(weight.shape):
            raise ValueError(f"{path}: {name} is {values.shape}, and the recipe says {tuple(weight.shape)}")
        weight.data.copy_(torch.from_numpy(np.array(values)))


def origins(held: int, wanted: int) -> list[tuple[int, bool]]:
    """Return, for each of ``wanted`` blocks, which of the ``held`` ones it is made of and whether it is new beside it."""
    new = wanted - held
    after = [round((index + 1) * held / (new + 1)) - 1 for index in range(new)]
    return [pair for block in range(held) for pair in [(block, False), *[(block, True)] * after.count(block)]]


def _tensors(model: Llama) -> list[tuple[str, Tensor]]:
    tensors: list[tuple[str, Tensor]] = [(_EMBEDDING, model.embedding.weight), (_LAST_NORM, model.norm.gain)]
    for number, block in enumerate(model.blocks):
        tensors += [(f"blk.{number}.{BLOCK_PARTS[name]}.weight", weight) for name, weight in block.named_parameters()]
    return tensors


def _halves(values: NDArray[Any], heads: int) -> NDArray[Any]:
    """Return a query or key matrix in the order of :mod:`chat.model`: rotary pairs half a head apart."""
    rows, width = values.shape
    return values.reshape(heads, rows // heads // 2, 2, width).swapaxes(1, 2).reshape(rows, width)
