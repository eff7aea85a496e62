"""The built-in models end to end: a thousand documents in the library, or a small collection as people keep them."""

import json
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.recipe import Document, ExampleBuilder, Gold
from lorag.prompts.grounded import shown_sentence
from lorag.prompts.language import Language

DOCUMENTS = 1_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one question."""

    language: Language
    found: bool
    """Whether an answering sentence was among the passages put before the model."""
    right: bool
    """Whether the answer quotes one."""
    refused: bool


def ask_library(builder: ExampleBuilder, questions: int) -> list[Outcome]:
    """Put dev documents into a fresh library and ask ``questions`` of each language."""
    rng = random.Random("library")
    golds: list[tuple[Language, Gold]] = []
    for language in ("en", "ko"):
        answers = builder.pools.answers[language]
        golds += [(language, gold) for gold in rng.sample(answers, min(questions, len(answers)))]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "documents")
        source.mkdir()
        _write(source, builder, [gold for _, gold in golds])
        environment = {**os.environ, "LORAG_DATA_DIR": str(Path(folder, "data"))}
        _lorag(["add", str(source)], environment)
        return [_asked(language, gold, environment) for language, gold in golds]


def ask_collection(folder: Path, questions: int) -> dict[str, Any]:
    """Put the documents of a small collection into a fresh library and return what ``lorag eval`` measures on its questions."""
    with tempfile.TemporaryDirectory() as scratch:
        asked = Path(scratch, "questions.jsonl")
        rows = [json.loads(line) for line in (folder / "questions.jsonl").read_text("utf-8").splitlines()]
        spread = rows[:: max(1, len(rows) // questions)]
        asked.write_text("".join(map(_as_evaluated, spread)), encoding="utf-8")
        environment = {**os.environ, "LORAG_DATA_DIR": str(Path(scratch, "data"))}
        _lorag(["add", str(folder / "docs")], environment)
        record = json.loads(_lorag(["eval", str(asked), "--rag", "--json"], environment))
        metrics: dict[str, Any] = record["rows"][0]["metrics"]
        return metrics


def _as_evaluated(row: dict[str, Any]) -> str:
    answers = {"answers": row["answers"]} if "answers" in row else {"answerable": False}
    return json.dumps({"question": row["asks"][0], **answers}, ensure_ascii=False) + "\n"


def _write(folder: Path, builder: ExampleBuilder, golds: list[Gold]) -> None:
    """Write the questions' passages and documents of running text, a thousand in all."""
    for number, gold in enumerate(golds):
        text = "\n".join(part for part in (gold.header, *gold.sentences) if part)
        (folder / f"passage-{number:04}.txt").write_text(text, encoding="utf-8")
    texts = [_as_text(document) for language in ("en", "ko") for document in builder.pools.texts[language]]
    texts += ["\n".join(gold.sentences) for gold in builder.pools.passages if gold not in golds]
    for number, text in enumerate(texts[: max(0, DOCUMENTS - len(golds))]):
        (folder / f"text-{number:04}.md").write_text(text, encoding="utf-8")


def _as_text(document: Document) -> str:
    parts = [f"# {document.title}"]
    for heading, paragraphs in document.sections:
        parts += [f"## {heading}" if heading else "", *paragraphs]
    return "\n\n".join(parts)


def _asked(language: Language, gold: Gold, environment: dict[str, str]) -> Outcome:
    record: dict[str, Any] = json.loads(_lorag(["ask", "--json", "--seed", "1", gold.question], environment))
    wanted = ["".join(shown_sentence(gold.sentences[index]).split()) for index in gold.targets]
    shown = "".join("".join(passage["text"].split()) for passage in record["passages"])
    said = "".join("".join(citation["quote"].split()) for citation in record["citations"])
    return Outcome(
        language=language,
        found=any(sentence in shown for sentence in wanted),
        right=any(sentence in said for sentence in wanted),
        refused=bool(record["refused"]),
    )


def _lorag(arguments: list[str], environment: dict[str, str]) -> str:
    process = subprocess.run(
        [sys.executable, "-m", "lorag", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    # 3 says that the documents hold no answer, which is an outcome like any other here.
    if process.returncode not in (0, 3):
        raise RuntimeError(f"lorag {arguments[0]} failed: {process.stderr[-400:]}")
    return process.stdout
