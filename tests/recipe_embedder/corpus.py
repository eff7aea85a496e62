"""A corpus of a few made-up sentences in the form of the real one."""

import json
import lzma
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SUBJECTS = {
    "leave": "휴가",
    "refund": "환불",
    "price": "가격",
    "safety": "안전",
    "coffee": "커피",
    "machine": "기계",
    "delivery": "배송",
    "garden": "정원",
    "music": "음악",
    "winter": "겨울",
}


def write_corpus(folder: Path) -> Path:
    """Write every file that the recipe reads."""
    for split, rows in (("train", 60), ("dev", 12)):
        rng = random.Random(split)
        _write(
            folder, f"pairs.{split}", (_pair(rng, lang) for lang in ("en", "ko", "en-ko", "ko-en") for _ in range(rows))
        )
        for language in ("en", "ko"):
            _write(folder, f"qa.{language}.{split}", (_question(rng, language) for _ in range(rows)))
            _write(folder, f"text.{language}.{split}", (_page(rng, language) for _ in range(rows // 4)))
        _write(folder, f"parallel.{split}", (_translation(rng) for _ in range(rows)))
    return folder


def write_facts(folder: Path) -> Path:
    """Write documents of facts, four to train on and two to measure with, each fact told and asked for in two ways."""
    folder.mkdir()
    for name, numbers in (("made", range(4)), ("dev", range(4, 6))):
        documents = "\n".join(_document(number) for number in numbers)
        (folder / f"{name}.toml").write_text(documents, encoding="utf-8")
    return folder


def write_thesaurus(folder: Path) -> Path:
    """Write an entry for every subject."""
    folder.mkdir()
    entries = "".join(
        f"\nen: {subject} | about {subject}\nko: {translation} | {translation}에 대해\n"
        for subject, translation in SUBJECTS.items()
    )
    (folder / "subjects.txt").write_text(f"# subjects\n{entries}", encoding="utf-8")
    return folder


def write_collections(folder: Path) -> Path:
    """Write two small collections to train on and one to measure with: a document of each language, a question in two ways a line."""
    for name in ("kiosk", "shed", "hotel"):
        docs = folder / name / "docs"
        docs.mkdir(parents=True)
        en = [f"The {subject} of the {name} is number {at}." for at, subject in enumerate(SUBJECTS)]
        ko = [f"{name}의 {subject}은 {at}번입니다." for at, subject in enumerate(SUBJECTS.values())]
        (docs / "rules.md").write_text(f"# Rules of the {name}\n\n" + "\n".join(en), encoding="utf-8")
        (docs / "규칙.md").write_text(f"# {name} 규칙\n\n" + "\n".join(ko), encoding="utf-8")
        rows: list[dict[str, Any]] = [
            {"answers": [told], "asks": [f"which {subject} {name}", f"{name} {SUBJECTS[subject]} 몇 번?"]}
            for lines in (en, ko)
            for told, subject in zip(lines, SUBJECTS, strict=True)
        ]
        rows.append({"answerable": False, "asks": [f"owner of the {name}", f"{name} 주인이 누구예요"]})
        questions = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / name / "questions.jsonl").write_text(questions, encoding="utf-8")
    return folder


def _document(number: int) -> str:
    facts = "\n".join(_fact(number, subject, translation) for subject, translation in list(SUBJECTS.items())[:3])
    return f"""
[[document]]
titles.en = ["House {number}"]
titles.ko = ["{number}번 집"]
{facts}
"""


def _fact(number: int, subject: str, translation: str) -> str:
    return f"""
[[document.fact]]
en.says = ["In house {number} {subject} takes {{2-9}} days.", "{subject} of house {number}: {{2-9}} days"]
en.asks = ["When is the {subject} of {number} over?", "{subject} {number}?"]
ko.says = ["{number}번 집의 {translation}에는 {{2-9}}일이 걸립니다.", "{number}번 집 {translation}: {{2-9}}일"]
ko.asks = ["{number}번 {translation}은 언제 끝나요?", "{number} {translation}?"]
"""


def _write(folder: Path, name: str, rows: Iterable[dict[str, Any]]) -> None:
    with lzma.open(folder / f"{name}.jsonl.xz", "wt", encoding="utf-8", preset=0) as lines:
        lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _sentence(rng: random.Random, language: str, subject: str) -> str:
    other, number = rng.choice(list(SUBJECTS)), rng.randint(2, 999)
    if language == "en":
        return f"The {subject} of the {other} takes {number} days in this house."
    return f"이 집의 {SUBJECTS[other]} {SUBJECTS[subject]}에는 {number}일이 걸립니다."


def _passage(rng: random.Random, language: str, subject: str) -> str:
    return " ".join(_sentence(rng, language, subject) for _ in range(3))


def _query(subject: str, language: str) -> str:
    return f"How long does {subject} take?" if language == "en" else f"{SUBJECTS[subject]}은 얼마나 걸리나요?"


def _pair(rng: random.Random, lang: str) -> dict[str, Any]:
    subject = rng.choice(list(SUBJECTS))
    return {
        "source": "made-up",
        "lang": lang,
        "kind": "heading",
        "doc": "a.md",
        "query": _query(subject, lang[:2]),
        "passage": _passage(rng, lang[-2:], subject),
    }


def _question(rng: random.Random, language: str) -> dict[str, Any]:
    subject = rng.choice(list(SUBJECTS))
    passage = _passage(rng, language, subject)
    answer = passage.split(". ")[0]
    return {
        "source": "made-up",
        "kind": "faq",
        "question": _query(subject, language),
        "passage": passage,
        "answer": answer,
    }


def _page(rng: random.Random, language: str) -> dict[str, Any]:
    subject = rng.choice(list(SUBJECTS))
    paragraphs = [_passage(rng, language, subject) for _ in range(3)]
    return {"source": "made-up", "title": subject, "sections": [{"heading": None, "paragraphs": paragraphs}]}


def _translation(rng: random.Random) -> dict[str, Any]:
    subject, seed = rng.choice(list(SUBJECTS)), rng.random()
    return {
        "source": "made-up",
        "en": _sentence(random.Random(seed), "en", subject),
        "ko": _sentence(random.Random(seed), "ko", subject),
    }
