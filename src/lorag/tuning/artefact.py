"""A checkpoint in the form that llama.cpp runs: a LoRA beside the base, or a model of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import PreTrainedModel

from lorag.errors import TrainingError
from lorag.tuning.base import BaseFacts
from lorag.tuning.checkpoint import Checkpoint, load_learned, refuse_no_numbers
from lorag.tuning.export import ia3_delta, lora_changes
from lorag.tuning.export_lora import write_lora
from lorag.tuning.merge import Delta, delta_of_weights, write_merged
from lorag.tuning.methods import Tunable
from lorag.tuning.plan import LORA_METHODS, Plan


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file that holds what was learned."""

    path: Path
    is_adapter: bool
    """Whether it is switched on over the base; else it is a whole model."""
    error: float
    """Relative error of a LoRA that stands for a change of full rank; 0 where nothing is lost."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """Writes checkpoints of one run."""

    tunable: Tunable
    facts: BaseFacts
    plan: Plan
    checkpoint: Checkpoint
    base: Path
    load_before: Callable[[], PreTrainedModel]
    """Loads the weights from before training once more."""

    @property
    def makes_adapters(self) -> bool:
        """Whether the method has a form that can be switched on and off."""
        return self.plan.method in LORA_METHODS

    def use_full_precision(self) -> None:
        """Give the frozen weights full precision again, for exact comparisons after training."""
        self.tunable.model.float()

    def recall(self, step: int) -> None:
        """Put the learned weights of a step back into the model.

        Raises:
            TrainingError: They cannot be read, or are no numbers.
        """
        path = self.checkpoint.weights(step)
        try:
            weights = torch.load(path, weights_only=True, map_location="cpu")
        except (OSError, RuntimeError) as error:
            raise TrainingError(f"{path} cannot be read: {error}") from error
        refuse_no_numbers(weights, step)
        load_learned(self.tunable, weights)

    def write(self, step: int, out: Path, metadata: Mapping[str, str]) -> Artefact:
        """Write what was learned up to a step; the model holds that step's weights afterwards.

        Raises:
            TrainingError: The weights cannot be read, or have no place in the base file.
        """
        self.recall(step)
        out.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.makes_adapters:
            found = lora_changes(self.tunable, self.facts, self.plan.method, self.plan.lora.rank)
            write_lora(out, iter(found.changes), self.facts, metadata)
            return Artefact(out, True, found.error)
        write_merged(self.base, out, self._delta(), kind="F16", metadata=metadata)
        return Artefact(out, False, 0.0)

    def _delta(self) -> Delta:
        if self.tunable.peft is not None:
            return ia3_delta(self.tunable.peft, self.facts)
        model = self.tunable.model
        learned = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
        before = self.load_before().state_dict()
        if not isinstance(model, PreTrainedModel):
            raise TrainingError(f"method {self.plan.method} has no weights to export")
        return delta_of_weights(model, {name: before[name] for name in learned}, self.facts)
