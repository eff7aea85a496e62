"""A whole run on the built-in model: from rows to an adapter with its table, report and picture."""

import json
from pathlib import Path

import pytest

from lorag.adapters.folder import find_adapter
from lorag.cli.main import main
from lorag.models.find import builtin_model

pytestmark = [
    pytest.mark.xdist_group("torch"),
    pytest.mark.filterwarnings("default"),
]
REFUNDS = Path(__file__).parents[2] / "examples" / "refund-assistant" / "refunds.jsonl"


def test_the_builtin_model_is_tuned_measured_and_judged(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(REFUNDS.read_text("utf-8").splitlines(keepends=True)[:16]), encoding="utf-8")

    code = main(
        [
            "train",
            str(rows),
            "--name",
            "short",
            "--epochs",
            "1",
            "--evaluations",
            "1",
            "--threads",
            "1",
            "--yes",
            "--json",
        ]
    )

    assert code == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    result = events[-1]
    assert result["event"] == "result"
    assert len(result["table"]["rows"]) == 4
    manifest = find_adapter(data_dir / "adapters", "short")[0].manifest()
    base = builtin_model()
    assert manifest is not None
    assert base is not None
    assert manifest.verdict == result["verdict"]
    run = Path(result["run"])
    assert "perplexity" in (run / "report.md").read_text("utf-8").lower() or "당혹도" in (run / "report.md").read_text(
        "utf-8"
    )
    assert next(run.glob("*.png")).read_bytes().startswith(b"\x89PNG")
