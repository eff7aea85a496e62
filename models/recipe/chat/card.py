"""The model card: what the chat model is made of and how well it does, figures beside their targets."""

import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import torch

from chat.batches import Place
from chat.evaluate import Score, table
from chat.journal import training_hours
from chat.model import Llama
from chat.optim import parameter_count
from chat.settings import Recipe

KEPT_BY_HAND: Final = "<!-- what follows is written by hand and kept -->"
"""The part of a card from this line on is not overwritten."""
_TARGETS: Final = "Targets, with 3 passages: right, constrained ≥ 80 % in English and in Korean; refusals right ≥ 85 % and wrong ≤ 10 %."


def write_card(
    path: Path, recipe: Recipe, place: Place, work: Path, scores: Sequence[Score], *, goes_on: str | None = None
) -> None:
    """Write the figures of this run; the hand-written end of an earlier card stays.

    Args:
        path: The card.
        recipe: What was run.
        place: How far the exported checkpoint is.
        work: The folder with the log of the run.
        scores: What it is worth on the dev split.
        goes_on: The name of the recipe's part, if the run went on from an exported file.
    """
    earlier = path.read_text("utf-8") if path.exists() else ""
    _, mark, kept = earlier.partition(KEPT_BY_HAND)
    sections = [_head(recipe), _training(place, work, goes_on), _mix(recipe), _scores(scores), mark + kept]
    path.write_text("\n\n".join(section.strip() for section in sections if section) + "\n", encoding="utf-8")


def _head(recipe: Recipe) -> str:
    shape = recipe.model
    count = parameter_count(Llama(shape).parameters())
    return (
        "---\nlanguage: [en, ko]\nlicense: mit\npipeline_tag: text-generation\n---\n"
        "# lorag small\n\n"
        "The chat model that comes with lorag. It answers a question from numbered sentences by quoting the one that "
        "answers, says so when none does, and makes small talk, in English and Korean. It knows no facts of its own.\n\n"
        f"- {count / 1e6:.1f} M parameters: llama architecture, {shape.layers} layers, width {shape.width}, "
        f"{shape.heads} heads, tied embeddings, float16\n"
        f"- own byte-level BPE of {shape.vocabulary:,} tokens, every number from 0 to 199 one token\n"
        f"- context {recipe.context:,} tokens\n"
        "- sources and licences of what it was trained on: [DATA_SOURCES.md](../DATA_SOURCES.md)"
    )


def _training(place: Place, work: Path, goes_on: str | None) -> str:
    hardware = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{_processor()}, {os.cpu_count()} cores"
    spent = f"{place.tokens / 1e6:.1f} M tokens in {training_hours(work):.1f} hours on {hardware}"
    begun = (
        f'the part "{goes_on}", going on from an earlier file of this model'
        if goes_on
        else "from first weights that already hold a matching circuit (`models/recipe/chat/initial.py`)"
    )
    return (
        f"## Training\n\n{spent}, {begun}. All settings are in `models/recipe/chat/recipe.toml`; "
        "`make models CORPUS=…` goes through all its parts."
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    names = information.read_text("utf-8").splitlines() if information.exists() else []
    return next((line.split(":")[1].strip() for line in names if line.startswith("model name")), platform.machine())


def _mix(recipe: Recipe) -> str:
    kinds = list(dict.fromkeys(kind for stage in recipe.stages for kind in stage.mix))
    rows = [_row(["share of examples, %", *(stage.name for stage in recipe.stages)])]
    rows.append(_row(["---"] * (len(recipe.stages) + 1)))
    rows.append(_row(["tokens, M", *(f"{stage.tokens / 1e6:g}" for stage in recipe.stages)]))
    rows.append(_row(["longest prompt, tokens", *(str(stage.longest) for stage in recipe.stages)]))
    for kind in kinds:
        rows.append(
            _row([kind, *(f"{100 * stage.mix.get(kind, 0) / sum(stage.mix.values()):.0f}" for stage in recipe.stages)])
        )
    return "## Data mix\n\n" + "\n".join(rows)


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _scores(scores: Sequence[Score]) -> str:
    return (
        "## Dev scores\n\nOn documents of the dev split, which were not trained on. *Free*: nothing constrains the answer. "
        "*Constrained*: it must be one of the numbered sentences or the refusal, as in lorag.\n\n"
        f"{table(scores)}\n\n{_TARGETS}"
    )
