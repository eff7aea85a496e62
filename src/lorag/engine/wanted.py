"""What a worker must hold: the model it has loaded, which version of its file, and the adapters in use."""

import contextlib
from dataclasses import dataclass, field
from pathlib import Path

from lorag.engine.api import LoadedModel, LoadRequest
from lorag.engine.protocol import JsonObject
from lorag.models.check import check_chat_model
from lorag.models.gguf import GgufMetadata, read_metadata

FileVersion = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the worker must hold; a new worker is brought to the same state."""

    request: LoadRequest
    file: FileVersion
    metadata: GgufMetadata
    loaded: LoadedModel
    adapters: dict[str, float] = field(default_factory=dict)


def chat_metadata(path: Path) -> GgufMetadata:
    """Return what a model file says of itself; raises a ``ModelError`` when it cannot chat."""
    metadata = read_metadata(path)
    check_chat_model(metadata)
    return metadata


def file_version(path: Path) -> FileVersion:
    """Return what tells this version of a file from another; a file that is not there is found out when it is read."""
    with contextlib.suppress(OSError):
        status = path.stat()
        return str(path), status.st_mtime_ns, status.st_size
    return str(path), 0, 0


def loaded_model(metadata: GgufMetadata, facts: JsonObject) -> LoadedModel:
    """Return what is known of a model once the worker has told its ``facts``."""
    return LoadedModel(
        path=metadata.path,
        name=metadata.name,
        architecture=metadata.architecture,
        context_tokens=facts["context_tokens"],
        trained_context_tokens=metadata.of_architecture("context_length"),
        parameters=facts["parameters"],
        size_bytes=facts["size_bytes"],
        chat_template=metadata.text("tokenizer.chat_template") or None,
        bos_token=facts["bos_token"],
        eos_token=facts["eos_token"],
        quote_by_default=metadata.values.get("lorag.quote") is True,
    )
