"""From what a person chose to every number of a run."""

from lorag.errors import TrainingError
from lorag.tuning.options import TrainOptions
from lorag.tuning.plan import (
    LoraOptions,
    Plan,
    automatic_batch_rows,
    automatic_epochs,
    automatic_learning_rate,
)

_MICRO_BATCH_TOKENS = 1024
_DEFAULT_RANK = 16
_TEXT_RANK = 32
_LAST_LAYERS = 4


def make_plan(options: TrainOptions, *, rows: int, longest: int, parameters: int, layers: int) -> Plan:
    """Return the plan of a run.

    Args:
        options: What the person chose.
        rows: Rows to train on.
        longest: Tokens of the longest row.
        parameters: Weights of the model.
        layers: Layers of the model.

    Raises:
        TrainingError: A choice does not fit the data or the model.
    """
    rank = options.rank or (_TEXT_RANK if options.objective == "text" else _DEFAULT_RANK)
    micro = options.micro_batch_tokens or max(_MICRO_BATCH_TOKENS, longest)
    if micro < longest:
        raise TrainingError(
            f"the longest row has {longest} tokens and one pass only {micro}; raise --micro-batch-tokens or lower "
            "--max-length"
        )
    if options.last_layers is not None and options.last_layers > layers:
        raise TrainingError(f"--last-layers must be 1 to {layers} for this model, not {options.last_layers}")
    lora = LoraOptions(
        rank=rank,
        alpha=options.alpha or 2.0 * rank,
        dropout=options.dropout,
        targets=options.targets,
        rslora=options.rslora,
        pissa=options.pissa,
        plus_ratio=options.lora_plus,
    )
    return Plan(
        method=options.method,
        objective=options.objective,
        epochs=options.epochs or automatic_epochs(options.method, options.objective, rows=rows),
        learning_rate=options.learning_rate
        or automatic_learning_rate(options.method, options.objective, rows=rows, parameters=parameters, lora=lora),
        batch_rows=options.batch_size or automatic_batch_rows(rows),
        micro_batch_tokens=micro,
        max_tokens=options.max_length or longest,
        seed=options.seed,
        lora=lora,
        last_layers=options.last_layers or min(_LAST_LAYERS, max(1, layers // 2)),
        layer_decay=options.layer_decay,
        weight_decay=options.weight_decay,
        warmup_share=options.warmup,
        clip_norm=options.clip_norm,
        patience=options.patience,
        evaluations=options.evaluations,
        checkpointing=options.checkpointing,
        device=options.device,
    )
