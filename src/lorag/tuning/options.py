"""What a person may choose about a run: flags over a TOML file over what fits the data and the method."""

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal, get_args

from lorag.errors import UsageError
from lorag.tuning.plan import ALL_LINEAR, Method, Objective


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """The choices of one run; None is decided from the data and the method."""

    method: Method = "lora"
    objective: Objective = "sft"
    rank: int | None = None
    alpha: float | None = None
    """None is twice the rank."""
    dropout: float = 0.05
    targets: tuple[str, ...] = ALL_LINEAR
    rslora: bool = False
    pissa: bool = False
    lora_plus: float = 1.0
    last_layers: int | None = None
    layer_decay: float = 1.0
    learning_rate: float | None = None
    epochs: float | None = None
    batch_size: int | None = None
    micro_batch_tokens: int | None = None
    max_length: int | None = None
    weight_decay: float = 0.01
    warmup: float = 0.1
    clip_norm: float = 1.0
    patience: int = 3
    evaluations: int = 6
    checkpointing: bool = False
    device: Literal["auto", "cpu", "cuda"] = "auto"
    seed: int = 0
    test_share: float = 0.15
    rag_aware: bool = False
    rag_golden: float = 0.5
    """Share of the examples shown with the right passage among others."""
    rag_distractors: float = 0.15
    """Share shown with other passages only, to be answered with the refusal."""
    rag_counterfactual: float = 0.1
    """Share shown with a passage that says something else than the model may have learned."""
    replay: float = 0.0
    """Rows of the base's own answers to general prompts, as a share of the examples."""


_RANGES: Final[dict[str, tuple[float, float]]] = {
    "rank": (1, 1024), "alpha": (1e-3, 1e4), "dropout": (0, 0.9), "lora_plus": (0.1, 100), "last_layers": (1, 1000),
    "layer_decay": (0.01, 1), "learning_rate": (1e-8, 1), "epochs": (0.01, 1000), "batch_size": (1, 4096),
    "micro_batch_tokens": (16, 1_000_000), "max_length": (8, 1_000_000), "weight_decay": (0, 1), "warmup": (0, 0.9),
    "clip_norm": (1e-3, 1e6), "patience": (1, 1000), "evaluations": (1, 100), "seed": (0, 2**31 - 1),
    "test_share": (0.01, 0.4), "rag_golden": (0, 1), "rag_distractors": (0, 1), "rag_counterfactual": (0, 1),
    "replay": (0, 1),
}  # fmt: skip
_WHOLE: Final = {
    "rank", "last_layers", "batch_size", "micro_batch_tokens", "max_length", "patience", "evaluations", "seed",
}  # fmt: skip
_LORA: Final = ("lora", "dora")
_OF_METHODS: Final[dict[str, tuple[str, ...]]] = {
    "rank": _LORA, "alpha": _LORA, "dropout": _LORA, "targets": _LORA, "rslora": _LORA, "lora_plus": _LORA,
    "pissa": ("lora",), "last_layers": ("freeze",), "layer_decay": ("full",),
}  # fmt: skip
"""Options that only some methods have."""
_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "method": get_args(Method), "objective": get_args(Objective), "device": ("auto", "cpu", "cuda"),
}  # fmt: skip


def choose_options(given: Mapping[str, object], config: Path | None) -> TrainOptions:
    """Return the options of a run.

    Args:
        given: What was said on the command line, by field name.
        config: A TOML file with the same names; ``-`` and ``_`` are one.

    Raises:
        UsageError: A name is unknown or a value cannot be used; the message names the source, the name and the range.
    """
    values: dict[str, Any] = {}
    places: dict[str, str] = {}
    if config is not None:
        for written, value in _table(config).items():
            name = written.replace("-", "_")
            places[name] = f"{config}: {written}"
            values[name] = _checked(name, value, places[name])
    for name, value in given.items():
        places[name] = "--" + name.replace("_", "-")
        values[name] = _checked(name, value, places[name])
    options = TrainOptions(**values)
    _refuse_strangers({places[name]: name for name, value in values.items() if value is not False}, options)
    _check_together(options)
    return options


def _table(config: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(config.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{config} cannot be read as TOML: {error}") from error


def _checked(name: str, value: object, where: str) -> object:
    known = {field.name for field in fields(TrainOptions)}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        raise UsageError(f"{where} is not an option of a run" + (f"; did you mean {near[0]}?" if near else ""))
    if name == "targets":
        return _targets(value, where)
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise UsageError(f"{where} must be one of {', '.join(_CHOICES[name])}, not {value!r}")
        return value
    if name in _RANGES:
        return _number(name, value, where)
    if not isinstance(value, bool):
        raise UsageError(f"{where} must be true or false, not {value!r}")
    return value


def _number(name: str, value: object, where: str) -> float:
    low, high = _RANGES[name]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not low <= value <= high or (name in _WHOLE and value != int(value)):  # type: ignore[operator, call-overload]  # checked to be a number
        kind = "a whole number" if name in _WHOLE else "a number"
        raise UsageError(f"{where} must be {kind} from {low:g} to {_written(high)}, not {value!r}")
    return int(value) if name in _WHOLE else float(value)  # type: ignore[call-overload, arg-type]  # the same


def _written(limit: float) -> str:
    return f"{limit:,.0f}" if limit == int(limit) else f"{limit:g}"


def _targets(value: object, where: str) -> tuple[str, ...]:
    names: Sequence[object] = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else ()
    targets = tuple(str(name).strip() for name in names)
    unknown = next((name for name in targets if name not in ALL_LINEAR), None)
    if not targets or unknown is not None:
        # The embedding and the head are left out on purpose: llama.cpp cannot adapt them on tied models.
        raise UsageError(f"{where} must be some of {', '.join(ALL_LINEAR)}, not {unknown or value!r}")
    return targets


def _refuse_strangers(given: Mapping[str, str], options: TrainOptions) -> None:
    """Refuse what the method has no use for, by where it was said."""
    for place, name in given.items():
        methods = _OF_METHODS.get(name)
        if methods is not None and options.method not in methods:
            raise UsageError(f"{place} belongs to --method {' or '.join(methods)}, not {options.method}")
        if name.startswith("rag_") and name != "rag_aware" and not options.rag_aware:
            raise UsageError(f"{place} belongs to --rag-aware, which was not given")


def _check_together(options: TrainOptions) -> None:
    if options.objective == "text" and options.rag_aware:
        raise UsageError("--rag-aware needs questions and answers; --objective text has none")
    if options.rag_golden + options.rag_distractors + options.rag_counterfactual > 1:
        raise UsageError("--rag-golden, --rag-distractors and --rag-counterfactual together must not be more than 1")
