"""The command that opens a file at a line in the person's own editor or pager."""

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_PLUS_LINE: Final = {
    "vi",
    "vim",
    "nvim",
    "view",
    "nano",
    "emacs",
    "emacsclient",
    "less",
    "more",
    "most",
    "ne",
    "joe",
    "kak",
    "mg",
    "pico",
}
_COLON_LINE: Final = {"hx", "helix", "micro", "subl", "zed"}
_GOTO_LINE: Final = {"code", "code-insiders", "codium", "cursor", "windsurf"}


def editor_command(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the editor: $VISUAL, $EDITOR, else the first common one that is installed; empty when there is none."""
    return _chosen(environment, ("VISUAL", "EDITOR"), ("nano", "vim", "vi"))


def pager_command(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the pager: $PAGER, else less or more; empty when there is none."""
    return _chosen(environment, ("PAGER",), ("less", "more"))


def at_line(command: list[str], path: Path, line: int | None) -> list[str]:
    """Return the command with the file, at the line where the program is known to understand one."""
    program = Path(command[0]).name
    if line is None or line < 1:
        return [*command, str(path)]
    if program in _PLUS_LINE:
        return [*command, f"+{line}", str(path)]
    if program in _COLON_LINE:
        return [*command, f"{path}:{line}"]
    if program in _GOTO_LINE:
        wait = [] if "--wait" in command or "-w" in command else ["--wait"]
        return [*command, *wait, "--goto", f"{path}:{line}"]
    return [*command, str(path)]


def _chosen(environment: Mapping[str, str], variables: tuple[str, ...], programs: tuple[str, ...]) -> list[str]:
    for variable in variables:
        try:
            command = shlex.split(environment.get(variable, ""))
        except ValueError:
            command = []
        if command:
            return command
    return next(([program] for program in programs if shutil.which(program)), [])
