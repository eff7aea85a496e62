"""``lorag train``: from a person's examples to an adapter that switches on in an instant."""

import argparse
import asyncio
import importlib
import os
import sys
import time
from importlib.util import find_spec
from typing import Final

from lorag.commands.setup import settings_from
from lorag.commands.terminal import never_fail_on_encoding
from lorag.errors import UsageError

EXIT_INTERRUPTED: Final = 130
_NEEDED: Final = ("torch", "transformers", "peft", "gguf", "matplotlib")


def run(arguments: argparse.Namespace) -> int:
    """Train, or go on with a run."""
    never_fail_on_encoding()
    started = time.monotonic()
    settings = settings_from(arguments)
    # transformers draws progress bars of its own over ours.
    os.environ.setdefault("TQDM_DISABLE", "1")
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(f"training needs {', '.join(missing)}; install them with: pip install 'lorag[train]'")
    # Imported by name, so that help and usage errors never wait for numpy and the reading of documents.
    request_module = importlib.import_module("lorag.commands.train_request")
    request = request_module.request_from(arguments, settings)
    recipe = importlib.import_module("lorag.commands.train_recipe")
    view = importlib.import_module("lorag.commands.train_view").make_view(as_json=bool(arguments.json))
    try:
        code: int = asyncio.run(recipe.train(request, view, started))
    except KeyboardInterrupt:
        view.close()
        if request.folder.config.is_file() and not request.folder.is_finished:
            print(f"lorag: stopped; go on with: lorag train --resume {request.folder.name}", file=sys.stderr)
        raise
    finally:
        view.close()
    return code
