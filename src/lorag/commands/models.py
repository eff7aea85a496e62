"""``lorag models``: which models are here, which can be fetched, and what a file holds."""

import argparse
import os
import sys
from dataclasses import asdict
from typing import Final

from lorag.commands.model_info import print_info
from lorag.commands.pulling import pull
from lorag.commands.setup import load_from
from lorag.commands.terminal import harmless_json, harmless_line, never_fail_on_encoding, shown_size
from lorag.models.memory import available_memory_bytes
from lorag.models.survey import ListedModel, survey
from lorag.settings import Settings

_HEADINGS: Final = {
    ("builtin", "chat"): "built in",
    ("local", "chat"): "on this computer",
    ("known", "chat"): "to download: lorag models pull NAME",
    ("builtin", "embedder"): "embedder, built in",
    ("known", "embedder"): "embedders to download, for LORAG_EMBEDDER",
}
_OFFLINE_VARIABLES: Final = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
_OFF: Final = ("", "0", "false", "no", "off")


def run(arguments: argparse.Namespace) -> int:
    """Do what the action says."""
    # Read before the settings are: from then on the libraries are told to stay offline.
    variable = next((name for name in _OFFLINE_VARIABLES if os.environ.get(name, "").lower() not in _OFF), None)
    loaded = load_from(arguments)
    never_fail_on_encoding()
    if arguments.action == "pull":
        return pull(arguments, loaded, offline_variable=variable)
    if arguments.action == "info":
        return print_info(arguments.file, loaded.settings, as_json=arguments.json)
    return _list(loaded.settings, as_json=arguments.json)


def _list(settings: Settings, *, as_json: bool) -> int:
    models = list(survey(settings.models_folder))
    if as_json:
        print(harmless_json([_as_json(model, settings) for model in models], sys.stdout))
        return 0
    _print_tables(models, settings)
    print(f"models folder: {settings.models_folder}")
    print(f"memory: about what each takes; {shown_size(available_memory_bytes())} are free now")
    return 0


def _print_tables(models: list[ListedModel], settings: Settings) -> None:
    available = available_memory_bytes()
    header = ("  name", "size", "context", "memory", "licence, languages")
    rows = {(model.source, model.role, model.name): _row(model, settings, available) for model in models}
    widths = [max(len(row[column]) for row in (header, *rows.values())) for column in range(4)]
    for group, heading in _HEADINGS.items():
        shown = [row for key, row in rows.items() if key[:2] == group]
        if shown:
            print(heading)
            for row in (header, *shown):
                cells = (row[0].ljust(widths[0]), *(row[column].rjust(widths[column]) for column in (1, 2, 3)), row[4])
                print("  ".join(cells).rstrip())
            print()


def _row(model: ListedModel, settings: Settings, available: int) -> tuple[str, ...]:
    name = f"{'*' if _in_use(model, settings) else ' '} {harmless_line(model.name)}"
    if model.error:
        return name, shown_size(model.size_bytes), "", "", "unusable: see lorag doctor"
    context = f"{model.context_tokens:,}" if model.context_tokens else ""
    memory = shown_size(model.memory_bytes) + (" !" if model.memory_bytes > available else "")
    facts = ", ".join(part for part in (harmless_line(model.licence), "/".join(model.languages)) if part)
    here = " (here)" if model.source == "known" and model.path is not None else ""
    return name, shown_size(model.size_bytes), context, "" if model.role == "embedder" else memory, facts + here


def _as_json(model: ListedModel, settings: Settings) -> dict[str, object]:
    record = asdict(model)
    record["path"] = None if model.path is None else str(model.path)
    return {**record, "in_use": _in_use(model, settings)}


def _in_use(model: ListedModel, settings: Settings) -> bool:
    chosen = settings.model if model.role == "chat" else settings.embedder
    names = {model.name.lower(), f"{model.name}.gguf".lower(), str(model.path)}
    if model.path is not None and model.source == "builtin":
        names |= {model.path.stem.lower(), model.path.name.lower()}
    return model.path is not None and model.source != "known" and bool({chosen, chosen.lower()} & names)
