"""Small GGUF files with random weights that llama.cpp loads in milliseconds: models in every shape the tests need, and LoRAs."""

import atexit
import functools
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import gguf
import numpy as np
from numpy.typing import NDArray

CHATML_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CHATML_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")

WIDTH = 64
HEADS = 4
KV_HEADS = 2
FEED_FORWARD = 128
LAYERS = 2

_WORDS = (
    "the",
    "he",
    "in",
    "th",
    "er",
    "an",
    "on",
    "user",
    "system",
    "assistant",
    "model",
    "Hello",
    "world",
    "ing",
    "and",
    "INST",
)
_SPM_PIECES = (
    "</",
    "</s",
    "▁H",
    "ell",
    "Hell",
    "ello",
    "Hello",
    "▁Hello",
    "▁world",
    "▁the",
    "th",
    "▁t",
    "or",
    "▁w",
    "▁wor",
)


def write_tiny_gguf(
    path: Path,
    *,
    template: str | None = CHATML_TEMPLATE,
    special_tokens: Sequence[str] = CHATML_TOKENS,
    user_defined_tokens: Sequence[str] = (),
    bos: str | None = None,
    eos: str = "<|im_end|>",
    add_bos: bool = False,
    vocabulary: Literal["bpe", "spm"] = "bpe",
    tied: bool = False,
    context: int = 1024,
    architecture: str = "llama",
    layers: int = LAYERS,
    width: int = WIDTH,
    seed: int = 0,
    opening: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Path:
    """Write a llama with random weights; ``bos`` and ``eos`` must be among ``special_tokens``.

    ``opening`` is what it writes first on a new line, as far as random weights can be made to.
    """
    tokens, scores, types = (_spm if vocabulary == "spm" else _bpe)(special_tokens, user_defined_tokens)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name("tiny")
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama" if vocabulary == "spm" else "gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    if vocabulary == "spm":
        writer.add_token_scores(scores)
        writer.add_unk_token_id(tokens.index("<unk>"))
    else:
        writer.add_tokenizer_pre("llama-bpe")
        writer.add_token_merges(_merges())
    writer.add_add_bos_token(add_bos)
    if bos is not None:
        writer.add_bos_token_id(tokens.index(bos))
    writer.add_eos_token_id(tokens.index(eos))
    if template is not None:
        writer.add_chat_template(template)
    for key, value in (metadata or {}).items():
        _add_value(writer, key, value)
    control = [index for index, kind in enumerate(types) if kind != gguf.TokenType.NORMAL]
    weights = _weights(len(tokens), control, tied=tied, layers=layers, width=width, seed=seed)
    if opening is not None:
        # What has just been read stands out in the last state, so this row answers to the end of a line.
        weights["output.weight"][tokens.index(opening)] += weights["token_embd.weight"][tokens.index("Ċ")]
    for name, weight in weights.items():
        writer.add_tensor(name, weight)
    return _finish(writer, path)


def write_tiny_lora(
    path: Path,
    *,
    targets: Sequence[str] = ("attn_q", "attn_v"),
    rank: int = 4,
    alpha: float | None = None,
    layers: int = LAYERS,
    width: int = WIDTH,
    architecture: str = "llama",
    scale: float = 0.5,
    seed: int = 1,
    missing_pair: bool = False,
    extra: Mapping[str, NDArray[np.float32]] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Path:
    """Write a random LoRA for a model of ``write_tiny_gguf`` with the same layers and width."""
    rng = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    if alpha is not None:
        writer.add_float32("adapter.lora.alpha", alpha)
    for key, value in (metadata or {}).items():
        _add_value(writer, key, value)
    shapes = {
        name: weight.shape for name, weight in _weights(8, [], tied=True, layers=layers, width=width, seed=0).items()
    }
    for layer in range(layers):
        for target in targets:
            name = f"blk.{layer}.{target}.weight"
            rows, columns = shapes[name]
            writer.add_tensor(f"{name}.lora_a", rng.normal(0, scale, (rank, columns)).astype(np.float32))
            if not missing_pair:
                writer.add_tensor(f"{name}.lora_b", rng.normal(0, scale, (rows, rank)).astype(np.float32))
    for name, weight in (extra or {}).items():
        writer.add_tensor(name, weight)
    return _finish(writer, path)


@functools.cache
def tiny_folder() -> Path:
    """Return a folder that lives as long as this process."""
    folder = Path(tempfile.mkdtemp(prefix="lorag-tiny-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@functools.cache
def tiny_gguf(name: str = "tiny", **options: Any) -> Path:
    """Return a tiny model made once per process; options must be hashable."""
    return write_tiny_gguf(tiny_folder() / f"{name}-{len(list(tiny_folder().iterdir()))}.gguf", **options)


@functools.cache
def tiny_lora(name: str = "lora", **options: Any) -> Path:
    """Return a tiny LoRA made once per process; options must be hashable."""
    return write_tiny_lora(tiny_folder() / f"{name}-{len(list(tiny_folder().iterdir()))}.gguf", **options)


def _add_value(writer: gguf.GGUFWriter, key: str, value: Any) -> None:
    if isinstance(value, bool):
        writer.add_bool(key, value)
    elif isinstance(value, int):
        writer.add_uint32(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)
    else:
        writer.add_string(key, value)


def _finish(writer: gguf.GGUFWriter, path: Path) -> Path:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _byte_alphabet() -> list[str]:
    """Return GPT-2's printable stand-in for each byte value, in byte order."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    alphabet = [chr(byte) if byte in printable else "" for byte in range(256)]
    stand_ins = iter(range(256, 512))
    return [character or chr(next(stand_ins)) for character in alphabet]


def _merges() -> list[str]:
    merges = ["Ċ Ċ", "Ġ t", "Ġ a"]
    for word in _WORDS:
        parts = [f"{word[:end]} {word[end]}" for end in range(1, len(word))]
        merges += [merge for merge in parts if merge not in merges]
    return merges


def _bpe(special: Sequence[str], user_defined: Sequence[str]) -> tuple[list[str], list[float], list[gguf.TokenType]]:
    normal = [*_byte_alphabet(), *dict.fromkeys(merge.replace(" ", "") for merge in _merges())]
    tokens = [*special, *user_defined, *normal]
    types = [gguf.TokenType.CONTROL] * len(special) + [gguf.TokenType.USER_DEFINED] * len(user_defined)
    return tokens, [], [*types, *[gguf.TokenType.NORMAL] * len(normal)]


def _spm(special: Sequence[str], user_defined: Sequence[str]) -> tuple[list[str], list[float], list[gguf.TokenType]]:
    characters = ["▁", *(chr(code) for code in range(33, 127))]
    pieces = [*_SPM_PIECES, *characters]
    tokens = ["<unk>", *special, *user_defined, *(f"<0x{byte:02X}>" for byte in range(256)), *pieces]
    types = [gguf.TokenType.UNKNOWN] + [gguf.TokenType.CONTROL] * len(special)
    types += [gguf.TokenType.USER_DEFINED] * len(user_defined) + [gguf.TokenType.BYTE] * 256
    types += [gguf.TokenType.NORMAL] * len(pieces)
    scores = [0.0] * (len(tokens) - len(pieces)) + [-float(index) for index in range(len(pieces))]
    return tokens, scores, types


def _weights(
    vocabulary: int, silent: Sequence[int], *, tied: bool, layers: int, width: int, seed: int
) -> dict[str, NDArray[np.float32]]:
    """Return every tensor; the tokens in ``silent`` have no weight in the output, so that greedy never chooses them."""
    rng = np.random.default_rng(seed)

    def matrix(rows: int, columns: int) -> NDArray[np.float32]:
        return rng.normal(0, 1 / np.sqrt(columns), (rows, columns)).astype(np.float32)

    kv_width = width // HEADS * KV_HEADS
    weights = {"token_embd.weight": matrix(vocabulary, width) * 8, "output_norm.weight": np.ones(width, np.float32)}
    for layer in range(layers):
        weights |= {
            f"blk.{layer}.attn_norm.weight": np.ones(width, np.float32),
            f"blk.{layer}.attn_q.weight": matrix(width, width),
            f"blk.{layer}.attn_k.weight": matrix(kv_width, width),
            f"blk.{layer}.attn_v.weight": matrix(kv_width, width),
            f"blk.{layer}.attn_output.weight": matrix(width, width),
            f"blk.{layer}.ffn_norm.weight": np.ones(width, np.float32),
            f"blk.{layer}.ffn_gate.weight": matrix(FEED_FORWARD, width),
            f"blk.{layer}.ffn_up.weight": matrix(FEED_FORWARD, width),
            f"blk.{layer}.ffn_down.weight": matrix(width, FEED_FORWARD),
        }
    output = weights["token_embd.weight"] if tied else matrix(vocabulary, width) * 8
    output[list(silent)] = 0
    if not tied:
        weights["output.weight"] = output
    return weights
