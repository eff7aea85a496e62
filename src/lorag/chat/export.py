"""Write a chat to a file: Markdown to read, JSON to process, rows to train on."""

import itertools
import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from lorag.chat.citations import without_citations
from lorag.errors import UsageError
from lorag.library.chats import StoredMessage

FORMATS: Final = ("md", "json", "jsonl")
_UNSAFE = re.compile(r"[^\w가-힣.-]+")
_LONGEST_NAME: Final = 60


def export_chat(title: str, messages: Sequence[StoredMessage], *, form: str, path: Path | None, folder: Path) -> Path:
    """Write one branch of a chat and return the file.

    Args:
        title: Of the chat.
        messages: The branch, oldest first.
        form: One of ``FORMATS``.
        path: The file; None makes a new name from the title.
        folder: Where a new name and relative paths belong.

    Raises:
        UsageError: The format is unknown or the file exists.
    """
    if form not in FORMATS:
        raise UsageError(f"{form} is not a format; choose one of {', '.join(FORMATS)}")
    target = folder / path if path is not None else _free_name(folder, title, form)
    text = {"md": as_markdown, "json": as_json, "jsonl": as_training_rows}[form](title, messages)
    try:
        # Exclusive: an export must never take the place of another file.
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{target} exists already; name another file") from error
    return target


def as_markdown(title: str, messages: Sequence[StoredMessage]) -> str:
    """Return a chat to read, with its sources as a list under each answer."""
    parts = [f"# {title}\n"]
    for message in messages:
        if message.role == "user":
            parts.append("\n".join(f"> {line}".rstrip() for line in message.text.splitlines()) + "\n")
            continue
        writer = " + ".join([message.model, *(f"{name}={strength:g}" for name, strength in message.adapters)])
        parts.append(f"**{writer}**\n\n{message.text}\n")
        if message.citations:
            parts.append("\n".join(_source_line(citation) for citation in message.citations) + "\n")
    return "\n".join(parts)


def as_json(title: str, messages: Sequence[StoredMessage]) -> str:
    """Return a chat with everything that was saved of it."""
    return json.dumps({"title": title, "messages": [asdict(m) for m in messages]}, ensure_ascii=False, indent=1) + "\n"


def chosen_turns(messages: Sequence[StoredMessage], answers: Sequence[int]) -> list[StoredMessage]:
    """Return the messages of the turns that end in one of these answers."""
    questions = {message.parent_id for message in messages if message.id in answers}
    return [message for message in messages if message.id in answers or message.id in questions]


def as_training_rows(title: str, messages: Sequence[StoredMessage]) -> str:
    """Return rows that ``lorag train`` reads; turns that failed or were stopped teach nothing and are left out.

    Turns that followed each other are one conversation, so one row; after a gap another one begins. The passages are not
    part of a row, so the citations go too: a model must not learn to cite what it was not shown.
    """
    rows: list[list[dict[str, str]]] = []
    last_answer: int | None = None
    for question, answer in itertools.pairwise(messages):
        if (question.role, answer.role, answer.status) != ("user", "assistant", "complete") or not answer.text.strip():
            continue
        if not rows or question.parent_id != last_answer:
            rows.append([])
        words = without_citations(answer.text) if answer.citations else answer.text
        rows[-1] += [{"role": "user", "content": question.text}, {"role": "assistant", "content": words}]
        last_answer = answer.id
    return "".join(json.dumps({"messages": row}, ensure_ascii=False) + "\n" for row in rows)


def _source_line(citation: "dict[str, object] | object") -> str:
    record = dict(citation) if isinstance(citation, dict) else {}
    place = ", ".join(
        f"{word} {record[key]}" for key, word in (("page", "p."), ("line_start", "line")) if record.get(key)
    )
    name = Path(str(record.get("document", ""))).name
    quote = " ".join(str(record.get("quote", "")).split())
    return f"- [{record.get('n')}] {name}{', ' + place if place else ''}: “{quote}”"


def _free_name(folder: Path, title: str, form: str) -> Path:
    stem = _UNSAFE.sub("-", title).strip("-.")[:_LONGEST_NAME] or "chat"
    names = (f"{stem}.{form}", *(f"{stem}-{number}.{form}" for number in range(2, 1000)))
    return next((folder / name for name in names if not (folder / name).exists()), folder / f"{stem}-1000.{form}")
