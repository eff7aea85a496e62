"""A PEFT folder made elsewhere becomes a LoRA that llama.cpp applies, proven by applying it."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Final

from lorag.adapters.fit import check_fits
from lorag.adapters.manifest import Manifest, fingerprint
from lorag.commands.adapters_export import now
from lorag.commands.session import load_request
from lorag.engine.api import AdapterStrength
from lorag.engine.blocking import BlockingEngine
from lorag.errors import AdapterError
from lorag.models.gguf import read_metadata
from lorag.prompts.messages import Segment
from lorag.settings import Settings
from lorag.tuning.base import read_facts
from lorag.tuning.export_lora import write_lora
from lorag.tuning.import_peft import CONFIG_NAME, peft_changes

_PROBE: Final = (Segment("Good morning.", special=False),)
_KEPT: Final = ("base_model_name_or_path", "r", "lora_alpha", "use_rslora", "target_modules")


def import_peft(source: Path, base: Path, out: Path, settings: Settings) -> Manifest:
    """Write ``out`` and return what is known of the adapter.

    Raises:
        AdapterError: The folder holds no LoRA that llama.cpp can apply, or one of another model.
    """
    facts = read_facts(base)
    write_lora(out, peft_changes(source, base), facts, {})
    check_fits(read_metadata(out), read_metadata(base))
    _try_out(out, base, settings)
    config = json.loads((source / CONFIG_NAME).read_bytes())
    known = {key: config[key] for key in _KEPT if isinstance(config.get(key), (str, int, float, bool, list))}
    return Manifest(
        name="",
        base=base.stem,
        base_fingerprint=fingerprint(base),
        architecture=facts.architecture,
        created=now(),
        hyperparameters=known,
    )


def _try_out(adapter: Path, base: Path, settings: Settings) -> None:
    """Apply it once: what llama.cpp refuses must not reach the chat."""
    with BlockingEngine(settings.paths.logs / "engine.log") as engine:
        engine.load(replace(load_request(settings.model_copy(update={"model": str(base)})), context_tokens=256))
        engine.set_adapters([AdapterStrength(adapter)])
        scores = engine.score(_PROBE, " How are you?")
    if not all(math.isfinite(score) for score in scores):
        raise AdapterError(f"{adapter.parent.name}: with it the model computes no numbers; its weights are damaged")
