"""A Hugging Face folder as base: the GGUF of the same model is written once, proven, and trained and chatted with."""

import asyncio
import contextlib
from pathlib import Path

from lorag.commands.train_engine import TrainEngine, open_engine
from lorag.commands.train_events import Stage
from lorag.commands.train_fit import equivalence
from lorag.commands.train_view import View
from lorag.errors import TrainingError
from lorag.models.gguf import read_metadata
from lorag.prompts.messages import Segment
from lorag.settings import Settings
from lorag.tuning.folder_gguf import PROBES, SOURCE_KEY, check_tokens, folder_fingerprint, write_folder_as_gguf


async def convert(settings: Settings, folder: Path, out: Path, view: View) -> None:
    """Write ``out`` from a folder, unless it was written from it before.

    Raises:
        TrainingError: The model cannot be written exactly, or llama.cpp makes something else of it.
    """
    if await asyncio.to_thread(_is_made, folder, out):
        return
    view.show(Stage("convert", f"writing {out.name} from {folder}"))
    out.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = out.with_name(f".{out.stem}.partial.gguf")
    try:
        model = await asyncio.to_thread(write_folder_as_gguf, folder, partial, out.stem)
        async with open_engine(settings, partial) as engine:
            check_tokens(folder, [await _tokens(engine, text) for text in PROBES])
            found = await equivalence(engine, model.float())  # type: ignore[no-untyped-call]  # transformers leaves it unannotated
        if not found.close:
            raise TrainingError(
                f"llama.cpp makes something else of it: log likelihoods differ by {found.mean_difference:.2f} nats on "
                f"average, {found.largest_difference:.2f} at most"
            )
        partial.replace(out)
    except TrainingError as error:
        raise TrainingError(
            f"{folder} cannot be turned into a GGUF: {error}. Convert it with llama.cpp and name both: "
            f"--base FILE.gguf --weights {folder}"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _is_made(folder: Path, out: Path) -> bool:
    """Tell whether the GGUF of a folder is there.

    Raises:
        TrainingError: Something else is there in its place.
    """
    if not out.is_file():
        return False
    if read_metadata(out).text(SOURCE_KEY) != folder_fingerprint(folder):
        raise TrainingError(
            f"{out} is there already and was not made from {folder}; move it away, or rename the folder"
        )
    return True


async def _tokens(engine: TrainEngine, text: str) -> list[int]:
    """Return the tokens of a text without the one that every text begins with."""
    ids = await engine.client.tokenise([Segment(text, special=False)])
    return ids[1:] if engine.special.adds_bos and ids[:1] == [engine.special.bos] else ids
