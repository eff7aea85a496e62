"""A run on disk: what it was asked, the data as it was split, checkpoints, the log and the report."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from lorag.errors import TrainingError
from lorag.prompts.messages import Message
from lorag.tuning.examples import Example, Finding, Origin

Part = Literal["train", "extra", "validation", "test"]
"""``extra``: rows made for the run (with passages, or for replay); they are trained on like ``train``."""
PARTS: Final[tuple[Part, ...]] = ("train", "extra", "validation", "test")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The files of one run."""

    path: Path

    @property
    def name(self) -> str:
        """The name of the run, and of what it makes."""
        return self.path.name

    @property
    def config(self) -> Path:
        """What the run was asked; a run can go on from it alone."""
        return self.path / "config.json"

    @property
    def checkpoints(self) -> Path:
        """The folder of ``Checkpoint``."""
        return self.path / "checkpoints"

    @property
    def findings(self) -> Path:
        """Every finding about the data, one JSON object a line."""
        return self.path / "findings.jsonl"

    @property
    def log(self) -> Path:
        """Every event of the run, one JSON object a line."""
        return self.path / "log.jsonl"

    @property
    def engine_log(self) -> Path:
        """What llama.cpp says during the run."""
        return self.path / "engine.log"

    @property
    def measured(self) -> Path:
        """The folder of what models were asked and said while they were measured."""
        return self.path / "measured"

    @property
    def exported(self) -> Path:
        """The folder of checkpoints as llama.cpp runs them, while one is chosen."""
        return self.path / "exported"

    @property
    def report(self) -> Path:
        """The report for people; the same for programs is ``report.json`` beside it."""
        return self.path / "report.md"

    @property
    def is_finished(self) -> bool:
        """Whether the run has come to its end."""
        return self.report.with_suffix(".json").is_file()

    def part(self, part: Part) -> Path:
        """Return the file of one part of the data."""
        return self.path / f"{part}.jsonl"

    def create(self) -> None:
        """Make the folder, readable by its owner only: it holds the person's data."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def start_anew(self) -> None:
        """Make an empty folder; what an earlier run of this name left is removed, and nothing else in it."""
        for folder in (self.checkpoints, self.measured, self.exported):
            shutil.rmtree(folder, ignore_errors=True)
        for file in (*map(self.part, PARTS), self.config, self.findings, self.log, self.report):
            file.unlink(missing_ok=True)
        self.report.with_suffix(".json").unlink(missing_ok=True)
        self.create()

    def write_config(self, config: Mapping[str, Any]) -> None:
        """Write what the run was asked."""
        write_in_place(self.config, json.dumps(config, ensure_ascii=False, indent=2) + "\n")

    def read_config(self) -> dict[str, Any]:
        """Return what the run was asked.

        Raises:
            TrainingError: There is no such run, or its configuration is damaged.
        """
        try:
            config: dict[str, Any] = json.loads(self.config.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise TrainingError(f"there is no run {self.name} in {self.path.parent}") from error
        except (OSError, ValueError) as error:
            raise TrainingError(f"{self.config} cannot be read: {error}") from error
        return config

    def write_examples(self, part: Part, examples: Iterable[Example]) -> None:
        """Write one part of the data."""
        write_in_place(
            self.part(part), "".join(json.dumps(_record(one), ensure_ascii=False) + "\n" for one in examples)
        )

    def read_examples(self, part: Part) -> tuple[Example, ...]:
        """Return one part of the data; none when it was not written."""
        try:
            lines = self.part(part).read_text(encoding="utf-8").split("\n")
            return tuple(_example(json.loads(line)) for line in lines if line)
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise TrainingError(f"{self.part(part)} cannot be read: {error}; start the run anew") from error

    def write_findings(self, findings: Sequence[Finding]) -> None:
        """Write what was found in the data."""
        lines = (json.dumps(finding_record(finding), ensure_ascii=False) + "\n" for finding in findings)
        write_in_place(self.findings, "".join(lines))

    def data_hash(self) -> str:
        """Return what tells this data from other data."""
        digest = hashlib.sha256()
        for part in PARTS:
            digest.update(part.encode())
            if self.part(part).is_file():
                digest.update(self.part(part).read_bytes())
        return digest.hexdigest()


def finding_record(finding: Finding) -> dict[str, object]:
    """Return a finding for a JSON file."""
    return {
        "file": str(finding.origin.file),
        "line": finding.origin.line,
        "kind": finding.kind,
        "reason": finding.reason,
        "effect": finding.effect,
    }


def write_in_place(path: Path, text: str) -> None:
    """Write a file so that a reader finds the old one or the new one, never a part."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.chmod(0o600)
    partial.replace(path)


def _record(example: Example) -> dict[str, object]:
    record: dict[str, object] = {"file": str(example.origin.file), "line": example.origin.line}
    if example.messages:
        record["messages"] = [asdict(message) for message in example.messages]
    else:
        record["text"] = example.text
    return record


def _example(record: Mapping[str, Any]) -> Example:
    messages = tuple(Message(turn["role"], turn["content"]) for turn in record.get("messages", ()))
    return Example(Origin(Path(record["file"]), int(record["line"])), messages, str(record.get("text", "")))
