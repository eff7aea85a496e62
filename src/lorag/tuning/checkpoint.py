"""A run on disk: complete at every moment, so that a killed run goes on as if nothing had happened."""

import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from lorag.errors import TrainingError
from lorag.tuning.methods import Tunable


@dataclass(slots=True)
class Progress:
    """How far a run is."""

    step: int = 0
    best_loss: float = math.inf
    best_step: int = 0
    worse: int = 0
    """Evaluations since the best one."""
    stopped: bool = False
    losses: list[tuple[int, float]] = field(default_factory=list)
    """(step, validation loss)"""

    def evaluated(self, loss: float, *, patience: int) -> None:
        """Take in a validation loss."""
        self.losses.append((self.step, loss))
        if loss < self.best_loss:
            self.best_loss, self.best_step, self.worse = loss, self.step, 0
        else:
            self.worse += 1
        self.stopped = self.worse >= patience


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The folder of a run."""

    folder: Path
    fingerprint: str
    """Of the plan, the data and the base; a run of another one is not continued."""

    @property
    def _latest(self) -> Path:
        return self.folder / "latest.pt"

    def weights(self, step: int) -> Path:
        """Return where the learned weights of a kept step lie."""
        return self.folder / f"step-{step:06}.pt"

    def save(self, tunable: Tunable, optimizer: torch.optim.Optimizer, progress: Progress, *, keep: bool) -> None:
        """Write everything that the next step depends on, then put it in place in one move.

        Raises:
            TrainingError: A weight is no number any more; what was saved before stays.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        learned = learned_weights(tunable)
        refuse_no_numbers(learned, progress.step)
        if keep:
            _write(learned, self.weights(progress.step))
        state = {
            "fingerprint": self.fingerprint,
            "weights": learned,
            "optimizer": optimizer.state_dict(),
            "progress": asdict(progress),
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        }
        _write(state, self._latest)

    def restore(self, tunable: Tunable, optimizer: torch.optim.Optimizer) -> Progress | None:
        """Load the run into the model and the optimizer, or return None when there is none.

        Raises:
            TrainingError: The folder holds a run with another plan, data or base.
        """
        if not self._latest.is_file():
            return None
        # The states of the random generators must stay on the CPU; weights and moments are copied to where they belong.
        state = torch.load(self._latest, weights_only=True, map_location="cpu")
        if state["fingerprint"] != self.fingerprint:
            raise TrainingError(
                f"{self.folder} holds a run with other settings, data or base; remove it, or choose another --name"
            )
        load_learned(tunable, state["weights"])
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        if len(state["random_cuda"]) == torch.cuda.device_count() > 0:
            torch.cuda.set_rng_state_all(state["random_cuda"])
        values = dict(state["progress"])
        values["losses"] = [tuple(loss) for loss in values["losses"]]
        return Progress(**values)

    def steps_done(self) -> int:
        """Return after how many steps the run was saved last."""
        if not self._latest.is_file():
            return 0
        return int(torch.load(self._latest, weights_only=True, map_location="cpu")["progress"]["step"])

    def kept(self) -> list[tuple[int, float]]:
        """Return (step, validation loss) of every kept checkpoint, the best first."""
        if not self._latest.is_file():
            return []
        losses = torch.load(self._latest, weights_only=True, map_location="cpu")["progress"]["losses"]
        return sorted(((int(step), float(loss)) for step, loss in losses), key=lambda one: (one[1], one[0]))


def learned_weights(tunable: Tunable) -> dict[str, torch.Tensor]:
    """Return copies of the weights that learn, by name."""
    named = tunable.model.named_parameters()
    return {name: parameter.detach().cpu().clone() for name, parameter in named if parameter.requires_grad}


def refuse_no_numbers(weights: Mapping[str, torch.Tensor], step: int) -> None:
    """Raise when learned weights are infinite or NaN.

    Raises:
        TrainingError: They are.
    """
    broken = next((name for name, weight in weights.items() if not bool(torch.isfinite(weight).all())), None)
    if broken is not None:
        raise TrainingError(
            f"what was learned up to step {step} is no number any more ({broken}); lower --learning-rate and start anew "
            "with --overwrite"
        )


def load_learned(tunable: Tunable, weights: dict[str, torch.Tensor]) -> None:
    """Put learned weights back."""
    parameters = dict(tunable.model.named_parameters())
    with torch.no_grad():
        for name, weight in weights.items():
            parameters[name].copy_(weight)


def _write(state: object, path: Path) -> None:
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)
