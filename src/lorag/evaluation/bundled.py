"""The texts and questions that come with lorag to measure what a tune forgets; all were written for it."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _lines(name: str) -> tuple[str, ...]:
    text = files("lorag.evaluation").joinpath("data", name).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line.strip())


def bundled_texts() -> list[str]:
    """Return short paragraphs of everyday English and Korean."""
    return [*_lines("texts.en.txt"), *_lines("texts.ko.txt")]


def general_questions() -> list[str]:
    """Return questions and requests that ask for no document, English and Korean in turn."""
    pairs = zip(_lines("questions.en.txt"), _lines("questions.ko.txt"), strict=True)
    return [question for pair in pairs for question in pair]


def bundled_records(name: str) -> list[dict[str, Any]]:
    """Return the JSON objects of a bundled file."""
    return [json.loads(line) for line in _lines(name)]
