"""The recipe's way of making questions from the corpus, for the measurements of the built-in models."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "models" / "recipe"))

from chat.asked import DEV
from chat.asked import FOLDER as COLLECTIONS
from chat.corpus import Corpus
from chat.examples import Example, ExampleBuilder
from chat.intents import FOLDER, SmallTalk
from chat.layout import Shape
from chat.pools import Document, Gold, Pools

__all__ = [
    "Document",
    "Example",
    "ExampleBuilder",
    "Gold",
    "Shape",
    "collection_folders",
    "corpus_folder",
    "dev_corpus",
    "example_builder",
]


def collection_folders() -> list[Path]:
    """Return the folders of the small collections that were not trained on."""
    return [COLLECTIONS / name for name in sorted(DEV)]


def corpus_folder() -> Path | None:
    """Return the folder named by ``CORPUS``, if it holds the corpus."""
    folder = Path(os.environ.get("CORPUS", ""))
    return folder if (folder / "qa.en.dev.jsonl.xz").is_file() else None


def dev_corpus(folder: Path) -> Corpus:
    """Return the split that was not trained on."""
    return Corpus(folder, "dev")


def example_builder(corpus: Corpus) -> ExampleBuilder:
    """Return what makes questions with numbered sentences from a corpus."""
    return ExampleBuilder(Pools(corpus), SmallTalk(FOLDER))
