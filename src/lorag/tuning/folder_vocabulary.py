"""The tokeniser of a Hugging Face folder (tokenizer.json) → what a GGUF file says of it, for the kinds that llama.cpp has."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gguf
from tokenizers import Tokenizer

from lorag.errors import TrainingError

_LETTERS: Final = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_REST: Final = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_SPLITS: Final[Mapping[tuple[str, bool], str]] = {
    (rf"{_LETTERS}\p{{N}}{_REST}", False): "qwen2",
    (rf"{_LETTERS}\p{{N}}{{1,3}}{_REST}", True): "llama-bpe",
    (rf"{_LETTERS}\p{{N}}{{1,3}}{_REST}", False): "smaug-bpe",
    ("bytes", False): "gpt-2",
    ("digits", False): "smollm",
}
"""How words are cut, and whether whole words are looked up first → llama.cpp's name for it."""
_SPACE: Final = "\u2581"
_UNREACHABLE: Final = -1e6


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A tokeniser as a GGUF file holds it."""

    model: str
    """``gpt2`` for byte-level BPE, ``llama`` for SentencePiece."""
    pre: str
    """How words are cut before they are merged."""
    tokens: tuple[str, ...]
    types: tuple[int, ...]
    scores: tuple[float, ...]
    """Of SentencePiece: what is merged first; empty for byte-level BPE."""
    merges: tuple[str, ...]
    """Of byte-level BPE."""
    special: Mapping[str, int]
    """``bos``, ``eos``, ``unk`` and ``pad`` → token, as far as there are any."""
    adds_bos: bool
    adds_space: bool
    """Whether a text is read as if a space stood before it."""
    template: str | None


def read_vocabulary_of(folder: Path, size: int) -> Vocabulary:
    """Return the tokeniser of a folder for a model with ``size`` embeddings.

    Raises:
        TrainingError: It is of a kind that cannot be written exactly, or cannot be read.
    """
    path = folder / "tokenizer.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        kind = told["model"].get("type", "BPE")
        if kind != "BPE":
            raise TrainingError(f"its tokeniser is of the kind {kind}; BPE and SentencePiece's BPE can be written")
        settings = _json(folder / "tokenizer_config.json")
        return _vocabulary(told, settings, Tokenizer.from_file(str(path)), size, folder)
    except FileNotFoundError as error:
        raise TrainingError(f"its tokeniser is not there as {path.name}") from error
    except TrainingError:
        raise
    # The library raises nothing more exact.
    except Exception as error:
        raise TrainingError(f"{path.name} cannot be read: {error}") from error


def _vocabulary(told: Any, settings: Any, tokeniser: Tokenizer, size: int, folder: Path) -> Vocabulary:
    model = told["model"]
    is_spm = bool(model.get("byte_fallback"))
    pre, adds_space = ("default", _prepends_space(told)) if is_spm else (_pre(told), False)
    tokens, types = _tokens(told, size, settings.get("unk_token") if is_spm else None)
    pairs = [tuple(merge.split(" ")) if isinstance(merge, str) else tuple(merge) for merge in model["merges"]]
    return Vocabulary(
        model="llama" if is_spm else "gpt2",
        pre=pre,
        tokens=tokens,
        types=types,
        scores=_scores(tokens, pairs) if is_spm else (),
        merges=() if is_spm else tuple(" ".join(pair) for pair in pairs),
        special=_special(settings, {token: index for index, token in enumerate(tokens)}),
        adds_bos=_adds_bos(settings, tokeniser),
        adds_space=adds_space,
        template=_template(settings, folder),
    )


def _pre(told: Any) -> str:
    """Return llama.cpp's name for how words are cut.

    Raises:
        TrainingError: It has none that is known here.
    """
    if told.get("normalizer") is not None and told["normalizer"].get("type") != "NFC":
        raise TrainingError(
            f"its tokeniser changes texts first ({told['normalizer'].get('type')}), which llama.cpp does not"
        )
    steps = told.get("pre_tokenizer") or {}
    parts = steps.get("pretokenizers", [steps])
    kinds = [part.get("type") for part in parts]
    found = ""
    if kinds == ["ByteLevel"]:
        found = "bytes"
    elif kinds == ["Digits", "ByteLevel"] and parts[0].get("individual_digits"):
        found = "digits"
    elif kinds == ["Split", "ByteLevel"]:
        found = str(parts[0].get("pattern", {}).get("Regex", ""))
    name = _SPLITS.get((found, bool(told["model"].get("ignore_merges"))))
    if name is None or any(part.get("add_prefix_space") for part in parts):
        raise TrainingError("its tokeniser cuts words in a way that llama.cpp has no name for")
    return name


def _prepends_space(told: Any) -> bool:
    normalizer = told.get("normalizer") or {}
    steps = normalizer.get("normalizers", [normalizer])
    replaces = [step for step in steps if step.get("type") == "Replace" and step.get("content") == _SPACE]
    prepends = [step for step in steps if step.get("type") == "Prepend" and step.get("prepend") == _SPACE]
    pre = told.get("pre_tokenizer") or {}
    metaspace = pre.get("type") == "Metaspace"
    if (not replaces and not metaspace) or len(replaces) + len(prepends) != len(steps) - (normalizer == {}):
        raise TrainingError("its tokeniser changes texts in a way that SentencePiece in llama.cpp does not")
    return bool(prepends) or (metaspace and pre.get("prepend_scheme", "always") != "never")


def _tokens(told: Any, size: int, unknown: object) -> tuple[tuple[str, ...], tuple[int, ...]]:
    names: dict[int, str] = {index: token for token, index in told["model"]["vocab"].items()}
    added = {int(one["id"]): one for one in told.get("added_tokens", ())}
    names.update({index: one["content"] for index, one in added.items()})
    if max(names) >= size:
        raise TrainingError(f"its tokeniser has {max(names) + 1} tokens and the model only {size}")
    kinds = gguf.TokenType
    types: list[int] = []
    for index in range(size):
        if index not in names:
            types.append(kinds.UNUSED)
        elif names[index] == _content(unknown):
            types.append(kinds.UNKNOWN)
        elif index in added:
            types.append(kinds.CONTROL if added[index].get("special") else kinds.USER_DEFINED)
        else:
            is_byte = len(names[index]) == 6 and names[index].startswith("<0x")
            types.append(kinds.BYTE if is_byte and told["model"].get("byte_fallback") else kinds.NORMAL)
    return tuple(names.get(index, f"[PAD{index}]") for index in range(size)), tuple(map(int, types))


def _scores(tokens: Sequence[str], pairs: Sequence[tuple[str, ...]]) -> tuple[float, ...]:
    """Return scores by which SentencePiece merges in the order of the merges."""
    rank: dict[str, int] = {}
    for index, pair in enumerate(pairs):
        rank.setdefault("".join(pair), index)
    return tuple(-float(rank[token]) if token in rank else _UNREACHABLE for token in tokens)


def _special(settings: Any, index: Mapping[str, int]) -> dict[str, int]:
    found = {name: _content(settings.get(f"{name}_token")) for name in ("bos", "eos", "unk", "pad")}
    return {name: index[token] for name, token in found.items() if token is not None and token in index}


def _content(token: object) -> str | None:
    """Return the text of a special token, which is written alone or with its properties."""
    if isinstance(token, dict):
        token = token.get("content")
    return token if isinstance(token, str) else None


def _adds_bos(settings: Any, tokeniser: Tokenizer) -> bool:
    if isinstance(settings.get("add_bos_token"), bool):
        return bool(settings["add_bos_token"])
    bos = _content(settings.get("bos_token"))
    first = tokeniser.encode("a").tokens[:1]
    return bos is not None and first == [bos]


def _template(settings: Any, folder: Path) -> str | None:
    file = folder / "chat_template.jinja"
    if file.is_file():
        return file.read_text(encoding="utf-8")
    template = settings.get("chat_template")
    return template if isinstance(template, str) else None


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
