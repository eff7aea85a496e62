"""What a model has been asked and said, kept in the run's folder: nothing is asked twice, also not after a stop."""

import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from lorag.commands.train_engine import TrainEngine
from lorag.commands.train_request import Request
from lorag.evaluation.subject import Asked, Reply, Subject

Kind = Literal["score", "text", "reply"]
OnCall = Callable[[str], None]
"""Called with the key of every call that has its result."""

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that a model is asked while it is measured."""

    kind: Kind
    asked: Asked | str
    """A question, or a text to score."""
    answer: str = ""
    """What is scored as the answer to the question."""
    max_tokens: int = 0
    seed: int | None = None
    """Of a reply that is drawn; None is the likeliest."""

    @property
    def key(self) -> str:
        """What tells this call from others."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:32]


class Record:
    """The results of one model, a JSON object a line."""

    def __init__(self, path: Path, about: str) -> None:
        """Open what is there; a record ``about`` another model or run is begun anew."""
        self._path = path
        self._about = {"version": _VERSION, "about": about}
        self._results: dict[str, Any] = {}
        self._seconds: dict[str, list[float]] = {}
        self._open()

    def __contains__(self, key: str) -> bool:
        return key in self._results

    def get(self, key: str) -> Any:
        """Return a result, None when there is none yet."""
        return self._results.get(key)

    def put(self, call: Call, result: Any, seconds: float) -> None:
        """Keep a result; from then on it survives the end of the process."""
        line = {"key": call.key, "kind": call.kind, "seconds": round(seconds, 6), "result": result}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        self._take(line)

    def seconds_of(self, kind: Kind) -> float | None:
        """Return the mean seconds of a kind of call, None when none was made."""
        taken = self._seconds.get(kind)
        return sum(taken) / len(taken) if taken else None

    def _take(self, line: dict[str, Any]) -> None:
        self._results[line["key"]] = line["result"]
        self._seconds.setdefault(line["kind"], []).append(line["seconds"])

    def _open(self) -> None:
        whole = self._path.read_text(encoding="utf-8") if self._path.is_file() else ""
        # A line that a killed process left half written has no end.
        lines = whole[: whole.rfind("\n") + 1].splitlines()
        try:
            head, *rest = [json.loads(line) for line in lines]
            if head != self._about:
                raise ValueError("another model or run")
            for line in rest:
                self._take(line)
        except (ValueError, KeyError, TypeError):
            self._results.clear()
            self._seconds.clear()
            lines = [json.dumps(self._about)]
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        self._path.chmod(0o600)


def record_of(request: Request, engine: TrainEngine, fingerprint: str, name: str) -> Record:
    """Return the record of a model of a run, as it is told apart by its fingerprint."""
    return Record(request.folder.measured / f"{name}.jsonl", f"{fingerprint}, context {engine.model.context_tokens}")


class RecordedSubject:
    """A model under test whose results are kept, and taken from the record where they are there."""

    def __init__(self, subject: Subject, record: Record, on_call: OnCall | None = None) -> None:
        self._subject = subject
        self._record = record
        self._on_call = on_call

    @property
    def quotes(self) -> bool:
        """Whether answers over passages are numbered sentences of these, and nothing else."""
        return self._subject.quotes

    async def score(self, asked: Asked, answer: str) -> list[float]:
        """Return the log likelihood (nats) of each token of an answer."""
        result = await self._once(Call("score", asked, answer), lambda: self._subject.score(asked, answer))
        return list(result)

    async def score_text(self, text: str) -> list[float]:
        """Return the log likelihood (nats) of each token of a text after its first word."""
        return list(await self._once(Call("text", text), lambda: self._subject.score_text(text)))

    async def reply(self, asked: Asked, *, max_tokens: int, sampled: bool = False, seed: int = 0) -> Reply:
        """Answer with the likeliest tokens, or draw from the model's own distribution with nothing cut off."""

        async def answer() -> dict[str, Any]:
            return asdict(await self._subject.reply(asked, max_tokens=max_tokens, sampled=sampled, seed=seed))

        call = Call("reply", asked, max_tokens=max_tokens, seed=seed if sampled else None)
        return Reply(**await self._once(call, answer))

    async def make(self, call: Call) -> None:
        """Make a call for its record alone."""
        if isinstance(call.asked, str):
            await self.score_text(call.asked)
        elif call.kind == "score":
            await self.score(call.asked, call.answer)
        else:
            drawn = call.seed is not None
            await self.reply(call.asked, max_tokens=call.max_tokens, sampled=drawn, seed=call.seed or 0)

    async def _once(self, call: Call, ask: Callable[[], Awaitable[Any]]) -> Any:
        result = self._record.get(call.key)
        if result is None:
            started = time.monotonic()
            result = await ask()
            self._record.put(call, result, time.monotonic() - started)
        if self._on_call is not None:
            self._on_call(call.key)
        return result
