"""Create the virtual environment and install lorag into it, with progress a person can see.

Called by the Makefile as ``install.py VENV REQUIREMENT STAMP``; needs nothing but Python's standard library. llama.cpp is
compiled for this machine's processor, which takes minutes: its progress is shown as one line.
"""

import os
import re
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LLAMA = "llama-cpp-python"
# Servers, tools and multimodal parts of llama.cpp are never used here and double the build.
CMAKE_ARGS = (
    "-DLLAVA_BUILD=OFF -DLLAMA_CURL=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_SERVER=OFF "
    "-DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF"
)
# AMX is left out: virtual machines announce its instructions, and their kernel grants them, and then they are illegal, which ends the
# engine at the first answer of a quantised model. No other instructions of llama.cpp depend on this macro.
COMPILER_FLAGS = "-U__AMX_INT8__"
COMPILED = re.compile(r"\[(\d+)/(\d+)\]")
OLDEST_PYTHON = (3, 11)


def main() -> int:
    """Install and stamp."""
    if sys.version_info < OLDEST_PYTHON:
        return fail(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}; try make PYTHON=python3.12")
    folder, requirement, stamp = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    python = folder / "bin" / "python"
    say(f"Setting up {folder} for {requirement}")
    if not python.exists():
        venv.create(folder, with_pip=True, symlinks=True)
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
    environment = {**os.environ, "CMAKE_ARGS": os.environ.get("CMAKE_ARGS", CMAKE_ARGS)}
    for name in ("CFLAGS", "CXXFLAGS"):
        environment[name] = f"{os.environ.get(name, '')} {COMPILER_FLAGS}".strip()
    environment.setdefault("CMAKE_BUILD_PARALLEL_LEVEL", str(os.cpu_count() or 2))
    steps = [
        (
            "llama.cpp, compiled for this processor (about 3 minutes the first time)",
            [*pip, "--verbose", *constraints, LLAMA],
        ),
        ("lorag and its libraries (about 2 minutes)", [*pip, *constraints, "--editable", requirement]),
    ]
    for title, command in steps:
        code = run(title, command, environment)
        if code:
            return code
    stamp.touch()
    return 0


def run(title: str, command: list[str], environment: dict[str, str]) -> int:
    """Run pip, show one line of progress, and keep the whole output for when it fails."""
    say(f"- {title}")
    started = time.monotonic()
    log: list[str] = []
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        shown = ""
        for line in process.stdout:
            log.append(line)
            news = headline(line)
            if news and news != shown:
                shown = news
                progress(f"  {news}  ({time.monotonic() - started:.0f} s)")
    progress(None)
    if process.returncode:
        sys.stderr.writelines(log[-40:])
        return fail(f"{title}: pip failed with exit code {process.returncode}; its last lines are above")
    say(f"  done in {time.monotonic() - started:.0f} s")
    return 0


def headline(line: str) -> str:
    """Return what a line of pip's output says about progress, or nothing."""
    compiled = COMPILED.search(line)
    if compiled:
        return f"compiling {compiled[1]} of {compiled[2]}"
    words = line.split()
    if words[:1] in (["Collecting"], ["Downloading"]) and len(words) > 1:
        return f"{words[0].lower()} {Path(words[1]).name}"
    if line.startswith("Installing collected packages"):
        return "installing"
    return ""


def progress(text: str | None) -> None:
    """Rewrite one line on a terminal; elsewhere print about every tenth of the way only."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K" + (text or ""))
        sys.stderr.flush()
    elif text and text.strip().startswith("installing"):
        say(text)


def say(text: str) -> None:
    """Print to stderr, because stdout belongs to the chat."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def fail(text: str) -> int:
    """Report one line and return the exit code."""
    say(f"install: {text}")
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        fail("stopped; the same command goes on from here")
        sys.exit(130)
