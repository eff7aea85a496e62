"""Whether half precision pays off: some processors take longer in it than in fp32, even with instructions for it."""

import time
from functools import cache
from typing import Final

import torch

_SIZE: Final = 512
_TRIES: Final = 5
_PAYS_OFF: Final = 1.5
"""Times as fast as in fp32. Measured: 4.2 on a processor that it pays off on (AMD Zen 4), 0.6 on one without AMX (Intel Xeon)."""


def has_bf16(device: torch.device) -> bool:
    """Tell whether bf16 matrix products are fast here."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported()) and _pays_off()


@cache
def _pays_off() -> bool:
    return product_seconds(torch.float32) > _PAYS_OFF * product_seconds(torch.bfloat16)


def product_seconds(dtype: torch.dtype) -> float:
    """Return the seconds that a product of two square matrices takes, the shortest of a few."""
    matrix = torch.ones(_SIZE, _SIZE, dtype=dtype)
    return min(_seconds(matrix) for _ in range(_TRIES))


def _seconds(matrix: torch.Tensor) -> float:
    begun = time.perf_counter()
    torch.mm(matrix, matrix)
    return time.perf_counter() - begun
