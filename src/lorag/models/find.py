"""Where GGUF files are: built in, in the models folder, or wherever a path points."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lorag.errors import ModelError
from lorag.paths import is_file, typed_path

BUILTIN: Final = "builtin"
_PACKAGE = Path(__file__).resolve().parent.parent
_BUILTIN_FOLDERS: Final = (_PACKAGE / "builtin" / "chat", _PACKAGE.parent.parent / "models" / "chat")
"""In an installed wheel, and in a checkout."""
_EMBEDDER_FOLDERS: Final = (_PACKAGE / "builtin" / "embedder", _PACKAGE.parent.parent / "models" / "embedder")
_LATER_PART = re.compile(r"-(?!00001)\d{5}-of-\d{5}$")


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model file and what it can be called."""

    name: str
    path: Path


def builtin_model() -> Path | None:
    """Return the chat model that comes with lorag, if it is there."""
    files = (file for folder in _BUILTIN_FOLDERS for file in sorted(folder.glob("*.gguf")))
    return next(files, None)


def builtin_embedder() -> Path | None:
    """Return the folder of the embedder that comes with lorag, if it is there."""
    return next((folder for folder in _EMBEDDER_FOLDERS if (folder / "modules.json").is_file()), None)


def list_models(folder: Path) -> list[LocalModel]:
    """Return the model files below a folder, by name; of a split model, its first part."""
    files = (file for file in folder.rglob("*.gguf") if file.is_file())
    models = [LocalModel(file.stem, file) for file in files if not _LATER_PART.search(file.stem)]
    return sorted(
        (model for model in models if not model.name.startswith("mmproj")), key=lambda model: model.name.lower()
    )


def find_model(wanted: str, folder: Path) -> Path:
    """Return the file of a model: ``builtin``, a path, or the name of a file in the models folder or of the built-in one."""
    builtin = builtin_model()
    if wanted == BUILTIN:
        if builtin is None:
            raise ModelError("this installation has no built-in model; choose one with --model, or run: lorag models")
        return builtin
    path = typed_path(wanted)
    if is_file(path):
        return path
    models = list_models(folder)
    if builtin is not None:
        models.append(LocalModel(builtin.stem, builtin))
    found = next((model.path for model in models if wanted.lower() in _names(model)), None)
    if found is None:
        raise ModelError(_not_found(wanted, folder, [model.name for model in models]))
    return found


def _names(model: LocalModel) -> tuple[str, str]:
    return model.name.lower(), model.path.name.lower()


def _not_found(wanted: str, folder: Path, names: list[str]) -> str:
    near = difflib.get_close_matches(wanted, names, n=1)
    hint = f"did you mean {near[0]}?" if near else "lorag models lists what there is"
    return f"there is no model file {wanted}, and no model of that name in {folder}; {hint}"
