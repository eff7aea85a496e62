"""The way in: everything after it, imports included, can be interrupted and ends in an exit code."""

import os
import sys

EXIT_INTERRUPTED = 130
_STREAMS = (("stdin", os.O_RDONLY, "r"), ("stdout", os.O_WRONLY, "w"), ("stderr", os.O_WRONLY, "w"))


def main(argv: list[str] | None = None) -> int:
    """Run lorag and return its exit code: 0 ok, 1 failed, 2 usage, 3 no answer in the documents, 130 interrupted."""
    try:
        can_print = sys.stdout is not None
        _open_closed_streams()
        from lorag.cli.run import run  # noqa: PLC0415 - Ctrl-C may come while it is imported

        return run(sys.argv[1:] if argv is None else argv, can_print=can_print)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return EXIT_INTERRUPTED


def _open_closed_streams() -> None:
    """Put nothing in the place of a closed stream: the next file to be opened would get its number and what is printed."""
    for name, flags, mode in _STREAMS:
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, flags)
            os.set_inheritable(descriptor, True)
            setattr(sys, name, os.fdopen(descriptor, mode))
