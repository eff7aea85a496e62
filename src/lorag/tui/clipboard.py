"""Copying that is only called done when the clipboard really holds the text."""

import asyncio
import base64
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Outcome = Literal["copied", "sent", "failed"]
"""``copied``: read back and equal; ``sent``: given to the terminal, which does not say whether it took it."""

_TIMEOUT_SECONDS: Final = 2.0
_OSC52_LIMIT: Final = 100_000
"""Base64 characters; many terminals drop longer sequences without a word."""


@dataclass(frozen=True, slots=True)
class ClipboardTool:
    """Two programs: one takes text on stdin, the other prints what it holds."""

    write: tuple[str, ...]
    read: tuple[str, ...]


_TOOLS: Final = (
    ("WAYLAND_DISPLAY", ClipboardTool(("wl-copy",), ("wl-paste", "--no-newline"))),
    ("DISPLAY", ClipboardTool(("xclip", "-selection", "clipboard"), ("xclip", "-selection", "clipboard", "-o"))),
    ("DISPLAY", ClipboardTool(("xsel", "--clipboard", "--input"), ("xsel", "--clipboard", "--output"))),
    ("", ClipboardTool(("pbcopy",), ("pbpaste",))),
)


def installed_tools(environment: Mapping[str, str] = os.environ) -> list[ClipboardTool]:
    """Return the clipboard programs that can work here; over SSH they would fill another machine's clipboard."""
    if environment.get("SSH_CONNECTION"):
        return []
    return [
        tool
        for variable, tool in _TOOLS
        if (not variable or environment.get(variable)) and shutil.which(tool.write[0]) and shutil.which(tool.read[0])
    ]


async def copy_with(tools: Sequence[ClipboardTool], text: str) -> bool:
    """Return whether one of the programs took the text and gives it back unchanged."""
    for tool in tools:
        if await _run(tool.write, text.encode(), keep_output=False) is None:
            continue
        held = await _run(tool.read, b"", keep_output=True)
        if held is not None and held.decode(errors="replace").rstrip("\n") == text.rstrip("\n"):
            return True
    return False


def osc52(text: str, environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the escape sequence that asks the terminal to take the text; None when it is too long for that."""
    payload = base64.b64encode(text.encode()).decode()
    if len(payload) > _OSC52_LIMIT:
        return None
    sequence = f"\x1b]52;c;{payload}\x07"
    if environment.get("TMUX"):
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environment.get("TERM", "").startswith("screen"):
        return f"\x1bP{sequence}\x1b\\"
    return sequence


async def _run(command: Sequence[str], given: bytes, *, keep_output: bool) -> bytes | None:
    """Run a program and return its output, None when it fails or does not end in time."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            # xclip stays in the background and would hold a pipe open for ever.
            stdout=asyncio.subprocess.PIPE if keep_output else asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return None
    try:
        output, _ = await asyncio.wait_for(process.communicate(given), _TIMEOUT_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    return (output or b"") if process.returncode == 0 else None
