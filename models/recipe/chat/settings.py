"""The recipe file as typed values."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from chat.encode import LossWeights
from chat.examples import Shape
from chat.model import ModelShape


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


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that shapes the model."""

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
    average: dict[str, float]
    """Shares of the weights at the ends of stages that are exported together; empty for the best checkpoint."""

    @property
    def context(self) -> int:
        """Tokens of the longest prompts that it was trained on."""
        return max(stage.longest for stage in self.stages)

    def stage_at(self, tokens: int) -> tuple[Stage, float] | None:
        """Return the stage that a run of ``tokens`` is in and how much of it is done, or nothing at the end."""
        for stage in self.stages:
            if tokens < stage.tokens:
                return stage, tokens / stage.tokens
            tokens -= stage.tokens
        return None


def read_recipe(path: Path) -> Recipe:
    """Return the recipe written in a TOML file."""
    table = tomllib.loads(path.read_text("utf-8"))
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
        stages=tuple(_stage(entry) for entry in table["stage"]),
        average=table.get("average", {}),
    )


def _stage(entry: dict[str, object]) -> Stage:
    values = dict(entry)
    shape = Shape(
        passages=tuple(values.pop("passages")),  # type: ignore[arg-type]
        sentences=tuple(values.pop("sentences")),  # type: ignore[arg-type]
        refusal=values.pop("refusal"),  # type: ignore[arg-type]
        hard=values.pop("hard"),  # type: ignore[arg-type]
    )
    return Stage(shape=shape, rate=tuple(values.pop("rate")), **values)  # type: ignore[arg-type]
