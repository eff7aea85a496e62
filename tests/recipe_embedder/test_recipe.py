"""One whole run of the recipe on a made-up corpus."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lorag.retrieval.embedders import StaticEmbedder, open_embedder
from tests.recipe_embedder.conftest import RECIPE

CONFIG = """
seed = 1
[tokenizer]
vocabulary_size = 400
english_characters = 20_000
korean_characters = 20_000
written_repeats = 2
[vectors]
dimensions = 16
spectral_share = 0.5
initial_scale = 0.27
[data]
question = 0.4
parallel = 0.3
text = 0.1
fact = 0.05
word = 0.05
asked = 0.04
found = 0.03
reworded = 0.03
one_source = 0.5
smallest_source = 16
[contrastive]
steps = 6
batch_size = 16
learning_rate = 0.01
warmup = 0.1
scale = 20.0
dimensions = [16, 8]
token_dropout = 0.1
unrepeated = 0.5
[hard_negatives]
steps = 4
batch_size = 16
learning_rate = 0.003
warmup = 0.1
scale = 20.0
dimensions = [16, 8]
token_dropout = 0.1
unrepeated = 0.5
candidates = 10
kept = 2
largest_share = 0.95
[late_interaction]
steps = 4
batch_size = 8
learning_rate = 0.003
warmup = 0.1
scale = 20.0
dimensions = [16, 8]
token_dropout = 0.1
unrepeated = 0.5
late = 1.0
longest = [6, 8]
[checkpoints]
every_steps = 2
"""


class Run:
    """A folder in which the recipe can be run again and again."""

    def __init__(self, folder: Path, read: dict[str, str]) -> None:
        self.work, self.out = folder / "work", folder / "model"
        self._read = read
        self._config = folder / "embedder.toml"
        self._config.write_text(CONFIG, encoding="utf-8")

    def __call__(self) -> str:
        command = [sys.executable, str(RECIPE / "embedder.py"), *(part for pair in self._read.items() for part in pair)]
        command += ["--out", str(self.out), "--work", str(self.work), "--config", str(self._config)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def weights(self) -> bytes:
        return (self.out / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def read(corpus: Path, facts: Path, thesaurus: Path, collections: Path) -> dict[str, str]:
    """Return the folders that are read, by option."""
    folders = {"--corpus": corpus, "--facts": facts, "--thesaurus": thesaurus, "--collections": collections}
    return {option: str(folder) for option, folder in folders.items()}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, read: dict[str, str]) -> Run:
    made = Run(tmp_path_factory.mktemp("recipe"), read)
    made()
    return made


@pytest.mark.parametrize("missing", ["--corpus", "--facts", "--thesaurus", "--collections"])
def test_a_folder_that_holds_nothing_is_one_clear_error(read: dict[str, str], tmp_path: Path, missing: str):
    folders = {**read, missing: str(tmp_path)}
    command = [
        sys.executable,
        str(RECIPE / "embedder.py"),
        "--work",
        str(tmp_path / "work"),
        "--out",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(
        [*command, *(part for pair in folders.items() for part in pair)], capture_output=True, text=True
    )

    assert done.returncode == 2
    assert f"error: {missing} {tmp_path}: there " in done.stderr
    assert not (tmp_path / "work").exists()


def test_one_command_makes_a_model_that_lorag_opens(run: Run):
    embedder = open_embedder(str(run.out))

    assert isinstance(embedder, StaticEmbedder)
    assert embedder.identity.dimensions == 16
    np.testing.assert_allclose(np.linalg.norm(embedder.embed_queries(["휴가 leave"]), axis=1), 1, atol=1e-5)


def test_the_card_says_how_it_was_made_and_how_well_it_does(run: Run):
    card = (run.out / "README.md").read_text(encoding="utf-8")

    for name in (
        "pairs en |",
        "qa ko |",
        "parallel en-ko (cross-language)",
        "facts ko-en (cross-language)",
        "asked en-ko (cross-language)",
        "Cut to fewer dimensions",
        "million",
    ):
        assert name in card
    log = [json.loads(line) for line in (run.out / "training.jsonl").read_text().splitlines()]
    assert [(row["stage"], row["step"]) for row in log] == [
        ("contrastive", 2),
        ("contrastive", 4),
        ("contrastive", 6),
        ("hard_negatives", 2),
        ("hard_negatives", 4),
        ("late_interaction", 2),
        ("late_interaction", 4),
    ]
    assert all(row["tokens"] > 0 and row["hardware"] for row in log)


def test_an_interrupted_run_goes_on_and_ends_the_same(run: Run):
    before = run.weights
    for name in ("hard_negatives.pt", "hard_negatives-best.pt", "negatives.npy"):
        (run.work / name).unlink()
    log = run.work / "log.jsonl"
    log.write_text("".join(line for line in log.read_text().splitlines(keepends=True) if "contrastive" in line))

    printed = run()

    assert "contrastive" not in printed
    assert "hard_negatives 4" in printed
    assert run.weights == before
