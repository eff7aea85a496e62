"""Checks of what lorag stands on: Python, SQLite, llama.cpp, disk, terminal, privacy."""

import json
import locale
import os
import platform
import shutil
import subprocess
import sys
from typing import Final

from lorag.commands.findings import Found
from lorag.library.facts import sqlite_facts
from lorag.settings import Settings

_LEAST_FREE_BYTES: Final = 500_000_000
_LLAMA_SECONDS: Final = 60
_LLAMA_PROBE: Final = (
    "import json; from importlib.metadata import version; from lorag.engine.llama import library; f = library(); "
    "print(json.dumps([version('llama-cpp-python'), f.llama_print_system_info().decode(), "
    "bool(f.llama_supports_gpu_offload())]))"
)


def python(_: Settings) -> Found:
    """Say which Python runs."""
    detail = f"{platform.python_version()} ({sys.executable}) on {platform.system()} {platform.machine()}"
    yield "ok", detail, ""


def sqlite(_: Settings) -> Found:
    """Look at SQLite and its vector extension."""
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


def llama(_: Settings) -> Found:
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
    # As llama.cpp says it: "CPU : SSE3 = 1 | AVX = 0 | …".
    flags = (part.rpartition(":")[2] for part in system.split("|"))
    features = ", ".join(flag.partition("=")[0].strip() for flag in flags if flag.strip().endswith("= 1"))
    yield "ok", f"llama-cpp-python {build}, {'with' if gpu else 'without'} GPU; {features}", ""


def privacy(settings: Settings) -> Found:
    """Look at who may read what lorag keeps, and whether anything may reach the network."""
    for path in (settings.paths.library, settings.paths.root / "history", *settings.paths.logs.glob("*.log")):
        if os.name == "posix" and path.exists() and path.stat().st_mode & 0o077:
            yield "note", f"{path} can be read by other users of this machine", f"run: chmod 600 {path}"
    if settings.offline:
        yield "ok", "offline: no library may reach the network; only lorag models pull does, when it is run", ""
    else:
        yield "note", "LORAG_OFFLINE is off: libraries may reach the network", "unset it to keep them from it"


def disk(settings: Settings) -> Found:
    """Look at the room that is left."""
    folder = next(parent for parent in (settings.data_dir, *settings.data_dir.parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:,.1f} GB free for {settings.data_dir}"
    if not os.access(folder, os.W_OK):
        yield "broken", f"{folder} cannot be written", "set LORAG_DATA_DIR to a folder that can"
    elif free < _LEAST_FREE_BYTES:
        yield "note", detail, "free some space, or move the data: LORAG_DATA_DIR"
    else:
        yield "ok", detail, ""


def terminal(_: Settings) -> Found:
    """Look at whether every character can be shown."""
    encoding = (sys.stdout.encoding or "unknown").lower()
    language = locale.setlocale(locale.LC_CTYPE)
    if encoding.replace("-", "") != "utf8":
        yield "note", f"{encoding} (locale {language}) cannot show every character", "set LANG to a UTF-8 locale"
    else:
        yield "ok", f"{encoding}, locale {language}", ""
