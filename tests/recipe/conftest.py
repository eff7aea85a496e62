import json
import lzma
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models" / "recipe"))

ENGLISH = [
    "refund",
    "order",
    "invoice",
    "holiday",
    "office",
    "printer",
    "manual",
    "password",
    "server",
    "budget",
    "travel",
    "parking",
    "badge",
    "meeting",
]
KOREAN = [
    "환불",
    "주문",
    "휴가",
    "사무실",
    "인쇄기",
    "설명서",
    "비밀번호",
    "서버",
    "예산",
    "출장",
    "주차",
    "회의",
    "계약",
    "급여",
]


def _sentence(words: list[str], rng: random.Random) -> str:
    return " ".join(rng.choices(words, k=rng.randint(5, 9))).capitalize() + "."


def _rows(name: str, rng: random.Random) -> Iterator[dict[str, Any]]:
    kind, _, language = name.partition(".")
    words = KOREAN if language == "ko" else ENGLISH
    for number in range(40):
        sentences = [_sentence(words, rng) for _ in range(4)]
        passage = " ".join(sentences)
        if kind == "text":
            sections = [{"heading": "Part", "paragraphs": [passage, passage[::-1], " ".join(sentences[::-1])]}]
            yield {"source": "made", "doc": f"{number}", "title": f"Text {number}", "sections": sections}
        elif kind == "qa":
            question = " ".join(sentences[1].split()[:4]) + "?"
            yield {
                "source": "made",
                "doc": f"{number}",
                "question": question,
                "passage": passage,
                "answer": sentences[1],
            }
        elif kind == "pairs":
            shared = {
                "source": "made",
                "doc": f"{number}",
                "kind": "faq",
                "query": sentences[0][:30],
                "passage": passage,
            }
            yield {**shared, "lang": ("en", "ko", "en-ko")[number % 3]}
            yield {**shared, "lang": ("en", "ko", "ko-en")[number % 3], "kind": "heading"}
        elif kind == "parallel":
            yield {"source": "made", "en": _sentence(ENGLISH, rng), "ko": _sentence(KOREAN, rng)}
        else:
            yield {"source": "made", "question": _sentence(words, rng)}


@pytest.fixture(scope="session")
def corpus_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of made-up words in the form of the real one."""
    folder = tmp_path_factory.mktemp("corpus")
    names = ["text.en", "text.ko", "qa.en", "qa.ko", "pairs", "parallel", "unanswerable.en", "unanswerable.ko"]
    for name in names:
        for split in ("train", "dev"):
            with lzma.open(folder / f"{name}.{split}.jsonl.xz", "wt", encoding="utf-8") as file:
                rng = random.Random(f"{name} {split}")
                file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in _rows(name, rng))
    return folder
