"""Which weights of a model learn, by method."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from peft import IA3Config, LoraConfig, PeftModel, get_peft_model
from torch import nn
from transformers import PreTrainedModel

from lorag.errors import TrainingError
from lorag.tuning.dora import make_safe
from lorag.tuning.plan import Plan

_FFN = ("down_proj",)
_IA3_TARGETS = ("k_proj", "v_proj", "down_proj")


@dataclass(frozen=True, slots=True)
class Tunable:
    """A model of which a part learns."""

    model: nn.Module
    """What is called in training: the model, or the model inside its PEFT wrapper."""
    peft: PeftModel | None
    """The wrapper, with methods that add weights."""
    trained_parameters: int
    total_parameters: int
    start: Mapping[str, torch.Tensor] = field(default_factory=dict)
    """The learned weights before training, where they already stood for a part of the base (PiSSA)."""


def prepare(model: PreTrainedModel, plan: Plan) -> Tunable:
    """Freeze everything and let the method's weights learn.

    Raises:
        TrainingError: The method does not fit the model.
    """
    total = sum(parameter.numel() for parameter in model.parameters())
    torch.manual_seed(plan.seed)
    peft = None
    if plan.method in ("lora", "dora", "ia3"):
        with warnings.catch_warnings():
            # peft still asks transformers by a name that the latter has given up.
            warnings.filterwarnings("ignore", category=FutureWarning)
            peft = get_peft_model(model, _peft_config(plan))
        if plan.method == "dora":
            make_safe(peft)
    else:
        _choose(model, plan)
    trained = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    if not trained:
        raise TrainingError(f"method {plan.method} finds no weights to train in this model")
    start = {}
    if plan.lora.pissa:
        start = {
            name: parameter.detach().cpu().clone()
            for name, parameter in model.named_parameters()
            if parameter.requires_grad
        }
    return Tunable(model, peft, trained, total, start)


def _peft_config(plan: Plan) -> LoraConfig | IA3Config:
    if plan.method == "ia3":
        return IA3Config(target_modules=list(_IA3_TARGETS), feedforward_modules=list(_FFN), task_type="CAUSAL_LM")
    lora = plan.lora
    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,  # type: ignore[arg-type]  # annotated int, used as a factor
        lora_dropout=lora.dropout,
        target_modules=list(lora.targets),
        use_rslora=lora.rslora,
        use_dora=plan.method == "dora",
        init_lora_weights="pissa" if lora.pissa else True,
        task_type="CAUSAL_LM",
    )


def _choose(model: PreTrainedModel, plan: Plan) -> None:
    """Let the head, the last layers with the final norm, or everything learn."""
    model.requires_grad_(plan.method == "full")
    if plan.method == "head":
        untie_head(model)
        output_head(model).requires_grad_(True)
    if plan.method == "freeze":
        layers = decoder_layers(model)
        if not 0 < plan.last_layers <= len(layers):
            raise TrainingError(f"--last-layers must be 1 to {len(layers)} for this model, not {plan.last_layers}")
        for layer in layers[-plan.last_layers :]:
            layer.requires_grad_(True)
        decoder(model).norm.requires_grad_(True)


def untie_head(model: PreTrainedModel) -> None:
    """Give a model with tied embeddings an output head of its own, so that training it leaves the input alone."""
    weight = model.get_input_embeddings().weight
    head = output_head(model)
    if isinstance(weight, torch.Tensor) and head.weight is weight:
        head.weight = nn.Parameter(weight.detach().clone())
        model.config.tie_word_embeddings = False


def decoder(model: PreTrainedModel) -> nn.Module:
    """Return the part below the output head."""
    inner = model.get_decoder()  # type: ignore[no-untyped-call]  # transformers leaves it unannotated
    if not isinstance(inner, nn.Module):
        raise TrainingError(f"{type(model).__name__} has no decoder to train")
    return inner


def output_head(model: PreTrainedModel) -> nn.Module:
    """Return the matrix from the last hidden state to the vocabulary."""
    head = model.get_output_embeddings()  # type: ignore[no-untyped-call]  # transformers leaves it unannotated
    if not isinstance(head, nn.Module):
        raise TrainingError(f"{type(model).__name__} has no output head")
    return head


def decoder_layers(model: PreTrainedModel) -> Sequence[nn.Module]:
    """Return the transformer blocks from the bottom up."""
    return list(decoder(model).layers)  # type: ignore[arg-type]  # a ModuleList in every supported architecture


def parameter_groups(tunable: Tunable, plan: Plan) -> list[dict[str, object]]:
    """Return optimizer groups: LoRA+ for B, layer-wise decay for ``full``, no weight decay on vectors."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in _trained(tunable.model):
        rate = plan.learning_rate * _rate_factor(name, tunable, plan)
        decay = plan.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return [
        {"params": parameters, "lr": rate, "initial_lr": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]


def _trained(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    return ((name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad)


def _rate_factor(name: str, tunable: Tunable, plan: Plan) -> float:
    if ".lora_B." in name:
        return plan.lora.plus_ratio
    if plan.method == "full" and plan.layer_decay < 1.0:
        count = len(decoder_layers(tunable.model))  # type: ignore[arg-type]  # a PreTrainedModel without PEFT
        depth = _layer_number(name)
        # The embedding lies below the first layer, the head and the final norm above the last.
        below_top = count if "embed_tokens" in name else 0 if depth is None else count - 1 - depth
        return float(plan.layer_decay**below_top)
    return 1.0


def _layer_number(name: str) -> int | None:
    parts = name.split(".")
    return int(parts[parts.index("layers") + 1]) if "layers" in parts else None
