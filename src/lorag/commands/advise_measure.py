"""``lorag advise --measure``: a short training on the examples, and what its numbers say."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from lorag.commands.terminal import harmless, harmless_json
from lorag.errors import TrainingError
from lorag.prompts.language import Language
from lorag.settings import Settings

_EPOCHS: Final = "2"
_TEXTS: Final[dict[Language, dict[str, str]]] = {
    "en": {"kept": "The adapter of this experiment is {name}; a full training may do better: lorag train EXAMPLES"},
    "ko": {"kept": "이 실험의 어댑터는 {name} 입니다. 제대로 학습하면 더 나을 수 있습니다: lorag train 예시"},
}


def measure(settings: Settings, paths: Sequence[Path], language: Language, *, as_json: bool) -> int:
    """Train briefly, then print the four rows and the verdict.

    Raises:
        TrainingError: The training did not come to its end; it has said why itself.
    """
    name = time.strftime("advice-%Y%m%d-%H%M%S")
    command = [sys.executable, "-m", "lorag", "train", *map(str, paths), "--name", name, "--epochs", _EPOCHS]
    command += ["--base", settings.model, "--data-dir", str(settings.data_dir)]
    # What the training shows on the way is no part of the answer.
    result = subprocess.run(command, stdout=sys.stderr, check=False)
    if result.returncode:
        raise TrainingError("the experiment did not come to its end; see above")
    report = _report(settings, name)
    if as_json:
        print(harmless_json({"adapter": name, **report}, sys.stdout))
        return 0
    print(f"\n{harmless(report['words'])}")
    print(_TEXTS[language]["kept"].format(name=name))
    return 0


def _report(settings: Settings, name: str) -> dict[str, Any]:
    path = settings.paths.runs / name / "report.json"
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report
