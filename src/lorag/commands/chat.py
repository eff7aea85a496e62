"""``lorag`` and ``lorag chat``: the app in a terminal, a conversation line by line for pipes and screen readers."""

import argparse
import importlib
import sys


def run(arguments: argparse.Namespace) -> int:
    """Talk until the user leaves; only the form of chat that is asked for is imported."""
    in_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    form = "chat_app" if in_terminal and not arguments.plain else "chat_plain"
    code: int = importlib.import_module(f"lorag.commands.{form}").run(arguments)
    return code
