"""What was learned as a file that llama.cpp runs, proven to be what was trained."""

import shutil
from collections.abc import Mapping
from typing import Final

from lorag.commands.train_engine import TrainEngine
from lorag.commands.train_events import Stage
from lorag.commands.train_fit import Fitted, equivalence, load
from lorag.commands.train_request import Request
from lorag.commands.train_view import View
from lorag.errors import TrainingError
from lorag.tuning.artefact import Artefact, Exporter

_SAME_MEAN, _SAME_MOST = 0.1, 1.0
"""How far llama.cpp and torch may differ on one tuned model, nats a token: bf16 costs some hundredths."""
_FILE: Final = "result.gguf"


def exporter_of(request: Request, fitted: Fitted) -> Exporter:
    """Return what writes the checkpoints of a run whose training has ended."""
    exporter = Exporter(
        tunable=fitted.tunable,
        facts=fitted.facts,
        plan=fitted.plan,
        checkpoint=fitted.checkpoint,
        base=request.base,
        load_before=lambda: load(request, fitted.facts),
    )
    exporter.use_full_precision()
    return exporter


async def export(
    request: Request, engine: TrainEngine, exporter: Exporter, kept: tuple[int, Mapping[str, str]], view: View
) -> Artefact:
    """Write a step with what is to be said in the file, and test it.

    Raises:
        TrainingError: llama.cpp does not run what was trained.
    """
    step, metadata = kept
    view.show(Stage("export", f"exporting step {step} and testing it in llama.cpp"))
    artefact = exporter.write(step, request.folder.exported / _FILE, metadata)
    await use(engine, artefact)
    await _self_test(engine, exporter)
    await engine.use_base()
    return artefact


async def use(engine: TrainEngine, artefact: Artefact) -> None:
    """Run what was learned."""
    await (engine.use_adapter if artefact.is_adapter else engine.use_model)(artefact.path)


def clear(request: Request) -> None:
    """Remove the exported checkpoints that were not kept."""
    shutil.rmtree(request.folder.exported, ignore_errors=True)


async def _self_test(engine: TrainEngine, exporter: Exporter) -> None:
    """Compare what llama.cpp runs with what was trained.

    Raises:
        TrainingError: They differ.
    """
    found = await equivalence(engine, exporter.tunable.model)  # type: ignore[arg-type]  # a PreTrainedModel
    # A NaN is no agreement either.
    exact = found.mean_difference <= _SAME_MEAN and found.largest_difference <= _SAME_MOST
    if not (found.near if exporter.facts.quantised else exact):
        raise TrainingError(
            "llama.cpp does not run what was trained: log likelihoods differ by "
            f"{found.mean_difference:.2f} nats on average, {found.largest_difference:.2f} at most; the run is kept in "
            f"{exporter.checkpoint.folder.parent}, nothing was registered"
        )
