"""An engine whose likelihoods and answers a test decides by what it is asked."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lorag.engine.api import Finished, GenerateRequest, GenerationEvent, LoadRequest, TextDelta, Usage
from lorag.evaluation.subject import EngineSubject
from lorag.prompts.messages import Segment
from tests.fakes_engine import FakeEngine

Judge = Callable[[str, str], float]
"""From a prompt and its continuation to nats per character."""
Speaker = Callable[[str], str]
"""From a prompt to an answer."""


def indifferent(prompt: str, continuation: str) -> float:
    return -1.0


def silent(prompt: str) -> str:
    return "Nothing."


@dataclass
class DecidedEngine(FakeEngine):
    """Scores and answers as told; a token is a character."""

    judge: Judge = indifferent
    speaker: Speaker = silent

    async def score(self, prompt: Sequence[Segment], continuation: str) -> list[float]:
        text = "".join(segment.text for segment in prompt)
        return [self.judge(text, continuation)] * len(continuation)

    async def generate(self, request: GenerateRequest) -> AsyncIterator[GenerationEvent]:
        self.requests.append(request)
        answer = self.speaker("".join(segment.text for segment in request.prompt))
        shown = answer[: request.max_tokens]
        yield TextDelta(shown)
        yield Finished("end" if shown == answer else "length", Usage(len(request.prompt), 0, len(shown), 0.001, 0.001))


async def subject_of(judge: Judge = indifferent, speaker: Speaker = silent, *, quotes: bool = False) -> EngineSubject:
    engine = DecidedEngine(judge=judge, speaker=speaker, quote_by_default=quotes)
    return EngineSubject(engine, await engine.load(LoadRequest(Path("model.gguf"))))


def answering(model: str) -> list[str]:
    """Return flags for a short answer of a model."""
    return ["--model", model, "--max-tokens", "8", "--threads", "1"]
