"""The checks of ``lorag doctor``: each looks at one thing and says that it is well or what to do."""

import json
import locale
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from lorag.adapters.fit import check_fits
from lorag.adapters.folder import list_adapters
from lorag.errors import LoragError
from lorag.library.database import Database
from lorag.library.documents import count_states
from lorag.library.facts import sqlite_facts
from lorag.library.vectors import vector_index_problems
from lorag.models.check import check_chat_model
from lorag.models.find import find_model, list_models
from lorag.models.gguf import read_metadata
from lorag.models.memory import trained_context_tokens
from lorag.retrieval.embedders import open_embedder
from lorag.retrieval.health import HealthCheck
from lorag.retrieval.splitters import make_splitter
from lorag.settings import Settings

_LEAST_FREE_BYTES: Final = 500_000_000
_LLAMA_SECONDS: Final = 60
_LLAMA_PROBE: Final = (
    "import json; from importlib.metadata import version; from lorag.engine.llama import library; f = library(); "
    "print(json.dumps([version('llama-cpp-python'), f.llama_print_system_info().decode(), "
    "bool(f.llama_supports_gpu_offload())]))"
)


@dataclass(frozen=True, slots=True)
class Check:
    """What was found."""

    name: str
    status: Literal["ok", "note", "broken"]
    detail: str
    remedy: str = ""


Found = Iterable[tuple[Literal["ok", "note", "broken"], str, str]]
"""Status, what was found, what to do."""


def carry_out(name: str, check: Callable[[Settings], Found], settings: Settings) -> Iterator[Check]:
    """Yield what ``check`` finds; a failure that lorag foresees is a finding too."""
    try:
        for status, detail, remedy in check(settings):
            yield Check(name, status, detail, remedy)
    except LoragError as error:
        yield Check(name, "broken", str(error))


def _python(_: Settings) -> Found:
    detail = f"{platform.python_version()} ({sys.executable}) on {platform.system()} {platform.machine()}"
    yield "ok", detail, ""


def _sqlite(_: Settings) -> Found:
    facts = sqlite_facts()
    if not facts.full_text:
        yield "broken", f"SQLite {facts.version} without FTS5", "reinstall: pip install --force-reinstall apsw"
    elif not facts.vectors:
        yield (
            "note",
            f"SQLite {facts.version}, without sqlite-vec: large libraries are searched more slowly",
            ("reinstall: pip install --force-reinstall sqlite-vec"),
        )
    else:
        yield "ok", f"{facts.version} with FTS5, sqlite-vec {facts.vectors}", ""


