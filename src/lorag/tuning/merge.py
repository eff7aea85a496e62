"""Add what was learned to the base file's own tensors and keep every other byte of it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel

from lorag.errors import TrainingError
from lorag.tuning.base import BaseFacts
from lorag.tuning.export_lora import LowRank, permuted, tensor_name

_WRITER_OWNED: Final = ("GGUF.", "general.architecture")
_MERGED_TYPES: Final = {"F16": gguf.GGMLQuantizationType.F16, "F32": gguf.GGMLQuantizationType.F32}
_FILE_TYPES: Final = {"F16": gguf.LlamaFileType.MOSTLY_F16, "F32": gguf.LlamaFileType.ALL_F32}

Delta = Mapping[str, npt.NDArray[np.float32]]
"""GGUF tensor name → what is added to it, in the file's own layout."""


def delta_of_lora(changes: Iterator[LowRank], *, strength: float = 1.0) -> dict[str, npt.NDArray[np.float32]]:
    """Return the full change of each weight a LoRA touches: (outputs, inputs)."""
    return {f"{change.tensor}.weight": (change.b @ change.a).numpy() * np.float32(strength) for change in changes}


def delta_of_adapter(adapter: Path, *, strength: float = 1.0) -> dict[str, npt.NDArray[np.float32]]:
    """Return the full change of each weight a LoRA GGUF touches, scaled as llama.cpp scales it.

    Raises:
        TrainingError: A matrix has no counterpart.
    """
    reader = gguf.GGUFReader(adapter)
    alpha_field = reader.fields.get("adapter.lora.alpha")
    alpha = 0.0 if alpha_field is None else float(alpha_field.contents())
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    delta: dict[str, npt.NDArray[np.float32]] = {}
    for name in sorted(tensors):
        if not name.endswith(".lora_a"):
            continue
        target = name.removesuffix(".lora_a")
        other = tensors.get(f"{target}.lora_b")
        if other is None:
            raise TrainingError(f"{adapter} is damaged: {target} has only one of its two LoRA matrices")
        a, b = _values(tensors[name]), _values(other)  # (rank, inputs), (outputs, rank)
        # An alpha of 0 or none means that the scale is in the matrices already.
        scale = strength * (alpha / b.shape[1] if alpha else 1.0)
        delta[target] = (b @ a) * np.float32(scale)
    return delta


def delta_of_weights(
    trained: PreTrainedModel, before: Mapping[str, torch.Tensor], facts: BaseFacts
) -> dict[str, npt.NDArray[np.float32]]:
    """Return trained minus base for every weight named in ``before``.

    Differences, not values: the file's norms carry offsets (gemma) and its q and k another order (llama), and both cancel
    in a difference.
    """
    parameters = dict(trained.named_parameters())
    result: dict[str, npt.NDArray[np.float32]] = {}
    for name, old in before.items():
        change = parameters[name].detach().float().cpu() - old.float()
        module, _, kind = name.rpartition(".")
        target = _head_or_tensor(module, facts)
        result[f"{target}.{kind}"] = permuted(change, target, facts).contiguous().numpy()
    return result


def _head_or_tensor(module: str, facts: BaseFacts) -> str:
    # A head trained over tied embeddings becomes a tensor of its own.
    return "output" if module == "lm_head" and facts.tied else tensor_name(module, facts)


def write_merged(base: Path, out: Path, delta: Delta, *, kind: str, metadata: Mapping[str, str]) -> None:
    """Write the base with ``delta`` added; untouched tensors and all metadata are copied as they are.

    Args:
        base: The GGUF that was trained on.
        out: The file to write.
        delta: What was learned.
        kind: ``F16`` or ``F32``, the type of the touched matrices. Requantising is a step of its own, because it costs
            quality that a person should see measured.
        metadata: Own keys to add.
    """
    if kind not in _MERGED_TYPES:
        raise TrainingError(f"a merged model is written as {' or '.join(_MERGED_TYPES)}, not {kind}")
    reader = gguf.GGUFReader(base)
    architecture = str(reader.fields["general.architecture"].contents())
    writer: Any = gguf.GGUFWriter(out, architecture)
    _copy_metadata(reader, writer, kind, metadata)
    for key, value in metadata.items():
        writer.add_string(key, value)
    left = dict(delta)
    for tensor in reader.tensors:
        change = left.pop(tensor.name, None)
        if change is None:
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
        else:
            _add(writer, tensor.name, _values(tensor) + change, kind)
    if set(left) == {"output.weight"}:
        embedding = next(tensor for tensor in reader.tensors if tensor.name == "token_embd.weight")
        _add(writer, "output.weight", _values(embedding) + left.pop("output.weight"), kind)
    if left:
        raise TrainingError(f"{base.name} has no tensor {min(left)} to add what was learned to")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _values(tensor: Any) -> npt.NDArray[np.float32]:
    return np.asarray(gguf.dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)


def _add(writer: Any, name: str, values: npt.NDArray[np.float32], kind: str) -> None:
    # llama.cpp wants vectors (norms, biases) in F32 whatever the type of the matrices.
    wanted = _MERGED_TYPES[kind] if values.ndim > 1 else gguf.GGMLQuantizationType.F32
    writer.add_tensor(name, gguf.quantize(values, wanted), raw_dtype=wanted)


def _copy_metadata(reader: Any, writer: Any, kind: str, replaced: Mapping[str, str]) -> None:
    for name, field in reader.fields.items():
        if name.startswith(_WRITER_OWNED[0]) or name == _WRITER_OWNED[1] or name in replaced:
            continue
        value = int(_FILE_TYPES[kind]) if name == "general.file_type" else field.contents()
        if field.types[0] is gguf.GGUFValueType.ARRAY:
            writer.add_key_value(name, value, gguf.GGUFValueType.ARRAY, sub_type=field.types[-1])
        else:
            writer.add_key_value(name, value, field.types[0])
