"""Take the pictures of the readme from the real chat: python scripts/screenshots.py [--model MODEL]."""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
SIZE: Final = (126, 36)
QUESTIONS: Final = {
    "en": "Within how many days may unopened bags be returned?",
    "ko": "입사 1년이 지나면 연차는 며칠인가요?",
}
_SECONDS: Final = 900


def main() -> int:
    """Index the examples, ask one question in each language, and write the screens."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="builtin", help="a GGUF file or the name of a model")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--question-en", default=QUESTIONS["en"])
    parser.add_argument("--question-ko", default=QUESTIONS["ko"])
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(LORAG_DATA_DIR=folder, LORAG_MODEL=arguments.model, LORAG_THREADS="1")
        command = [sys.executable, "-m", "lorag", "add", "examples", "--collection", "examples"]
        subprocess.run(command, cwd=ROOT, check=True)
        for language in QUESTIONS:
            question = getattr(arguments, f"question_{language}")
            picture = asyncio.run(take(language, question, Path(folder)))
            (arguments.out / f"app-{language}.svg").write_text(picture, encoding="utf-8")
    return 0


async def take(language: str, question: str, data: Path) -> str:
    """Ask in the app and return what the screen shows as SVG."""
    from lorag.commands.app_core import open_core  # noqa: PLC0415 - the environment comes first
    from lorag.settings import load_settings  # noqa: PLC0415
    from lorag.tui.app import LoragApp  # noqa: PLC0415
    from lorag.tui.core import Places  # noqa: PLC0415

    (data / "interface.json").write_text(json.dumps({"language": language}), encoding="utf-8")
    places = Places(data / "interface.json", data / "history", data / "draft", ROOT)
    app = LoragApp(lambda: open_core(load_settings({}).settings, ()), places)
    async with app.run_test(size=SIZE) as pilot, asyncio.timeout(_SECONDS):
        while app.session is None or app.session.model is None:
            if app.fatal or app.faults or app.engine_problem:
                raise SystemExit(f"{app.fatal or app.engine_problem or app.faults}")
            await pilot.pause(0.1)
        app.submit(question)
        while app.streaming:
            await pilot.pause(0.1)
        app.clear_notifications()
        await pilot.pause(1.0)
        picture = app.export_screenshot(title="lorag", simplify=True)
        await app.leave()
    return picture


if __name__ == "__main__":
    sys.exit(main())
