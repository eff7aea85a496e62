"""A conversation built from the settings: the engine, the model, the adapters, the library and what is searched in it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from lorag.adapters.folder import find_adapter, list_adapters
from lorag.chat.conversation import Conversation
from lorag.chat.turn import ModelChoice, TurnOptions
from lorag.commands.scope import check_collections, check_paths
from lorag.commands.searching import LibrarySearch
from lorag.engine.api import AdapterStrength, LoadRequest, Sampling
from lorag.engine.client import EngineClient
from lorag.library.chats import Chats
from lorag.library.database import Database
from lorag.models.find import find_model, list_models
from lorag.paths import is_there, typed_path
from lorag.retrieval.passages import SearchFilter
from lorag.settings import Settings


class Session:
    """A conversation and what of it can be changed by name."""

    def __init__(self, settings: Settings, conversation: Conversation) -> None:
        self.conversation = conversation
        self._settings = settings

    def use_model(self, name: str) -> None:
        """Let another model answer from now on; adapters belong to a model and are taken off."""
        load = load_request(self._settings.model_copy(update={"model": name}))
        self.conversation.choice = ModelChoice(load.model.stem, load)

    def use_adapters(self, names: Sequence[str]) -> None:
        """Apply these adapters, ``NAME`` or ``NAME=STRENGTH``, from now on and no others."""
        self.conversation.choice = replace(self.conversation.choice, adapters=chosen_adapters(self._settings, names))

    def model_names(self) -> list[str]:
        """Return the models that can be chosen by name."""
        return [model.name for model in list_models(self._settings.models_folder)]

    def adapter_names(self) -> list[str]:
        """Return the adapters that can be chosen by name."""
        return [adapter.name for adapter in list_adapters(self._settings.paths.adapters)]


@asynccontextmanager
async def open_session(settings: Settings, paths: Sequence[str]) -> AsyncGenerator[Session]:
    """Open what a conversation needs; the model is loaded with the first turn that needs it."""
    load = load_request(settings)
    choice = ModelChoice(load.model.stem, load, chosen_adapters(settings, settings.adapter))
    engine = EngineClient(settings.paths.logs / "engine.log")
    search = LibrarySearch(settings)
    try:
        with Database.open(settings.paths.library) as database:
            if settings.rag:
                check_collections(database, settings.collection)
                check_paths(database, paths)
            chats = Chats(database)
            # An answer that a killed process left unfinished is as finished as it will ever be.
            chats.recover()
            documents = search.documents()
            yield Session(settings, Conversation(engine, documents, chats, choice, turn_options(settings, paths)))
    finally:
        search.close()
        await engine.close()


def turn_options(settings: Settings, paths: Sequence[str]) -> TurnOptions:
    """Return how turns are answered."""
    return TurnOptions(
        rag=settings.rag,
        filter=SearchFilter(settings.collection, tuple(_absolute(path) for path in paths)),
        quote=settings.quote,
        system=settings.system,
        sampling=Sampling(
            temperature=settings.temperature,
            top_k=settings.top_k,
            top_p=settings.top_p,
            min_p=settings.min_p,
            repeat_penalty=settings.repeat_penalty,
            seed=settings.seed,
        ),
        max_tokens=settings.max_tokens,
    )


def load_request(settings: Settings) -> LoadRequest:
    """Return which model to load and how."""
    return LoadRequest(
        model=find_model(settings.model, settings.models_folder),
        context_tokens=settings.context_tokens,
        threads=settings.threads,
        gpu_layers=settings.gpu_layers,
    )


def chosen_adapters(settings: Settings, names: Sequence[str]) -> tuple[tuple[str, AdapterStrength], ...]:
    """Return the adapters with these names and strengths."""
    found = [find_adapter(settings.paths.adapters, name) for name in names]
    return tuple((adapter.name, AdapterStrength(adapter.path, strength)) for adapter, strength in found)


def _absolute(path: str) -> str:
    """Return a file or folder as the library knows it; a pattern stays a pattern."""
    return str(typed_path(path).absolute()) if is_there(typed_path(path)) else path
