"""The number formats of GGUF tensors: what they are called and how many bytes they take."""

from collections.abc import Iterable
from typing import Final

_BLOCKS: Final[dict[int, tuple[str, int, int]]] = {
    # type: (name, weights a block, bytes a block), from ggml.h
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22),
    7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34), 9: ("Q8_1", 32, 36), 10: ("Q2_K", 256, 84), 11: ("Q3_K", 256, 110),
    12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210), 15: ("Q8_K", 256, 292),
    16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
    20: ("IQ4_NL", 32, 18), 21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 23: ("IQ4_XS", 256, 136),
    24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4), 27: ("I64", 1, 8), 28: ("F64", 1, 8),
    29: ("IQ1_M", 256, 56), 30: ("BF16", 1, 2), 34: ("TQ1_0", 256, 54), 35: ("TQ2_0", 256, 66),
    39: ("MXFP4", 32, 17),
}  # fmt: skip
_FULL_PRECISION: Final = frozenset({0, 1, 24, 25, 26, 27, 28, 30})
"""F32, F16, integers, F64 and BF16."""
_BITS: Final = {
    # a weight of a whole file, scales included; the mixtures as llama.cpp makes them
    "F32": 32.0, "F16": 16.0, "BF16": 16.0, "Q8_0": 8.5, "Q6_K": 6.6, "Q5_K_M": 5.7, "Q4_K_M": 4.9, "Q4_0": 4.6,
}  # fmt: skip

_FILE_TYPES: Final[dict[int, str]] = {
    # general.file_type, from enum llama_ftype
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4_MOE",
}  # fmt: skip


def tensor_bytes(type_id: int, elements: int) -> int | None:
    """Return the bytes that ``elements`` weights of a type take, None for an unknown type."""
    block = _BLOCKS.get(type_id)
    return None if block is None else -(-elements // block[1]) * block[2]


def tensor_type_name(type_id: int) -> str:
    """Return the name of a tensor type."""
    block = _BLOCKS.get(type_id)
    return block[0] if block else f"type {type_id}"


def file_type_name(file_type: int) -> str | None:
    """Return the name of a ``general.file_type``, None for an unknown one."""
    return _FILE_TYPES.get(file_type)


def file_type_number(name: str) -> int:
    """Return the ``general.file_type`` of a known name."""
    return next(number for number, known in _FILE_TYPES.items() if known == name)


def bits_per_weight(name: str) -> float:
    """Return about how many bits a weight takes in a file of this type."""
    return _BITS[name]


def is_quantised(tensor_types: Iterable[int]) -> bool:
    """Return whether any of these tensor types is less precise than half precision."""
    return any(type_id not in _FULL_PRECISION for type_id in tensor_types)
