import contextlib
import copy
import io
import json
import os
import shutil
import signal
import subprocess
import sys

import pytest
import torch

from lorag.adapters.folder import find_adapter, list_adapters
from lorag.adapters.manifest import read_manifest
from lorag.cli.main import main
from lorag.commands.train_lock import run_lock
from lorag.engine.api import QuantiseRequest
from lorag.engine.blocking import BlockingEngine
from lorag.models.find import builtin_model, find_model
from lorag.models.gguf import read_metadata
from lorag.tuning.base import load_base
from lorag.tuning.run_folder import RunFolder
from tests.tuning.tiny_models import tiny_model

pytestmark = [
    pytest.mark.xdist_group("torch"),
    pytest.mark.filterwarnings("default"),
]

COLOURS = ("red", "blue", "green", "black")


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    lines = [
        json.dumps({"question": f"How is the {COLOURS[i % 4]} order {i}?", "answer": f"Hello, order {i} is in."})
        for i in range(24)
    ]
    path.write_text("\n".join([*lines, '{"question": "no answer"}', lines[0]]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def base():
    return tiny_model("llama")[1]


def train(capsys, *arguments):
    """Run the command in this process and return its exit code, its events and what it said to people."""
    code = main(["train", *map(str, arguments), "--yes", "--json", "--threads", "1"])
    captured = capsys.readouterr()
    return code, [json.loads(line) for line in captured.out.splitlines()], captured.err


QUICK = ("--no-evaluation", "--epochs", "2", "--rank", "2", "--evaluations", "2")


def test_examples_become_an_adapter_that_the_chat_finds_by_name(capsys, rows, base, data_dir):
    code, events, _ = train(
        capsys, rows, "--name", "orders", "--base", base, "--license", "CC0-1.0", "--origin", "our desk", *QUICK
    )
    assert code == 0
    adapter, _ = find_adapter(data_dir / "adapters", "orders")
    manifest = adapter.manifest()
    assert manifest is not None
    assert (manifest.name, manifest.method, manifest.architecture) == ("orders", "lora", "llama")
    assert (manifest.license, manifest.origin, manifest.verdict) == ("CC0-1.0", "our desk", "unmeasured")
    lora = manifest.hyperparameters["lora"]
    assert isinstance(lora, dict)
    assert lora["rank"] == 2
    assert len(manifest.base_fingerprint) == len(manifest.data_hash) == len(manifest.template_hash) == 64
    assert events[-1]["event"] == "result"
    assert events[-1]["adapter"] == str(data_dir / "adapters" / "orders")


def test_every_event_is_one_json_line_and_the_log_keeps_them(capsys, rows, base, data_dir):
    _, events, _ = train(capsys, rows, "--name", "orders", "--base", base, *QUICK)
    names = [event["event"] for event in events]
    assert set(names) == {
        "stage", "finding", "data", "sample", "warning", "split", "plan", "estimate", "step", "evaluation", "result",
    }  # fmt: skip
    run = data_dir / "runs" / "orders"
    logged = [json.loads(line)["event"] for line in (run / "log.jsonl").read_text().splitlines()]
    assert logged == names
    kinds = [json.loads(line)["kind"] for line in (run / "findings.jsonl").read_text().splitlines()]
    assert sorted(kinds) == ["duplicate", "unrecognised"]
    steps = [event for event in events if event["event"] == "step"]
    assert [event["step"] for event in steps] == list(range(1, steps[-1]["total_steps"] + 1))


def test_the_test_rows_are_never_trained_on(capsys, rows, base, data_dir):
    train(capsys, rows, "--name", "orders", "--base", base, *QUICK)
    folder = RunFolder(data_dir / "runs" / "orders")
    parts = {part: {one.question for one in folder.read_examples(part)} for part in ("train", "validation", "test")}
    assert sum(len(part) for part in parts.values()) == 24
    assert not parts["train"] & parts["test"]
    assert not parts["train"] & parts["validation"]


MODEL = ("--method", "head", "--no-evaluation", "--epochs", "2", "--evaluations", "2")


def test_a_method_without_a_lora_becomes_a_model_that_is_found_by_name(capsys, rows, base, data_dir):
    code, events, _ = train(capsys, rows, "--name", "whole", "--base", base, *MODEL)
    assert code == 0
    assert events[-1]["adapter"] is None
    assert find_model("whole", data_dir / "models") == data_dir / "models" / "whole.gguf"
    assert list_adapters(data_dir / "adapters") == []


def test_a_model_says_what_it_was_made_of_in_its_file_and_beside_it(capsys, rows, base, data_dir):
    licence = ("--license", "CC-BY-4.0", "--origin", "our desk")
    train(capsys, rows, "--name", "whole", "--base", base, *licence, *MODEL)
    file = read_metadata(data_dir / "models" / "whole.gguf")
    assert file.text("lorag.data_license") == "CC-BY-4.0"
    assert file.text("lorag.data_origin") == "our desk"
    assert (file.text("lorag.method"), file.text("lorag.verdict")) == ("head", "unmeasured")
    assert json.loads(file.text("lorag.hyperparameters"))["epochs"] == 2
    manifest = read_manifest(data_dir / "models" / "whole.manifest.json")
    assert (manifest.license, manifest.origin, manifest.method) == ("CC-BY-4.0", "our desk", "head")
    for command in ("adapters", "models"):
        assert main([command, "info", "whole"]) == 0
        shown = capsys.readouterr().out
        assert all(word in shown for word in ("CC-BY-4.0", "our desk", "head", "unmeasured"))


def test_an_adapter_says_what_it_was_made_of_in_its_file_too(capsys, rows, base, data_dir):
    train(capsys, rows, "--name", "orders", "--base", base, "--origin", "our desk", *QUICK)
    file = read_metadata(data_dir / "adapters" / "orders" / "adapter.gguf")
    assert (file.text("lorag.data_license"), file.text("lorag.data_origin")) == ("unknown", "our desk")


def test_two_processes_do_not_work_on_one_run(capsys, rows, base, data_dir):
    with run_lock(RunFolder(data_dir / "runs" / "orders")):
        assert main(["train", str(rows), "--name", "orders", "--base", str(base), "--yes", "--overwrite"]) == 1
        assert "another process is at work on the run orders" in capsys.readouterr().err
        assert train(capsys, rows, "--name", "other", "--base", base, *QUICK)[0] == 0
    assert train(capsys, rows, "--name", "orders", "--base", base, *QUICK)[0] == 0


def test_each_run_keeps_the_log_of_its_own_engine(capsys, rows, base, data_dir):
    train(capsys, rows, "--name", "orders", "--base", base, *QUICK)
    assert (data_dir / "runs" / "orders" / "engine.log").is_file()
    assert not (data_dir / "logs" / "train-engine.log").exists()


def test_the_unquantised_weights_of_the_same_model_can_be_trained(capsys, rows, tmp_path, data_dir):
    model, base = tiny_model("llama")
    folder = tmp_path / "both"
    model.save_pretrained(folder)
    shutil.copy(base, folder / "chat.gguf")
    code, _, _ = train(capsys, rows, "--name", "exact", "--base", folder, *QUICK)
    assert code == 0
    manifest = find_adapter(data_dir / "adapters", "exact")[0].manifest()
    assert manifest is not None
    assert manifest.base == "chat"


@pytest.mark.parametrize("kind", ["Q8_0", "Q4_0"])
def test_a_quantised_model_can_be_trained_though_llama_cpp_rounds_what_it_computes(
    capsys, rows, tmp_path, data_dir, kind
):
    # Tiny models are too unsure of anything to show it: the built-in one is off by 0.1 and 0.3 nats a token.
    full, base = builtin_model(), tmp_path / "small.gguf"
    assert full is not None
    with BlockingEngine(tmp_path / "engine.log") as engine:
        engine.quantise(QuantiseRequest(full, base, kind))

    code, events, said = train(capsys, rows, "--name", "orders", "--base", base, *QUICK)

    assert code == 0, said
    assert events[-1]["adapter"] is not None
    manifest = find_adapter(data_dir / "adapters", "orders")[0].manifest()
    assert manifest is not None
    assert manifest.base == "small"


@pytest.mark.parametrize("quantised", [False, True])
def test_a_quantised_model_with_other_weights_is_refused_as_any_other(capsys, rows, tmp_path, monkeypatch, quantised):
    """As a wrong permutation would make it: half of the positions are told by the other half of a head."""
    full, base = builtin_model(), tmp_path / "small.gguf"
    assert full is not None
    with BlockingEngine(tmp_path / "engine.log") as engine:
        engine.quantise(QuantiseRequest(full, base, "Q4_0" if quantised else "F16"))

    def permuted(*arguments, **options):
        model = load_base(*arguments, **options)
        with torch.no_grad():
            for layer in model.model.layers:
                weight = layer.self_attn.q_proj.weight
                weight.copy_(weight.roll(1, dims=0))
        return model

    monkeypatch.setattr("lorag.tuning.learner.load_base", permuted)
    assert (
        main(["train", str(rows), "--name", "x", "--base", str(base), *QUICK, "--yes", "--json", "--threads", "1"]) == 1
    )
    assert "means something else once loaded for training" in capsys.readouterr().err


def test_weights_of_another_model_do_not_pass_the_comparison(capsys, rows, base, tmp_path):
    model, _ = tiny_model("llama", llama3_rope=True)
    model = copy.deepcopy(model)
    with torch.no_grad():
        model.model.layers[0].mlp.down_proj.weight.mul_(4)
    model.save_pretrained(tmp_path / "other")
    arguments = [str(rows), "--name", "x", "--base", str(base), "--weights", str(tmp_path / "other"), *QUICK]
    assert main(["train", *arguments, "--yes", "--json", "--threads", "1"]) == 1
    assert "means something else once loaded for training" in capsys.readouterr().err


def test_a_dry_run_estimates_and_leaves_nothing(capsys, rows, base, data_dir):
    code, events, _ = train(capsys, rows, "--name", "orders", "--base", base, "--dry-run")
    assert code == 0
    assert events[-1]["event"] == "estimate"
    assert events[-1]["seconds"] > 0
    assert not (data_dir / "runs").exists()
    assert not (data_dir / "adapters").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--name", "x"), 2, "what to learn from is missing"),
        (("ROWS", "--name", "a/b"), 2, "cannot be the name of a folder"),
        (("ROWS", "--name", "x", "--rank", "0"), 2, "--rank must be a whole number from 1 to 1,024"),
        (("nowhere.jsonl", "--name", "x"), 1, "nowhere.jsonl does not exist"),
        (("--resume", "never"), 1, "there is no run never"),
        (("ROWS", "--name", "x", "--base", "nomodel"), 1, "there is no model file nomodel"),
        (("ROWS", "--name", "x", "--max-length", "9"), 1, "no row can be trained on"),
        (
            ("ROWS", "--name", "x", "--method", "ia3", "--rank", "8"),
            2,
            "--rank belongs to --method lora or dora, not ia3",
        ),
        (("--resume", "x", "--epochs", "3"), 2, "it cannot take --epochs"),
        (("ROWS", "--resume", "x", "--seed", "0", "--dry-run"), 2, "it cannot take --dry-run, --seed, DATA"),
        (("ROWS", "--name", "x", "--base", "ROWS"), 1, "is not a GGUF file"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments, code, message, capsys, rows, base):
    given = [str(rows) if word == "ROWS" else word for word in arguments]
    if "--base" not in given and "--resume" not in given:
        given += ["--base", str(base)]
    assert main(["train", *given, "--yes", "--json"]) == code
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("lorag: ")
    assert message in said


def test_a_collection_that_is_not_there_is_refused_before_anything_is_loaded(capsys, rows, base, tmp_path):
    (tmp_path / "note.txt").write_text("Order 7 is in.")
    assert main(["add", str(tmp_path / "note.txt"), "--collection", "orders"]) == 0
    capsys.readouterr()
    code, events, said = train(capsys, rows, "--name", "x", "--base", base, "--rag-aware", "--collection", "oders")
    assert (code, events) == (2, [])
    assert said.strip() == "lorag: there is no collection oders in the library; there are: orders"


def test_too_few_examples_are_refused_with_advice(capsys, tmp_path, base):
    path = tmp_path / "few.jsonl"
    path.write_text("".join(json.dumps({"q": f"Question {i} of mine?", "a": f"The {i}th."}) + "\n" for i in range(5)))
    assert main(["train", str(path), "--name", "x", "--base", str(base), "--yes", "--json"]) == 1
    assert "5 examples are too few" in capsys.readouterr().err


def test_a_name_that_is_taken_is_refused_and_can_be_overwritten(capsys, rows, base):
    train(capsys, rows, "--name", "orders", "--base", base, *QUICK)
    assert main(["train", str(rows), "--name", "orders", "--base", str(base)]) == 2
    assert "--overwrite" in capsys.readouterr().err
    code, _, _ = train(capsys, rows, "--name", "orders", "--base", base, "--overwrite", *QUICK)
    assert code == 0


@contextlib.contextmanager
def training_process(data_dir, *arguments):
    """Start the command as a process of its own and yield it with its events as they come."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lorag", "train", *map(str, arguments), "--yes", "--json", "--threads", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "LORAG_DATA_DIR": str(data_dir)},
    )
    try:
        yield process, (json.loads(line) for line in process.stdout or ())
    finally:
        process.kill()
        process.communicate()


LONG = ("--no-evaluation", "--epochs", "8", "--rank", "2", "--evaluations", "4", "--patience", "99", "--dropout", "0.1")


def test_a_run_killed_and_resumed_ends_as_one_that_was_not(capsys, rows, base, tmp_path, data_dir):
    with training_process(data_dir, rows, "--name", "killed", "--base", base, *LONG) as (process, events):
        # The first validation is the first save; the steps after it are lost and made again.
        for event in events:
            if event["event"] == "evaluation":
                break
        next(events)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    code, events, _ = train(capsys, "--resume", "killed")
    assert code == 0
    assert next(event["step"] for event in events if event["event"] == "step") > 1
    train(capsys, rows, "--name", "whole", "--base", base, *LONG)
    killed, whole = (data_dir / "runs" / name / "checkpoints" for name in ("killed", "whole"))
    last = max(file.name for file in whole.glob("step-*.pt"))
    one, other = (torch.load(folder / last, weights_only=True) for folder in (killed, whole))
    assert all(torch.equal(one[name], other[name]) for name in one)


class CtrlCAtTheFirstStep(io.StringIO):
    """A standard output at which the person presses Ctrl-C as soon as a step is shown."""

    pressed = False

    def write(self, text):
        if '"event": "step"' in text and not self.pressed:
            self.pressed = True
            signal.raise_signal(signal.SIGINT)
        return super().write(text)


def test_a_run_that_goes_on_can_leave_out_the_measuring(rows, base, data_dir, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", CtrlCAtTheFirstStep())
    arguments = [str(rows), "--name", "stopped", "--base", str(base), *LONG[1:]]
    assert main(["train", *arguments, "--yes", "--json", "--threads", "1"]) == 130
    monkeypatch.undo()
    monkeypatch.setenv("LORAG_DATA_DIR", str(data_dir))
    code, events, _ = train(capsys, "--resume", "stopped", "--no-evaluation")
    assert code == 0
    assert events[-1]["verdict"] == "unmeasured"
    assert not any(event["event"] == "measuring" for event in events)


def test_ctrl_c_saves_and_says_how_to_go_on(rows, base, data_dir, monkeypatch, capsys):
    screen = CtrlCAtTheFirstStep()
    monkeypatch.setattr(sys, "stdout", screen)
    arguments = [str(rows), "--name", "stopped", "--base", str(base), *LONG]
    assert main(["train", *arguments, "--yes", "--json", "--threads", "1"]) == 130
    last = json.loads(screen.getvalue().splitlines()[-1])
    assert last == {"event": "interrupted", "step": 1, "resume": "lorag train --resume stopped"}
    monkeypatch.undo()
    monkeypatch.setenv("LORAG_DATA_DIR", str(data_dir))
    code, events, _ = train(capsys, "--resume", "stopped")
    assert code == 0
    assert next(event["step"] for event in events if event["event"] == "step") == 2
