"""The recipe file as typed values, one recipe for each part of the training."""

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chat.encode import LossWeights
from chat.layout import Shape
from chat.model import ModelShape

Table = dict[str, Any]
"""A table of a TOML file."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stretch of the curriculum."""

    name: str
    tokens: int
    rate: tuple[float, float]
    """Share of the learning rates at the start and at the end."""
    longest: int
    """Tokens; longer examples are dropped."""
    shape: Shape
    mix: dict[str, float]
    """How often each kind of example is drawn."""


@dataclass(frozen=True, slots=True)
class OptimizerSettings:
    """Learning rates and what a step holds."""

    matrix_rate: float
    other_rate: float
    batch_tokens: int
    marker_weight: float
    meaning_weight: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that shapes the model, or one part of its training."""

    seed: int
    sample_megabytes: int
    model: ModelShape
    optimizer: OptimizerSettings
    loss: LossWeights
    checkpoint_every: int
    evaluate_every: int
    evaluate_questions: int
    report_questions: int
    stages: tuple[Stage, ...]
    context: int
    """Tokens of the longest prompts that it was trained on, in the parts before it as well."""
    average: dict[str, float]
    """Shares of the weights at the ends of stages (and of the file it went on from, ``start``) that are exported together;
    empty for the best checkpoint."""

    @property
    def tokens(self) -> int:
        """Tokens of all stages."""
        return sum(stage.tokens for stage in self.stages)

    def stage_at(self, tokens: int) -> tuple[Stage, float] | None:
        """Return the stage that a run of ``tokens`` is in and how much of it is done, or nothing at the end."""
        for stage in self.stages:
            if tokens < stage.tokens:
                return stage, tokens / stage.tokens
            tokens -= stage.tokens
        return None


def read_recipes(path: Path) -> dict[str, Recipe]:
    """Return the parts of the recipe written in a TOML file, in the order in which they are run.

    A part takes what it does not say from the head of the file; a stage, from the stage before it in its part.
    """
    shared = tomllib.loads(path.read_text("utf-8"))
    parts = shared.pop("part")
    recipes, context = dict[str, Recipe](), 0
    for part in parts:
        recipe = _recipe(_merged(shared, part))
        context = max(context, recipe.context)
        recipes[part["name"]] = replace(recipe, context=context)
    return recipes


def rehearsal(recipe: Recipe) -> Recipe:
    """Return ``recipe`` with a few small steps of each stage and a few questions: enough to go through everything."""
    return replace(
        recipe,
        sample_megabytes=1,
        optimizer=replace(recipe.optimizer, batch_tokens=256),
        evaluate_questions=2,
        report_questions=2,
        # More than one group of batches holds: none of the stages is stepped over.
        stages=tuple(replace(stage, tokens=8_000) for stage in recipe.stages),
    )


def _recipe(table: Table) -> Recipe:
    stages, before = list[Stage](), Table()
    for entry in table["stage"]:
        before = _merged(before, entry)
        stages.append(_stage(before))
    return Recipe(
        seed=table["seed"],
        sample_megabytes=table["tokenizer"]["sample_megabytes"],
        model=ModelShape(vocabulary=table["tokenizer"]["vocabulary"], **table["model"]),
        optimizer=OptimizerSettings(**table["optimizer"]),
        loss=LossWeights(**table["loss"]),
        checkpoint_every=table["checkpoint"]["every_steps"],
        evaluate_every=table["checkpoint"]["evaluate_every_steps"],
        evaluate_questions=table["checkpoint"]["questions"],
        report_questions=table["checkpoint"]["report_questions"],
        stages=tuple(stages),
        context=max(stage.longest for stage in stages),
        average=table.get("average", {}),
    )


def _merged(table: Table, other: Table) -> Table:
    """Return ``table`` with what ``other`` says; where both hold a table, the two are merged."""
    merged = dict(table)
    for name, value in other.items():
        merged[name] = _merged(table.get(name, {}), value) if isinstance(value, dict) else value
    return merged


def _stage(entry: Table) -> Stage:
    values = dict(entry)
    shape = Shape(
        passages=tuple(values.pop("passages")),
        sentences=tuple(values.pop("sentences")),
        refusal=values.pop("refusal"),
        hard=values.pop("hard"),
        near=values.pop("near", 0.0),
        left=tuple(values.pop("left")) if "left" in values else None,
    )
    return Stage(shape=shape, rate=tuple(values.pop("rate")), **values)
