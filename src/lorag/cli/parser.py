"""Every command and its arguments.

A flag whose destination is the name of a setting overrides that setting; it is absent from the namespace when not given.
"""

import argparse
import os
from collections.abc import Iterable, Sequence

from lorag.cli import arguments

_DESCRIPTION = "Chat with a local model over your own files. Nothing leaves this machine."
_EXAMPLES = """\
examples:
  lorag add ~/contracts                 read a folder into the library
  lorag ask "When is rent due?"         one answer, with its sources
  lorag ask --json < question.txt       for scripts; --each-line: a question a line
  lorag                                 chat
  lorag models                          which models are here, which can be fetched
  lorag doctor                          check the installation

exit codes: 0 ok, 1 failed, 2 usage, 3 no answer in the documents, 130 interrupted
every setting: lorag config"""


def build_parser(argv: Sequence[str] | None = None) -> argparse.ArgumentParser:
    """Return the parser of the whole command line, or of as much of it as ``argv`` can need.

    Declaring the arguments of every command takes a third of the time that ``lorag --help`` may take.
    """
    parser = _Parser(
        prog="lorag",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=_Formatter,
    )
    parser.add_argument("--version", action=_Version, help="print the version and exit")
    parser.set_defaults(command="chat", plain=False, path=[])
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command_name")
    for name, (summary, examples, declare) in arguments.COMMANDS.items():
        if argv is not None and name not in argv:
            commands.add_parser(name, help=summary, add_help=False)
            continue
        command = commands.add_parser(
            name,
            help=summary,
            description=summary[0].upper() + summary[1:] + ".",
            epilog="examples:\n" + "\n".join(f"  {line}" for line in examples),
            formatter_class=_Formatter,
        )
        declare(command)
        command.set_defaults(command=name)
    return parser


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Asks the system for the width: argparse would import shutil for it, and with that five packers."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """Return the width of the terminal as shutil gives it: COLUMNS, else the terminal's own, else 80."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line: the list of all flags before it would be all that a person sees."""

    def error(self, message: str) -> None:  # type: ignore[override]  # NoReturn would cost an import of typing
        self._refuse(f"{message}; see {self.prog} --help")

    def parse_args(self, args: Sequence[str] | None = None, namespace: None = None) -> argparse.Namespace:  # type: ignore[override]  # one form of many
        known, unknown = self.parse_known_args(args)
        if unknown:
            command = getattr(known, "command_name", None)
            wrong = next((word for word in unknown if word.startswith("-")), unknown[0])
            nearest = _nearest(wrong.partition("=")[0], self._flags(command))
            self._refuse_unknown(wrong if nearest else " ".join(unknown), nearest, f"lorag {command or ''}".strip())
        return known

    def _check_value(self, action: argparse.Action, value: str) -> None:
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            nearest = _nearest(value, action.choices)
            if nearest:
                self._refuse_unknown(value, nearest, self.prog)
        super()._check_value(action, value)

    def _refuse_unknown(self, wrong: str, nearest: str, prog: str) -> None:
        if nearest:
            self._refuse(f"unknown: {wrong}; did you mean {nearest}? See {prog} --help")
        self._refuse(f"unknown: {wrong}; see {prog} --help")

    def _flags(self, command: str | None) -> list[str]:
        """Return the flags of a command and of its actions; without a command, those of lorag itself."""
        chosen = self._parsers().get(command or "")
        parsers = [self] if chosen is None else [chosen, *chosen._parsers().values()]
        return [flag for parser in parsers for flag in parser._option_string_actions]

    def _parsers(self) -> "dict[str, _Parser]":
        subparsers = (action for action in self._actions if isinstance(action, argparse._SubParsersAction))
        return next((dict(action.choices) for action in subparsers), {})

    def _refuse(self, problem: str) -> None:
        from lorag.translation.translate import in_locale  # noqa: PLC0415 - only a wrong command line needs it

        self.exit(2, f"lorag: {in_locale(problem)}\n")


def _nearest(wrong: str, known: Iterable[str]) -> str:
    """Return what was probably meant, empty when nothing is near."""
    import difflib  # noqa: PLC0415 - only a wrong command line needs it

    return next(iter(difflib.get_close_matches(wrong, list(known), n=1, cutoff=0.7)), "")


class _Version(argparse.Action):
    """Print the version; importlib.metadata is imported only when it is asked for."""

    def __init__(self, option_strings: list[str], dest: str, help: str | None = None) -> None:  # noqa: A002 - argparse names it
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # noqa: PLC0415 - costs 30 ms that only this flag should pay

        print(f"lorag {version('lorag')}")
        parser.exit()
