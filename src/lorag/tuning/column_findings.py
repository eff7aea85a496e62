"""Which columns of a file were learned from and which were not, as a finding."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lorag.tuning.columns import Roles
from lorag.tuning.examples import Finding, Origin, Row

_NO_CONTENT: Final = frozenset({"history", "id", "no", "no.", "index", "idx", "번호", "순번"})
"""Columns that are read beside the others, or that only count the rows."""


@dataclass(slots=True)
class ColumnsOfFile:
    """Collects which columns of a file are learned from, to say which are not."""

    path: Path
    _used: dict[str, str] = field(default_factory=dict)
    _seen: dict[str, str] = field(default_factory=dict)
    _guessed: bool = False

    def add(self, row: Row, roles: Roles | None) -> None:
        """Take note of a row; a conversation has no columns."""
        if roles is None:
            return
        self._guessed = self._guessed or roles.guessed
        pair = {"question": roles.question, "answer": roles.answer, "context": roles.context}
        used = {**(pair if roles.is_pair else {"text": roles.text}), "system": roles.system}
        for role, name in used.items():
            if name is not None:
                self._used.setdefault(name, role)
        for name, value in row.values.items():
            if value is not None and str(value).strip():
                self._seen.setdefault(str(name).strip().lower(), str(name).strip())

    def findings(self) -> Iterator[Finding]:
        """Yield what a person should know: what is not learned, and what was taken by a guess."""
        left = [shown for name, shown in self._seen.items() if shown and name not in {*self._used, *_NO_CONTENT}]
        if not self._used or not (left or self._guessed):
            return
        taken = ", ".join(f"{self._seen.get(name, name)} as {role}" for name, role in self._used.items())
        dropped = f"; not learned: {', '.join(left)}" if left else ""
        texts = [name for name, role in self._used.items() if role == "text"]
        other = f"question={texts[0]},answer={left[0]}" if texts and len(left) == 1 else "question=NAME,answer=NAME"
        reason = f"read {taken}{dropped}; if that is not what is meant: --columns {other}"
        yield Finding(Origin(self.path, 0), "columns", reason, "warning")
