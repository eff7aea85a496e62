"""Reads one file into what the library stores of it; runs in processes of its own, so no file can take lorag down."""

import hashlib
import os
import pickle
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lorag.documents.chunk import chunk_document
from lorag.documents.extract import extract
from lorag.documents.model import Chunk, Limits
from lorag.errors import DocumentError
from lorag.library.content import Content, IndexedChunk
from lorag.retrieval.terms import TermSplitter, searchable_text

_KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """How every file of a run is read."""

    limits: Limits
    chunk_tokens: int
    splitter: TermSplitter
    embedder: str
    """Identity of the embedder, empty without one."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a file could not be read."""

    reason: str


def read_file(path: Path, plan: ReadingPlan) -> Content:
    """Return what the library stores of a file."""
    document = extract(path, plan.limits)
    chunks = chunk_document(document, target_tokens=plan.chunk_tokens)
    return Content(
        title=document.title,
        media_type=document.media_type,
        source_lines=document.source_lines,
        chunks=tuple(_indexed(chunk, document.title, plan) for chunk in chunks),
    )


def vector_key(embedder: str, text: str) -> bytes:
    """Return what two chunks have in common exactly when they have the same vector and parts."""
    return hashlib.blake2b(f"{embedder}\n{text}".encode("utf-8", "replace"), digest_size=_KEY_BYTES).digest()


def serve() -> None:
    """Answer requests on stdin until it closes; the first is the plan, answered when it is ready, each later one a path."""
    # Ctrl-C reaches every process of the terminal; the one that writes the library decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What a reader prints must not get between the answers.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    plan: ReadingPlan = pickle.load(requests)
    _send("ready", answers)
    while True:
        try:
            path: Path = pickle.load(requests)
        except EOFError:
            return
        _send(_answer(path, plan), answers)


def _send(answer: object, stream: BinaryIO) -> None:
    pickle.dump(answer, stream, pickle.HIGHEST_PROTOCOL)
    stream.flush()


def _answer(path: Path, plan: ReadingPlan) -> Content | Unreadable:
    try:
        return read_file(path, plan)
    except DocumentError as error:
        return Unreadable(str(error))
    except RecursionError:
        return Unreadable("it is nested too deeply")
    except MemoryError:
        return Unreadable("it needs more memory than there is")


def _indexed(chunk: Chunk, title: str, plan: ReadingPlan) -> IndexedChunk:
    text = searchable_text(title, chunk.heading, chunk.text)
    terms = plan.splitter.terms(text)
    return IndexedChunk(chunk, " ".join(terms), len(terms), vector_key(plan.embedder, text))
