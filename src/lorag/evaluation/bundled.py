"""The texts and questions that come with lorag to measure what a tune forgets; all were written for it."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def bundled_lines(name: str) -> tuple[str, ...]:
    """Return the lines of a bundled file that are not blank."""
    text = files("lorag.evaluation").joinpath("data", name).read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line.strip())


def bundled_texts() -> list[str]:
    """Return short paragraphs of everyday English and Korean."""
    return [*bundled_lines("texts.en.txt"), *bundled_lines("texts.ko.txt")]


def general_questions() -> list[str]:
    """Return questions and requests that ask for no document, English and Korean in turn."""
    pairs = zip(bundled_lines("questions.en.txt"), bundled_lines("questions.ko.txt"), strict=True)
    return [question for pair in pairs for question in pair]


def bundled_records(name: str) -> list[dict[str, Any]]:
    """Return the JSON objects of a bundled file."""
    return [json.loads(line) for line in bundled_lines(name)]