def _llama(_: Settings) -> Found:
    """Look at llama.cpp from outside: one that was built for another processor ends its process."""
    remedy = "reinstall: pip install --force-reinstall --no-binary llama-cpp-python llama-cpp-python"
    try:
        probe = subprocess.run(
            [sys.executable, "-c", _LLAMA_PROBE], capture_output=True, text=True, timeout=_LLAMA_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        yield "broken", f"llama.cpp does not start within {_LLAMA_SECONDS} seconds", remedy
        return
    if probe.returncode != 0:
        reason = (probe.stderr.strip().splitlines() or [f"its process ended with {probe.returncode}"])[-1]
        yield "broken", f"llama.cpp cannot be loaded: {reason}", remedy
        return
    build, system, gpu = json.loads(probe.stdout.splitlines()[-1])
    features = ", ".join(part.split("=")[0].strip() for part in system.split("|") if part.strip().endswith("= 1"))
    yield "ok", f"llama-cpp-python {build}, {'with' if gpu else 'without'} GPU; {features}", ""


def _model(settings: Settings) -> Found:
    path = find_model(settings.model, settings.models_folder)
    yield "ok", _described_model(path), ""


def _models_folder(settings: Settings) -> Found:
    models = list_models(settings.models_folder)
    broken = 0
    for model in models:
        try:
            check_chat_model(read_metadata(model.path))
        except LoragError as error:
            broken += 1
            yield "note", str(error), f"take it out of {settings.models_folder} or download it again"
    yield "ok", f"{len(models) - broken} usable models in {settings.models_folder}", ""


def _described_model(path: Path) -> str:
    metadata = read_metadata(path)
    check_chat_model(metadata)
    size = path.stat().st_size / 1e6
    return f"{metadata.name} ({path}), {size:,.0f} MB, {trained_context_tokens(metadata):,} tokens of context"


def _adapters(settings: Settings) -> Found:
    adapters = list_adapters(settings.paths.adapters)
    model = read_metadata(find_model(settings.model, settings.models_folder))
    fitting = []
    for adapter in adapters:
        try:
            check_fits(read_metadata(adapter.path), model)
            fitting.append(adapter.name)
        except LoragError as error:
            yield "note", str(error), ""
    yield "ok", f"{len(fitting)} fit the model" + (f": {', '.join(fitting)}" if fitting else ""), ""


def _embedder(settings: Settings) -> Found:
    embedder = open_embedder(
        settings.embedder,
        query_prefix=settings.query_prefix,
        passage_prefix=settings.passage_prefix,
        offline=settings.offline,
    )
    embedder.embed_queries(["one sentence"])
    yield "ok", f"{embedder.identity.name}, {embedder.identity.dimensions} dimensions", ""


def _library(settings: Settings) -> Found:
    path = settings.paths.library
    if not path.exists():
        yield "ok", f"there is none yet at {path}; lorag add FOLDER makes one", ""
        return
    with Database.open(path, read_only=True) as database:
        problems = database.integrity_problems()
        for problem in problems:
            yield "broken", f"{path}: {problem}", "restore a copy, or move it away and run lorag add again"
        if problems:
            return
        for problem in vector_index_problems(database):
            yield "broken", f"{path}: {problem}", "run: lorag reindex"
        embedder = open_embedder(
            settings.embedder,
            query_prefix=settings.query_prefix,
            passage_prefix=settings.passage_prefix,
            offline=settings.offline,
        )
        for note in HealthCheck(database, embedder, make_splitter(settings.tokenizer))().notes:
            yield "note", note, ""
        states = ", ".join(f"{count} {state}" for state, count in sorted(count_states(database).items()))
        yield "ok", f"{path} is intact; documents: {states or 'none'}", ""


def _privacy(settings: Settings) -> Found:
    path = settings.paths.library
    if os.name == "posix" and path.exists() and path.stat().st_mode & 0o077:
        yield "note", f"{path} can be read by other users of this machine", f"run: chmod 600 {path}"
    if settings.offline:
        yield "ok", "offline: no library may reach the network by itself", ""
    else:
        yield "note", "offline is off: libraries may reach the network", "unset LORAG_OFFLINE to keep them from it"


def _disk(settings: Settings) -> Found:
    folder = next(parent for parent in (settings.data_dir, *settings.data_dir.parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:,.1f} GB free for {settings.data_dir}"
    if not os.access(folder, os.W_OK):
        yield "broken", f"{folder} cannot be written", "set LORAG_DATA_DIR to a folder that can"
    elif free < _LEAST_FREE_BYTES:
        yield "note", detail, "free some space, or move the data: LORAG_DATA_DIR"
    else:
        yield "ok", detail, ""


def _terminal(_: Settings) -> Found:
    encoding = (sys.stdout.encoding or "unknown").lower()
    language = locale.setlocale(locale.LC_CTYPE)
    if encoding.replace("-", "") != "utf8":
        yield "note", f"{encoding} (locale {language}) cannot show every character", "set LANG to a UTF-8 locale"
    else:
        yield "ok", f"{encoding}, locale {language}", ""


ALL_CHECKS: Final[dict[str, Callable[[Settings], Found]]] = {
    "python": _python,
    "sqlite": _sqlite,
    "llama.cpp": _llama,
    "model": _model,
    "models folder": _models_folder,
    "adapters": _adapters,
    "embedder": _embedder,
    "library": _library,
    "privacy": _privacy,
    "disk": _disk,
    "terminal": _terminal,
}
"""In the order in which one thing needs another."""
