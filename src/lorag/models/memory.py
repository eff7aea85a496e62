"""How much memory a model takes, and which context size fits into what is free."""

import os
from pathlib import Path
from typing import Final

import psutil

from lorag.errors import ModelError
from lorag.models.gguf import GgufMetadata

AUTOMATIC_CONTEXT_TOKENS: Final = 8192
"""No more than this unless asked for: the cache is allocated whole, and a longer prompt takes minutes to read on a CPU."""
SMALLEST_CONTEXT_TOKENS: Final = 512
_CONTEXT_STEP: Final = 256
"""llama.cpp rounds up to this."""
_FALLBACK_CONTEXT_TOKENS: Final = 2048
_CACHE_SHARE: Final = 0.5
"""Of the memory the weights leave free, so that other programs are not pushed out."""
WORKING_BYTES: Final = 128 * 1024 * 1024
"""Roughly what llama.cpp computes in, whatever the context."""
_HALF_PRECISION_BYTES: Final = 2


def cache_bytes_per_token(model: GgufMetadata) -> int:
    """Return what one token takes in the KV cache at half precision."""
    layers = model.of_architecture("block_count")
    heads = max(model.of_architecture("attention.head_count"), 1)
    kv_heads = model.of_architecture("attention.head_count_kv", heads)
    head_size = model.of_architecture("embedding_length") // heads
    key = model.of_architecture("attention.key_length", head_size)
    value = model.of_architecture("attention.value_length", head_size)
    return layers * kv_heads * (key + value) * _HALF_PRECISION_BYTES


def trained_context_tokens(model: GgufMetadata) -> int:
    """Return the longest context the model was trained for."""
    return model.of_architecture("context_length") or _FALLBACK_CONTEXT_TOKENS


def memory_needed_bytes(model: GgufMetadata, context_tokens: int) -> int:
    """Return about what the model takes in memory with a context of this size."""
    return model.size_bytes + context_tokens * cache_bytes_per_token(model) + WORKING_BYTES


def choose_context_tokens(model: GgufMetadata, requested: int, available_bytes: int) -> int:
    """Return the context to use: the requested one if it fits, or for 0 the largest sensible one."""
    trained = trained_context_tokens(model)
    per_token = max(cache_bytes_per_token(model), 1)
    left = available_bytes - model.size_bytes - WORKING_BYTES
    if requested:
        wanted = min(requested, trained)
        if wanted > SMALLEST_CONTEXT_TOKENS and wanted * per_token > max(left, 0):
            fitting = max(_rounded(left // per_token), SMALLEST_CONTEXT_TOKENS)
            raise ModelError(
                f"a context of {wanted} tokens of {model.path.name} takes {wanted * per_token / 1e9:.1f} GB, and "
                f"{max(left, 0) / 1e9:.1f} GB are free; ask for {fitting} or fewer, or leave it to 0"
            )
        return wanted
    fitting = _rounded(int(left * _CACHE_SHARE) // per_token)
    return min(trained, max(SMALLEST_CONTEXT_TOKENS, min(fitting, AUTOMATIC_CONTEXT_TOKENS)))


def available_memory_bytes() -> int:
    """Return what can be allocated now: the computer's free memory, or less inside a limited container."""
    available = int(psutil.virtual_memory().available)
    headroom = _container_headroom(Path("/sys/fs/cgroup"))
    return available if headroom is None else min(available, headroom)


def chosen_threads(asked: int) -> int:
    """Return the threads to compute with: as many as were asked for, 0 for one a physical core.

    Never more than there are processors: the threads of llama.cpp wait for each other, and too many wait forever.
    """
    return min(asked or usable_cores(), _processors())


def usable_cores() -> int:
    """Return the physical cores this process may run on: two threads on one core slow each other down."""
    return max(min(psutil.cpu_count(logical=False) or 1, _processors()), 1)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _container_headroom(group: Path) -> int | None:
    try:
        limit = (group / "memory.max").read_text().strip()
        used = int((group / "memory.current").read_text())
        cached = next(
            int(line.split()[1])
            for line in (group / "memory.stat").read_text().splitlines()
            if line.startswith("inactive_file ")
        )
    except (OSError, ValueError, StopIteration):
        return None
    return max(int(limit) - used + cached, 0) if limit.isdigit() else None


def _rounded(tokens: int) -> int:
    return tokens // _CONTEXT_STEP * _CONTEXT_STEP
