"""What was typed before and what is being typed now, kept on disk so that no crash loses a prompt."""

import json
import os
from pathlib import Path
from typing import Final

from lorag.tui.preferences import write_private

_KEPT: Final = 1000
"""Entries read at start; the file is cut to this when it has grown to twice as many."""


class PromptHistory:
    """Earlier prompts, newest last, and a place among them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries = _read_entries(path)
        self._at = len(self._entries)
        self._draft = ""

    @property
    def entries(self) -> list[str]:
        """Every remembered prompt, oldest first."""
        return list(self._entries)

    def add(self, text: str) -> None:
        """Remember a prompt; saying the same twice in a row is remembered once."""
        if text.strip() and (not self._entries or self._entries[-1] != text):
            self._entries.append(text)
            self._append(text)
        self.rewind()

    def rewind(self) -> None:
        """Stand after the newest entry again."""
        self._at = len(self._entries)
        self._draft = ""

    def older(self, current: str) -> str | None:
        """Step back and return that prompt, None at the oldest; what was being typed is kept."""
        if self._at == 0:
            return None
        if self._at == len(self._entries):
            self._draft = current
        self._at -= 1
        return self._entries[self._at]

    def newer(self) -> str | None:
        """Step forward and return that prompt, at the end what was being typed; None when already there."""
        if self._at >= len(self._entries):
            return None
        self._at += 1
        return self._draft if self._at == len(self._entries) else self._entries[self._at]

    def _append(self, text: str) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        line = json.dumps(text, ensure_ascii=True) + "\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(line)
        if len(self._entries) >= 2 * _KEPT:
            self._entries = self._entries[-_KEPT:]
            write_private(self._path, "".join(json.dumps(entry) + "\n" for entry in self._entries))


class Draft:
    """The text in the prompt, on disk while it is there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saved = ""

    def read(self) -> str:
        """Return what was being typed when lorag last ended."""
        try:
            self._saved = self._path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            self._saved = ""
        return self._saved

    def save(self, text: str) -> None:
        """Write down what is being typed, or that nothing is."""
        if text == self._saved:
            return
        if text:
            write_private(self._path, text)
        else:
            self._path.unlink(missing_ok=True)
        self._saved = text


def _read_entries(path: Path) -> list[str]:
    entries: list[str] = []
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return entries
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # the last line of a process that was killed while writing
        if isinstance(entry, str):
            entries.append(entry)
    return entries[-_KEPT:]
