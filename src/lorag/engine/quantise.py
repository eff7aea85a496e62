"""A model file written in another number format by llama.cpp."""

import ctypes
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from lorag.engine.api import QuantiseRequest
from lorag.engine.llama import LOG, library
from lorag.errors import EngineError, ModelError
from lorag.models.check import check_chat_model
from lorag.models.gguf import GgufMetadata, read_metadata
from lorag.models.memory import chosen_threads
from lorag.models.quantisation import bits_per_weight, file_type_number, is_quantised

_TENSOR_LINE: Final = re.compile(r"\[\s*(\d+)/\s*(\d+)\]")
_HEADER_BYTES: Final = 16_000_000
"""Room for the vocabulary and other metadata of the largest models."""


def quantise(request: QuantiseRequest, on_progress: Callable[[float], bool]) -> None:
    """Write ``request.target``; nothing of it is seen before it is whole.

    Raises:
        ModelError: The source cannot be read, or is quantised already and may not be quantised again.
        EngineError: There is no room for the target, or llama.cpp failed.
    """
    source, target = request.source, request.target
    metadata = read_metadata(source)
    check_chat_model(metadata)
    _check_source(metadata, request)
    _check_room(metadata, request)
    part = target.with_name(target.name + ".part")
    try:
        _run(request, part, on_progress)
        part.replace(target)
    except OSError as error:
        raise EngineError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def _check_source(metadata: GgufMetadata, request: QuantiseRequest) -> None:
    if len(metadata.parts) > 1:
        raise ModelError(f"{request.source} is a model in {len(metadata.parts)} parts; join them first")
    if request.target.exists() and request.target.samefile(request.source):
        raise ModelError(f"{request.source} cannot be quantised onto itself; name another target")
    if is_quantised(tensor.type_id for tensor in metadata.tensors.values()) and not request.requantise:
        raise ModelError(
            f"{request.source} is quantised already, and doing it again costs quality; start from the F16 or F32 file"
        )


def _check_room(metadata: GgufMetadata, request: QuantiseRequest) -> None:
    needed = int(metadata.parameters * bits_per_weight(request.kind) / 8) + min(_HEADER_BYTES, metadata.size_bytes)
    folder = request.target.absolute().parent
    if not folder.is_dir():
        raise EngineError(f"{folder} is not a folder")
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise EngineError(f"{folder} has {free / 1e9:.1f} GB free, and {request.target.name} takes {needed / 1e9:.1f}")


def _run(request: QuantiseRequest, part: Path, on_progress: Callable[[float], bool]) -> None:
    functions = library()
    parameters = functions.llama_model_quantize_default_params()
    parameters.ftype = file_type_number(request.kind)
    parameters.nthread = chosen_threads(request.threads)
    parameters.allow_requantize = request.requantise

    def follow(line: str) -> None:
        if match := _TENSOR_LINE.search(line):
            on_progress(int(match[1]) / int(match[2]))

    LOG.forget()
    LOG.listener = follow
    try:
        failed = functions.llama_model_quantize(
            str(request.source).encode(), str(part).encode(), ctypes.byref(parameters)
        )
    finally:
        LOG.listener = None
    if failed:
        raise EngineError(f"{request.source} cannot be quantised: {LOG.reason('llama.cpp gave no reason')}")
