"""Reads the training corpus: JSON Lines files compressed with xz, split by file of origin into train and dev."""

import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Split = Literal["train", "dev"]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Corpus:
    """One split of the corpus; a recipe that trains only ever holds the ``train`` one."""

    folder: Path
    split: Split

    def rows(self, name: str) -> Iterator[Row]:
        """Yield the rows of ``name`` (``text.en``, ``qa.ko``, ``pairs`` …) in file order."""
        with lzma.open(self.folder / f"{name}.{self.split}.jsonl.xz", "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)

    def paragraphs(self, language: str) -> Iterator[str]:
        """Yield every paragraph of the running text in one language."""
        for document in self.rows(f"text.{language}"):
            for section in document["sections"]:
                yield from section["paragraphs"]
