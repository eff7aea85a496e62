"""Flags that many commands have."""

import argparse

Parser = argparse.ArgumentParser


def data_dir_flag(parser: Parser) -> None:
    """Add ``--data-dir``."""
    parser.add_argument(
        "--data-dir", metavar="DIR", default=argparse.SUPPRESS, help="use this data folder (LORAG_DATA_DIR)"
    )


def json_flag(parser: Parser, what: str, *, default: object = False) -> None:
    """Add ``--json``; a nested parser suppresses the default so that it does not undo the flag before it."""
    parser.add_argument("--json", action="store_true", default=default, help=f"print {what} as JSON")


def action_parser(
    actions: "argparse._SubParsersAction[Parser]", name: str, summary: str, examples: tuple[str, ...]
) -> Parser:
    """Add an action of a command, with a help that shows how it is called."""
    action = actions.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog="examples:\n" + "\n".join(f"  {line}" for line in examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    action.set_defaults(action=name)
    return action
