"""``lorag models pull``: fetch a model, on request and never otherwise."""

import argparse
import json
import os
import shlex
import sys
from typing import Protocol

from lorag.commands.terminal import harmless_line, shown_size
from lorag.errors import ModelError
from lorag.models.download import DownloadProgress
from lorag.models.fetch import Plan, check_here, fetch, plan_for
from lorag.settings import LoadedSettings


def pull(arguments: argparse.Namespace, loaded: LoadedSettings, *, offline_variable: str | None) -> int:
    """Fetch what is missing of a model; ``offline_variable`` names what in the environment forbids the network."""
    plan = plan_for(arguments.source, loaded.settings.models_folder, sha256=arguments.sha256)
    check_here(plan)
    if not plan.missing:
        _print_result(plan, "is already here", as_json=arguments.json)
        return 0
    _check_network(loaded, offline_variable, arguments.source)
    if plan.known is not None and not arguments.json:
        size = shown_size(plan.known.size_bytes)
        print(f"{plan.known.name}: about {size}, licence: {plan.known.licence}, {plan.known.urls[0]}", file=sys.stderr)
    view = _make_view(as_json=arguments.json)
    try:
        fetch(plan, view.show)
    finally:
        view.close()
    _print_result(plan, "is here", as_json=arguments.json)
    return 0


def _check_network(loaded: LoadedSettings, variable: str | None, source: str) -> None:
    """Raise where the network was forbidden on purpose; the default only keeps libraries from it, and this is asked for."""
    origin = loaded.origins["offline"]
    if origin.source != "default":
        if loaded.settings.offline:
            where = origin.name if origin.source == "environment" else f"the setting {origin.name} in {origin.source}"
            raise ModelError(
                f"{where} forbids the network; to fetch all the same: LORAG_OFFLINE=0 lorag models pull {source}"
            )
    elif variable is not None:
        raise ModelError(
            f"{variable}={os.environ[variable]} forbids the network; to fetch all the same: "
            f"LORAG_OFFLINE=0 lorag models pull {source}"
        )


def _print_result(plan: Plan, what: str, *, as_json: bool) -> None:
    is_embedder = plan.known is not None and plan.known.role == "embedder"
    if as_json:
        role = "embedder" if is_embedder else "chat"
        print(json.dumps({"event": "done", "name": plan.name, "role": role, "path": str(plan.result)}), flush=True)
        return
    print(f"{harmless_line(plan.name)} {what}: {plan.result}")
    if is_embedder:
        print(f"To search with it: LORAG_EMBEDDER={shlex.quote(str(plan.result))} lorag reindex --embed-only")
        print("It needs: pip install 'lorag[embedders]'")
    else:
        name = shlex.quote(plan.result.stem)
        print(f"To use it: lorag chat --model {name}  or  LORAG_MODEL={name} lorag")


class _View(Protocol):
    """Shows how a download goes on."""

    def show(self, name: str, progress: DownloadProgress) -> None:
        """Show how much of a file is here."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was."""
        ...


def _make_view(*, as_json: bool) -> _View:
    if as_json:
        return _JsonView()
    if not sys.stderr.isatty():
        return _PlainView()
    from lorag.commands.download_bar import DownloadBar  # noqa: PLC0415 - rich is for terminals only

    return DownloadBar()


class _JsonView:
    """A line per percent."""

    def __init__(self) -> None:
        self._shown: tuple[str, int] | None = None

    def show(self, name: str, progress: DownloadProgress) -> None:
        percent = 100 * progress.done // progress.total if progress.total else progress.done // 1_000_000
        if self._shown != (name, percent):
            self._shown = name, percent
            line = {"event": "progress", "file": name, "done": progress.done, "total": progress.total}
            print(json.dumps(line), flush=True)

    def close(self) -> None:
        """Do nothing."""


class _PlainView:
    """A line per file."""

    def __init__(self) -> None:
        self._shown: str | None = None

    def show(self, name: str, progress: DownloadProgress) -> None:
        if name != self._shown:
            self._shown = name
            size = f" ({shown_size(progress.total)})" if progress.total else ""
            print(f"fetching {harmless_line(name)}{size}", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Do nothing."""
