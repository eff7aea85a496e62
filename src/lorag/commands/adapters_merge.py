"""``lorag adapters merge``: an adapter added to its base, as a model of its own, with what that cost measured."""

import argparse
import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from lorag.adapters.fit import check_fits
from lorag.adapters.folder import Adapter
from lorag.adapters.manifest import Manifest, fingerprint, gguf_metadata
from lorag.adapters.strength import check_strength
from lorag.commands.adapters_names import own_adapter
from lorag.commands.session import load_request
from lorag.commands.terminal import StatusLine, harmless_json, harmless_line, shown_size
from lorag.engine.api import AdapterStrength, LoadRequest, QuantiseRequest
from lorag.engine.client import EngineClient
from lorag.errors import AdapterError, UsageError
from lorag.evaluation.bundled import general_questions
from lorag.evaluation.divergence import Divergence, draw_samples, measure_divergence
from lorag.evaluation.subject import EngineSubject
from lorag.models.find import builtin_model, find_model, list_models
from lorag.models.gguf import GgufMetadata, read_metadata
from lorag.models.quantisation import is_quantised
from lorag.paths import typed_path
from lorag.settings import Settings
from lorag.translation.translate import in_locale

Kind = Literal["F16", "Q8_0", "Q4_K_M"]
_QUESTIONS: Final = 24
_TOKENS: Final = 32
_TOO_FAR: Final = 0.05
"""Nats a token: about half of what is called forgetting (see the gates of training)."""


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Merge, measure and register."""
    adapter = own_adapter(settings.paths.adapters, arguments.name)
    manifest = adapter.manifest()
    base = _base(settings, arguments.base, manifest)
    kind: Kind = arguments.quantize
    target = _target(settings, arguments, f"{base.stem}-{adapter.name}-{kind}.gguf")
    model = read_metadata(base)
    check_fits(read_metadata(adapter.path), model)
    check_strength(f"--strength {arguments.strength:g}", arguments.strength)
    job = _Job(base, model, adapter, manifest, arguments.strength, kind)
    status = StatusLine(sys.stderr)
    partial = target.with_name(f".{target.name}.partial")
    try:
        distance = asyncio.run(_merge(settings, job, partial, status))
        partial.replace(target)
    finally:
        status.clear()
        for left in (partial, _unquantised(partial)):
            left.unlink(missing_ok=True)
    _print(arguments, target, job, distance)
    return 0


@dataclass(frozen=True, slots=True)
class _Job:
    """What is merged into what."""

    base: Path
    model: GgufMetadata
    """Of the base."""
    adapter: Adapter
    manifest: Manifest | None
    strength: float
    kind: Kind

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the merged file says beyond what its base said."""
        return {
            "general.name": f"{self.model.name} + {self.adapter.name}",
            **gguf_metadata(self.manifest or Manifest(self.adapter.name, "unknown", "", self.model.architecture, "")),
            "lorag.adapter": self.adapter.name,
        }

    @property
    def base_is_quantised(self) -> bool:
        """Whether quantising the result is doing it a second time."""
        return is_quantised(tensor.type_id for tensor in self.model.tensors.values())


def _base(settings: Settings, wanted: str | None, manifest: Manifest | None) -> Path:
    """Return the model that was named, else the one the adapter was trained on, else the one that is chatted with."""
    if wanted is not None:
        return find_model(wanted, settings.models_folder)
    builtin = builtin_model()
    here = [model.path for model in list_models(settings.models_folder)] if settings.models_folder.is_dir() else []
    candidates = [*([builtin] if builtin is not None else []), *here]
    chosen = typed_path(settings.model)
    candidates += [chosen] if chosen.is_file() else []
    if manifest is not None:
        for candidate in candidates:
            if fingerprint(candidate) == manifest.base_fingerprint:
                return candidate
    base = find_model(settings.model, settings.models_folder)
    name = manifest.base if manifest is not None else "a model nobody noted"
    note = in_locale(f"it was trained on {name}; merging into {base.name}")
    print(f"lorag: {harmless_line(note)}", file=sys.stderr)
    return base


def _target(settings: Settings, arguments: argparse.Namespace, name: str) -> Path:
    if arguments.write is None:
        settings.models_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = typed_path(arguments.write).absolute() if arguments.write else settings.models_folder / name
    if target.suffix != ".gguf" or not target.parent.is_dir():
        raise UsageError(f"--write {target}: expected the name of a .gguf file in a folder that exists")
    if target.exists() and not arguments.force:
        raise UsageError(f"{target} exists already; name another with --write, or replace it with --force")
    return target


def _unquantised(partial: Path) -> Path:
    return partial.with_name(partial.name + ".f16")


async def _merge(settings: Settings, job: _Job, partial: Path, status: StatusLine) -> Divergence:
    # torch and its companions load only here.
    from lorag.tuning.merge import delta_of_adapter, write_merged  # noqa: PLC0415

    status.show("adding what was learned to the model")
    whole = partial if job.kind == "F16" else _unquantised(partial)
    delta = delta_of_adapter(job.adapter.path, strength=job.strength)
    await asyncio.to_thread(write_merged, job.base, whole, delta, kind="F16", metadata=job.metadata)
    engine = EngineClient(settings.paths.logs / "engine.log")
    try:
        if job.kind != "F16":
            status.show(f"writing it as {job.kind}")
            await engine.quantise(QuantiseRequest(whole, partial, job.kind, requantise=job.base_is_quantised))
            whole.unlink()
        status.show("measuring how far it is from the model with the adapter")
        load = load_request(settings.model_copy(update={"model": str(job.base)}))
        return await _distance(engine, load, AdapterStrength(job.adapter.path, job.strength), partial)
    finally:
        await engine.close()


async def _distance(engine: EngineClient, load: LoadRequest, adapter: AdapterStrength, merged: Path) -> Divergence:
    """Return KL(base with adapter || merged) over what the first says to general questions."""
    model = await engine.load(load)
    await engine.set_adapters([adapter])
    questions = general_questions()[:_QUESTIONS]
    samples = await draw_samples(EngineSubject(engine, model), questions, max_tokens=_TOKENS)
    if not samples:
        raise AdapterError(f"{load.model.name} with the adapter answers nothing; there is nothing to compare")
    model = await engine.load(replace(load, model=merged))
    return await measure_divergence(samples, EngineSubject(engine, model))


def _print(arguments: argparse.Namespace, target: Path, job: _Job, distance: Divergence) -> None:
    size = target.stat().st_size
    # Estimated from samples it can fall below zero, which a divergence never does.
    mean, low, high = (max(0.0, value) for value in (distance.nats_per_token, distance.low, distance.high))
    if arguments.json:
        kl = {"nats_per_token": mean, "low": low, "high": high}
        report = {
            "merged": job.adapter.name,
            "base": str(job.base),
            "to": str(target),
            "bytes": size,
            "kl_to_tuned": kl,
        }
        print(harmless_json(report, sys.stdout))
        return
    print(f"written    {harmless_line(str(target))} ({shown_size(size)})")
    print(
        f"KL         {mean:.4f} nats a token to {harmless_line(job.base.stem)} with "
        f"{harmless_line(job.adapter.name)} (95 %: {low:.4f} to {high:.4f})"
    )
    if mean > _TOO_FAR:
        note = in_locale("that is noticeable; take --quantize F16, or switch the adapter on instead")
        print(f"lorag: {note}", file=sys.stderr)
    named = target if arguments.write else target.stem
    print(f"chat       lorag chat --model {harmless_line(str(named))}")
