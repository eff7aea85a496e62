"""``lorag models info``: what a GGUF file says of itself."""

import sys
from collections.abc import Iterable
from typing import Final

from lorag.commands.terminal import harmless_json, harmless_line
from lorag.models.find import find_model
from lorag.models.gguf import GgufMetadata, LongArray, read_metadata
from lorag.models.memory import AUTOMATIC_CONTEXT_TOKENS, memory_needed_bytes, trained_context_tokens
from lorag.models.quantisation import tensor_type_name
from lorag.models.survey import shown_count
from lorag.settings import Settings

_LONGEST_VALUE: Final = 100


def print_info(name: str, settings: Settings, *, as_json: bool) -> int:
    """Print the metadata of a model's file and return the exit code."""
    metadata = read_metadata(find_model(name, settings.models_folder))
    facts = _facts(metadata)
    values = {key: _shown(value) for key, value in metadata.values.items()}
    if as_json:
        tensors = {
            tensor: [list(info.shape), tensor_type_name(info.type_id)] for tensor, info in metadata.tensors.items()
        }
        print(harmless_json({**facts, "metadata": values, "tensors": tensors}, sys.stdout))
        return 0
    _print_pairs(facts.items())
    print()
    _print_pairs(values.items())
    return 0


def _facts(metadata: GgufMetadata) -> dict[str, object]:
    context = trained_context_tokens(metadata)
    types = sorted({tensor_type_name(tensor.type_id) for tensor in metadata.tensors.values()})
    return {
        "path": str(metadata.path),
        "parts": len(metadata.parts),
        "gguf_version": metadata.version,
        "size_bytes": metadata.size_bytes,
        "name": metadata.name,
        "architecture": metadata.architecture,
        "parameters": shown_count(metadata.parameters),
        "context_tokens": context,
        "memory_bytes": memory_needed_bytes(metadata, min(context, AUTOMATIC_CONTEXT_TOKENS)),
        "tensor_count": len(metadata.tensors),
        "tensor_types": types,
    }


def _shown(value: object) -> object:
    return f"({value.length:,} items)" if isinstance(value, LongArray) else value


def _print_pairs(pairs: Iterable[tuple[str, object]]) -> None:
    rows = [(harmless_line(key), value) for key, value in pairs]
    width = max((len(key) for key, _ in rows), default=0)
    for key, value in rows:
        text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        text = harmless_line(text)
        print(f"{key:<{width}}  {text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + '…'}")
