"""Whether a LoRA file belongs to a model, found out before llama.cpp sees it: some misfits end its process."""

from collections.abc import Iterable

from lorag.errors import AdapterError
from lorag.models.check import ties_embeddings
from lorag.models.gguf import GgufMetadata, TensorInfo

_A, _B = ".lora_a", ".lora_b"


def check_fits(adapter: GgufMetadata, model: GgufMetadata) -> None:
    """Raise an ``AdapterError`` unless every tensor of ``adapter`` can be applied to ``model``."""
    _check_is_lora(adapter)
    if adapter.architecture != model.architecture:
        raise AdapterError(
            f"{adapter.path} was made for a {adapter.architecture or 'nameless'} model, and {model.path.name} is a "
            f"{model.architecture}; choose the model it was trained on"
        )
    for target in _targets(adapter):
        _check_target(adapter, model, target)


def _check_is_lora(adapter: GgufMetadata) -> None:
    if adapter.text("general.type") != "adapter" or adapter.text("adapter.type") != "lora":
        raise AdapterError(f"{adapter.path} is not a LoRA adapter")
    # llama.cpp ends the process on an alpha that is not a float.
    if not isinstance(adapter.values.get("adapter.lora.alpha", 0.0), float):
        raise AdapterError(f"{adapter.path} is damaged: its alpha is not a floating-point number")
    if not _targets(adapter):
        raise AdapterError(f"{adapter.path} holds no LoRA tensors")


def _targets(adapter: GgufMetadata) -> list[str]:
    names = [name for name in adapter.tensors if not name.endswith("_norm.weight")]
    strange = next((name for name in names if not name.endswith((_A, _B))), None)
    if strange is not None:
        raise AdapterError(f"{adapter.path} holds the tensor {strange}, which is not a part of a LoRA")
    return sorted({name.removesuffix(_A).removesuffix(_B) for name in names})


def _check_target(adapter: GgufMetadata, model: GgufMetadata, target: str) -> None:
    if target in ("token_embd.weight", "output.weight") and ties_embeddings(model):
        raise AdapterError(
            f"{adapter.path} changes {target}, but {model.path.name} uses one matrix for input and output, which "
            "llama.cpp cannot adapt; train it without that layer, or merge it into the model"
        )
    first, second = adapter.tensors.get(target + _A), adapter.tensors.get(target + _B)
    if first is None or second is None:
        raise AdapterError(f"{adapter.path} is damaged: {target} has only one of its two LoRA matrices")
    base = model.tensors.get(target)
    if base is None or not _shapes_fit(target, base, first, second):
        wanted = "no such tensor" if base is None else f"the shape {_shown(base.shape)}"
        raise AdapterError(
            f"{adapter.path} does not fit {model.path.name}: for {target} the model has {wanted}, the adapter "
            f"{_shown(first.shape)} and {_shown(second.shape)}; choose the model it was trained on"
        )


def _shapes_fit(target: str, base: TensorInfo, first: TensorInfo, second: TensorInfo) -> bool:
    if any(len(tensor.shape) < 2 for tensor in (base, first, second)):
        return False
    if target == "token_embd.weight":
        # The embedding's A and B change places: it is looked up, not multiplied.
        return base.shape[:2] == (second.shape[1], first.shape[1]) and first.shape[0] == second.shape[0]
    return base.shape[:2] == (first.shape[0], second.shape[1]) and first.shape[1] == second.shape[0]


def _shown(shape: Iterable[int]) -> str:
    return "×".join(str(length) for length in shape)
