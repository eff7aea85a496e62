"""The parts of lorag that the app drives, built from the settings."""

import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from lorag.adapters.fit import check_fits
from lorag.adapters.folder import Adapter, list_adapters
from lorag.chat.attach import AttachedFiles
from lorag.chat.conversation import Conversation
from lorag.chat.turn import ModelChoice
from lorag.commands.indexing import limits_from
from lorag.commands.scope import check_collections, check_paths
from lorag.commands.searching import LibrarySearch
from lorag.commands.session import chosen_adapters, load_request, turn_options
from lorag.commands.terminal import shown_size
from lorag.engine.client import EngineClient
from lorag.errors import LoragError, ModelError
from lorag.library.browse import LibraryBrowser
from lorag.library.chats import Chats
from lorag.library.database import Database
from lorag.models.check import check_chat_model
from lorag.models.find import BUILTIN, builtin_model, list_models
from lorag.models.gguf import GgufMetadata, read_metadata
from lorag.retrieval.splitters import make_splitter
from lorag.settings import Settings
from lorag.tui.core import AdapterEntry, Core, ModelEntry


def open_core(settings: Settings, paths: Sequence[str]) -> Core:
    """Open the library and prepare, but not start, the engine."""
    load = load_request(settings)
    choice = ModelChoice(load.model.stem, load, chosen_adapters(settings, settings.adapter))
    writing, drawing = Database.open(settings.paths.library), Database.open(settings.paths.library)
    check_collections(writing, settings.collection)
    check_paths(writing, paths)
    chats = Chats(writing)
    # An answer that a killed process left unfinished is as finished as it will ever be.
    chats.recover()
    search = LibrarySearch(settings)
    engine = EngineClient(settings.paths.logs / "engine.log")
    documents = search.documents()

    async def close() -> None:
        await engine.close()

    def choose(model: str, strengths: Mapping[str, float]) -> ModelChoice:
        builtin = builtin_model()
        wanted = BUILTIN if builtin is not None and model == builtin.stem else model
        load = load_request(settings.model_copy(update={"model": wanted})) if model != choice.name else choice.load
        names = [f"{name}={strength:g}" for name, strength in strengths.items()]
        return ModelChoice(load.model.stem, load, chosen_adapters(settings, names))

    def attach(files: Sequence[Path]) -> AttachedFiles:
        splitter = make_splitter(settings.tokenizer)
        return AttachedFiles(
            files,
            limits_from(settings),
            splitter,
            chunk_tokens=settings.chunk_tokens,
            similarities=search.similarities,
        )

    return Core(
        conversation=Conversation(engine, documents, chats, choice, turn_options(settings, paths)),
        chats=Chats(drawing),
        library=LibraryBrowser(drawing),
        models=lambda: _models(settings),
        adapters=lambda chosen: [_adapter(found, chosen) for found in list_adapters(settings.paths.adapters)],
        choose=choose,
        attach=attach,
        lorag=lambda arguments: [sys.executable, "-m", "lorag", *arguments, "--data-dir", str(settings.data_dir)],
        close=close,
    )


def _models(settings: Settings) -> list[ModelEntry]:
    builtin = builtin_model()
    entries = (
        [ModelEntry(builtin.stem, shown_size(builtin.stat().st_size), builtin=True)] if builtin is not None else []
    )
    return entries + [
        ModelEntry(m.name, shown_size(m.path.stat().st_size), _problem(m.path))
        for m in list_models(settings.models_folder)
    ]


def _problem(model: Path) -> str:
    """Return why a model cannot chat, empty when it can."""
    try:
        check_chat_model(_metadata(model))
    except ModelError as error:
        return str(error)
    return ""


def _metadata(path: Path) -> GgufMetadata:
    """Return what a file says of itself; read anew only when the file is another."""
    return _read_once(path, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(maxsize=256)
def _read_once(path: Path, _mtime_ns: int) -> GgufMetadata:
    return read_metadata(path)


def _adapter(adapter: Adapter, choice: ModelChoice) -> AdapterEntry:
    try:
        manifest = adapter.manifest()
        check_fits(_metadata(adapter.path), _metadata(choice.load.model))
    except LoragError as error:
        return AdapterEntry(adapter.name, "", problem=str(error))
    if manifest is None:
        return AdapterEntry(adapter.name, adapter.path.name)
    origin = "" if manifest.origin == "unknown" else manifest.origin
    parts = (manifest.method, manifest.base, origin)
    return AdapterEntry(adapter.name, " · ".join(part for part in parts if part), verdict=manifest.verdict)
