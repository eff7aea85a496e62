"""Parse the command line, import the one command it names, and turn its end into an exit code.

Nothing on the way to ``--help`` imports typing: it costs a quarter of the time that help may take.
"""

import argparse
import errno
import importlib
import os
import sys
from collections.abc import Sequence

from lorag.cli.evaluation import with_default_action
from lorag.cli.parser import build_parser
from lorag.errors import LoragError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

_OUTPUT_FAILS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)
"""With these printing fails; a file that fails so is named in the error."""


def run(argv: Sequence[str], *, can_print: bool) -> int:
    """Run one command line and return its exit code."""
    given = with_default_action(argv)
    arguments = argparse.Namespace()
    try:
        if not can_print:
            raise LoragError("the output is closed: there is nowhere to print to")
        try:
            arguments = build_parser(given).parse_args(given)
            command = importlib.import_module(f"lorag.commands.{arguments.command}")
            code: int = command.run(arguments)
        finally:
            # Left to the end of Python, what cannot be printed would be told by Python.
            sys.stdout.flush()
    except LoragError as error:
        _tell(error, arguments)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output has left, as in `lorag list | head`: nobody is there to be told.
        _print_no_more(sys.stdout)
        return 0
    except OSError as error:
        _print_no_more(sys.stdout)
        refusal = LoragError(_reason(error))
        _tell(refusal, arguments)
        return refusal.exit_code
    return code


def _tell(error: LoragError, arguments: argparse.Namespace) -> None:
    """Print an error in the language of the person; a program, which asks for JSON, reads it as it was raised."""
    said = str(error)
    if not getattr(arguments, "json", False):
        from lorag.translation.translate import in_locale  # noqa: PLC0415 - only a run that fails needs it

        said = in_locale(error)
    try:
        print(f"lorag: {said}", file=sys.stderr, flush=True)
    except OSError:
        _print_no_more(sys.stderr)


def _reason(error: OSError) -> str:
    """Return in one line what the system refused; what a command foresees to be refused is an error of lorag's own."""
    if error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    if error.errno in _OUTPUT_FAILS:
        return f"the output cannot be written: {error.strerror}"
    return f"the system refused: {error.strerror or error}"


def _print_no_more(stream: "TextIO") -> None:
    """Let nothing become of what is still to be printed: Python would try once more at its end, and tell."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
