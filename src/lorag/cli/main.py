"""Parse the command line, import the one command it names, and turn its end into an exit code.

Nothing on the way to ``--help`` imports typing: it costs a quarter of the time that help may take.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from lorag.cli.evaluation import with_default_action
from lorag.cli.parser import build_parser
from lorag.errors import LoragError

EXIT_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run lorag and return its exit code: 0 ok, 1 failed, 2 usage, 3 no answer in the documents, 130 interrupted."""
    given = with_default_action(sys.argv[1:] if argv is None else argv)
    arguments = build_parser(given).parse_args(given)
    try:
        command = importlib.import_module(f"lorag.commands.{arguments.command}")
        code: int = command.run(arguments)
        sys.stdout.flush()
    except LoragError as error:
        print(f"lorag: {_said(error, arguments)}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has left, as in `lorag list | head`: nobody is there to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _said(error: LoragError, arguments: argparse.Namespace) -> str:
    """Return the message in the language of the person; a program, which asks for JSON, reads it as it was raised."""
    if getattr(arguments, "json", False):
        return str(error)
    from lorag.translation.translate import in_locale  # noqa: PLC0415 - only a run that fails needs it

    return in_locale(error)
