"""Every model there is: built in, on this disk, and known to be downloadable, described in the same words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lorag.errors import ModelError
from lorag.models.catalogue import KNOWN, KnownModel
from lorag.models.check import check_chat_model
from lorag.models.fetch import plan_for
from lorag.models.find import BUILTIN, builtin_embedder, builtin_model, list_models
from lorag.models.gguf import GgufMetadata, read_metadata
from lorag.models.memory import AUTOMATIC_CONTEXT_TOKENS, memory_needed_bytes, trained_context_tokens
from lorag.models.quantisation import file_type_name


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One line of the list."""

    source: Literal["builtin", "local", "known"]
    role: Literal["chat", "embedder"]
    name: str
    """What it is chosen or fetched by."""
    path: Path | None
    """None when it is not here."""
    size_bytes: int = 0
    context_tokens: int = 0
    memory_bytes: int = 0
    """About what it takes with the context lorag chooses by itself; for a model of a few MB, mostly working memory."""
    licence: str = ""
    """Empty when the file does not say."""
    languages: tuple[str, ...] = ()
    parameters: str = ""
    quantisation: str = ""
    url: str | None = None
    note: str = ""
    error: str = ""
    """Why a file that is here cannot be used."""


def survey(folder: Path) -> Iterator[ListedModel]:
    """Yield the built-in model, then those in ``folder``, then those that can be fetched."""
    builtin = builtin_model()
    if builtin is not None:
        yield _of_file(BUILTIN, builtin, "builtin")
    for model in list_models(folder):
        yield _of_file(model.name, model.path, "local")
    yield from (_of_known(known, folder) for known in KNOWN if known.role == "chat")
    embedder = builtin_embedder()
    if embedder is not None:
        size = sum(file.stat().st_size for file in embedder.rglob("*") if file.is_file())
        yield ListedModel("builtin", "embedder", BUILTIN, embedder, size, memory_bytes=size, languages=("en", "ko"))
    yield from (_of_known(known, folder) for known in KNOWN if known.role == "embedder")


def licence_of(metadata: GgufMetadata) -> str:
    """Return the licence a file names."""
    return metadata.text("general.license.name") or metadata.text("general.license")


def languages_of(metadata: GgufMetadata) -> tuple[str, ...]:
    """Return the languages a file names."""
    languages = metadata.values.get("general.languages", ())
    return _texts(languages) if isinstance(languages, tuple) else ()


def shown_count(parameters: int) -> str:
    """Return a number of weights as people write it: ``1.2B``, ``22M``."""
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if parameters >= size:
            return f"{parameters / size:.{1 if parameters < 10 * size else 0}f}{unit}"
    return str(parameters)


def _of_file(name: str, path: Path, source: Literal["builtin", "local"]) -> ListedModel:
    try:
        metadata = read_metadata(path)
        check_chat_model(metadata)
    except ModelError as error:
        size = path.stat().st_size if path.exists() else 0
        return ListedModel(source, "chat", name, path, size, error=str(error))
    context = trained_context_tokens(metadata)
    return ListedModel(
        source=source,
        role="chat",
        name=name,
        path=path,
        size_bytes=metadata.size_bytes,
        context_tokens=context,
        memory_bytes=memory_needed_bytes(metadata, min(context, AUTOMATIC_CONTEXT_TOKENS)),
        licence=licence_of(metadata),
        languages=languages_of(metadata),
        parameters=shown_count(metadata.parameters),
        quantisation=file_type_name(metadata.integer("general.file_type", -1)) or "",
    )


def _of_known(known: KnownModel, folder: Path) -> ListedModel:
    plan = plan_for(known.name, folder)
    return ListedModel(
        source="known",
        role=known.role,
        name=known.name,
        path=None if plan.missing else plan.result,
        size_bytes=known.size_bytes,
        context_tokens=known.context_tokens,
        memory_bytes=known.memory_bytes,
        licence=known.licence,
        languages=known.languages,
        parameters=known.parameters,
        url=f"https://huggingface.co/{known.repository}",
        note=known.note,
    )


def _texts(values: Sequence[object]) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str))
