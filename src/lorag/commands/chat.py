"""``lorag`` and ``lorag chat``: the app in a terminal, a conversation line by line for pipes and screen readers."""

import argparse
import importlib
import os
import sys


def run(arguments: argparse.Namespace) -> int:
    """Talk until the user leaves; only the form of chat that is asked for is imported."""
    # A dumb terminal, as an editor's shell is one, shows lines and nothing else.
    can_draw = sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    form = "chat_app" if can_draw and not arguments.plain else "chat_plain"
    code: int = importlib.import_module(f"lorag.commands.{form}").run(arguments)
    return code
