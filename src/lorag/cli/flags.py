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
