"""``lorag eval make``: a question set drafted from documents, for a person to edit."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Final

from lorag.commands.eval_checks import check_collections
from lorag.commands.indexing import limits_from
from lorag.commands.setup import settings_from
from lorag.commands.terminal import harmless_line
from lorag.documents.chunk import chunk_document
from lorag.documents.discover import discover
from lorag.documents.extract import extract
from lorag.errors import DocumentError, LoragError, UsageError
from lorag.evaluation.drafting import Draft, Stretch, draft
from lorag.library.chunks import document_chunks
from lorag.library.database import Database
from lorag.library.documents import list_documents
from lorag.prompts.language import Language
from lorag.settings import Settings
from lorag.translation.locale import locale_language
from lorag.translation.translate import in_locale

FROM_LIBRARY: Final = "library"
_SUMMARY: Final[dict[Language, str]] = {
    "en": "{count} drafts ({kinds}); read them, mend them, delete what is wrong",
    "ko": "초안 {count}개 ({kinds}). 읽고 고치고, 틀린 것은 지우세요",
}
_KINDS: Final = {
    "figure": "숫자",
    "name": "이름",
    "value": "값",
    "cell": "표의 칸",
    "definition": "뜻",
    "section": "절",
    "near": "답 없음(비슷한 내용)",
    "outside": "답 없음(다른 내용)",
}
"""The kinds of drafts in Korean."""


def run(arguments: argparse.Namespace) -> int:
    """Write the drafts to stdout or a file."""
    settings = settings_from(arguments)
    if arguments.count < 1 or not 0 <= arguments.unanswerable <= 1:
        raise UsageError("--count needs at least 1, --unanswerable a share from 0 to 1")
    drafts = drafts_from(settings, arguments.origin, arguments.count, arguments.unanswerable, arguments.seed_of)
    lines = "".join(json.dumps(item.record(), ensure_ascii=False) + "\n" for item in drafts)
    if arguments.out is None:
        sys.stdout.write(lines)
    else:
        _write(Path(arguments.out), lines)
    print(f"lorag: {_summary(drafts, locale_language())}", file=sys.stderr)
    return 0


def _summary(drafts: Sequence[Draft], language: Language) -> str:
    """Return how many drafts there are of each kind."""
    counts = Counter(item.kind for item in drafts)
    kinds = [f"{_KINDS[kind]} {count}" if language == "ko" else f"{count} {kind}" for kind, count in counts.items()]
    return _SUMMARY[language].format(count=len(drafts), kinds=", ".join(kinds))


def drafts_from(settings: Settings, origin: str, count: int, unanswerable: float, seed: int) -> list[Draft]:
    """Return drafts from the library or from files.

    Raises:
        LoragError: There is nothing to draft from.
    """
    if origin == FROM_LIBRARY:
        check_collections(settings)
    stretches = _with_short_names(
        _of_library(settings) if origin == FROM_LIBRARY else _of_files(settings, Path(origin))
    )
    drafts = draft(stretches, count=count, unanswerable=unanswerable, seed=seed)
    if not drafts or (unanswerable < 1 and not any(item.answerable for item in drafts)):
        where = "the library" if origin == FROM_LIBRARY else origin
        raise LoragError(
            f"{where} holds no sentence that a question could be made of; add documents with: lorag add PATH"
        )
    return drafts


def _of_library(settings: Settings) -> Iterator[Stretch]:
    if not settings.paths.library.exists():
        return
    with Database.open(settings.paths.library, read_only=True) as database:
        for document in list(list_documents(database)):
            if settings.collection and document.collection not in settings.collection:
                continue
            for chunk in document_chunks(database, document.id):
                yield Stretch(document.path, document.title, chunk.heading, chunk.text)


def _of_files(settings: Settings, path: Path) -> Iterator[Stretch]:
    limits = limits_from(settings)
    for file in discover([path], max_file_bytes=limits.max_file_bytes).files:
        try:
            document = extract(file, limits)
        except DocumentError as error:
            print(f"lorag: {harmless_line(in_locale(f'left out: {error}'))}", file=sys.stderr)
            continue
        for chunk in chunk_document(document, target_tokens=settings.chunk_tokens):
            yield Stretch(str(file), document.title, chunk.heading, chunk.text)


def _with_short_names(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Name each document by its file alone where no other has the same: the set then works on another machine."""
    found = list(stretches)
    paths = {stretch.source for stretch in found}
    files = Counter(PurePath(path).name for path in paths)
    names = {path: name if files[name := PurePath(path).name] == 1 else path for path in paths}
    return [replace(stretch, source=names[stretch.source]) for stretch in found]


def _write(path: Path, text: str) -> None:
    try:
        # A person's edits must not be lost to a second run.
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path} exists already; give another name, or delete it first") from error
    except OSError as error:
        raise LoragError(f"{path} cannot be written: {error.strerror or error}") from error
