"""Everything a run is decided by: chosen by the person, or from the data and the method."""

from dataclasses import dataclass
from typing import Final, Literal

Method = Literal["lora", "dora", "ia3", "freeze", "head", "full"]
Objective = Literal["sft", "text"]

LORA_METHODS: Final = frozenset({"lora", "dora"})
"""Methods whose result is an adapter that can be switched on and off; the others make a merged model."""
ALL_LINEAR: Final = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


_PISSA_STRENGTH: Final = 4.0
"""B does not start at zero and lies along the largest singular values; measured by the first gradients."""


@dataclass(frozen=True, slots=True)
class LoraOptions:
    """The shape of a low-rank adapter (Hu et al. 2021)."""

    rank: int = 16
    alpha: float = 32.0
    dropout: float = 0.05
    targets: tuple[str, ...] = ALL_LINEAR
    rslora: bool = False
    """Scale by alpha / sqrt(rank) (Kalajdzievski 2023)."""
    pissa: bool = False
    """Start from the principal singular vectors of the weight (Meng et al. 2024)."""
    plus_ratio: float = 1.0
    """Learning rate of B over that of A; 16 is LoRA+ (Hayou et al. 2024), 1 is plain."""

    @property
    def strength(self) -> float:
        """How many times as much a step changes the model as with a plain adapter of this rank."""
        return self.plus_ratio * (self.rank**0.5 if self.rslora else 1.0) * (_PISSA_STRENGTH if self.pissa else 1.0)


@dataclass(frozen=True, slots=True)
class Plan:
    """One training run."""

    method: Method
    objective: Objective
    epochs: float
    learning_rate: float
    batch_rows: int
    """Rows behind one optimizer step."""
    micro_batch_tokens: int
    """Tokens of one forward pass; rows are packed up to it."""
    max_tokens: int
    """Longest row; a longer one is refused, not cut."""
    seed: int
    lora: LoraOptions = LoraOptions()
    last_layers: int = 4
    """With ``freeze``: how many layers from the top are trained."""
    layer_decay: float = 1.0
    """With ``full``: each layer below the top learns this much slower (layer-wise decay, Howard and Ruder 2018)."""
    weight_decay: float = 0.01
    warmup_share: float = 0.1
    clip_norm: float = 1.0
    patience: int = 3
    """Stop after this many evaluations without a better validation loss."""
    evaluations: int = 6
    """How many times the validation loss is measured over the run."""
    checkpointing: bool = False
    """Recompute activations in the backward pass: about a third slower, far less memory."""
    threads: int = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"


_LEARNING_RATES: Final[dict[Method, float]] = {
    "lora": 2e-4, "dora": 2e-4, "ia3": 5e-3, "freeze": 5e-5, "head": 1e-3, "full": 2e-5,
}  # fmt: skip
_SMALL_MODEL: Final = 100_000_000
_MANY_ROWS: Final = 1000
_HIGH_RANK: Final = 64
_FREE_STRENGTH: Final = 4.0
"""Up to here larger steps need no lower rate."""
_STRENGTH_POWER: Final = 2 / 3
"""Fits the best of some rates for one, two and three of them together on the built-in model."""
_FEW_ROWS: Final = 100


def automatic_learning_rate(
    method: Method, objective: Objective, *, rows: int, parameters: int, lora: LoraOptions
) -> float:
    """Return a learning rate that is safe for the method (Biderman et al. 2024, Schulman et al. 2025).

    Models under 100 M parameters need ten times more: their weights are larger and their gradients noisier. Text gets a
    quarter, because continued pre-training forgets faster than it learns. rsLoRA, PiSSA and LoRA+ each make a step larger
    and multiply; where that comes to more than four times, the rate is lowered, or the run diverges.
    """
    rate = _LEARNING_RATES[method]
    if method in LORA_METHODS:
        rate /= max(1.0, lora.strength / _FREE_STRENGTH) ** _STRENGTH_POWER
        if rows > _MANY_ROWS or lora.rank >= _HIGH_RANK:
            rate /= 2
    if parameters < _SMALL_MODEL:
        rate *= 10 if method != "ia3" else 2
    return rate / 4 if objective == "text" else rate


def automatic_epochs(method: Method, objective: Objective, *, rows: int) -> float:
    """Return how often the data is seen: more for little data, once for text."""
    if objective == "text":
        return 1.0
    if method == "full":
        return 2.0
    return 5.0 if rows < _FEW_ROWS else 3.0


def automatic_batch_rows(rows: int) -> int:
    """Return the rows behind one optimizer step."""
    return 4 if rows < _FEW_ROWS else 8
