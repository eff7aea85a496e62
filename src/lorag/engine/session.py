"""A loaded model at work: reads prompts, reuses what it has read, writes answers, scores texts."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lorag.engine.api import Finished, GenerateRequest, GenerationEvent, PromptProgress, TextDelta, Usage
from lorag.engine.citing import CitationBias
from lorag.engine.context import SCORED_AT_ONCE, LlamaContext, StoppedError
from lorag.engine.model import LlamaModel
from lorag.engine.sampler import TokenSampler
from lorag.engine.text import AnswerText
from lorag.engine.tokenise import Tokeniser
from lorag.errors import EngineError
from lorag.prompts.messages import Segment

StopCheck = Callable[[], bool]
_FileKey = tuple[str, int, int]


class Session:
    """One model, its context, and what stands in the KV cache."""

    def __init__(self, model: LlamaModel, context: LlamaContext, step_tokens: int) -> None:
        self.model = model
        self.context = context
        self.tokeniser = Tokeniser(model.vocabulary)
        self._step = step_tokens
        self._cached: list[int] = []
        self._exact = 0
        """How many leading cached tokens were read in whole steps from the start, as a fresh prompt would be."""
        self._adapters: dict[_FileKey, Any] = {}
        self._adapter_set: dict[_FileKey, float] = {}

    def set_adapters(self, strengths: dict[str, float]) -> None:
        """Make these adapters (file: strength) the ones in use; the KV cache is cleared when that changes anything."""
        wanted = {_file_key(path): strength for path, strength in strengths.items() if strength != 0}
        handles = [self._adapter(key) for key in wanted]
        if wanted != self._adapter_set:
            self.context.set_adapters(handles, list(wanted.values()))
            self._forget()
            self._adapter_set = wanted

    def generate(self, request: GenerateRequest, should_stop: StopCheck) -> Iterator[GenerationEvent]:
        """Yield the continuation of a prompt."""
        start = time.perf_counter()
        tokens = self._checked_prompt(request.prompt)
        bias = CitationBias(self.model.vocabulary, request.citation_bias, request.citing_bias)
        sampler = TokenSampler(self.model.vocabulary, request.sampling, request.grammar, bias)
        run = _Run(tokens, reused=self._reuse(tokens, exactly=request.sampling.seed >= 0))
        try:
            yield from self._read_prompt(run, should_stop)
            run.prompt_seconds = time.perf_counter() - start
            yield from self._write(run, request, sampler, should_stop)
        except StoppedError:
            run.reason = "stopped"
        except EngineError:
            self._forget()
            raise
        finally:
            sampler.close()
        total = time.perf_counter() - start
        prompt_seconds = run.prompt_seconds or total
        usage = Usage(len(tokens), run.reused, run.written, prompt_seconds, total - prompt_seconds)
        yield Finished(run.reason, usage)

    def score(self, prompt: Sequence[Segment], continuation: str, should_stop: StopCheck) -> list[float]:
        """Return the log likelihood (nats) of each token of a text after a prompt."""
        return self._score(self._checked_prompt(prompt), self.tokeniser.continuation(prompt, continuation), should_stop)

    def score_tokens(self, tokens: list[int], first: int, should_stop: StopCheck) -> list[float]:
        """Return the log likelihood (nats) of each of ``tokens[first:]``."""
        if not 1 <= first <= max(len(tokens), 1):
            raise EngineError(f"the first of {len(tokens)} tokens to score cannot be number {first}")
        self._check_tokens(tokens)
        return self._score(tokens[:first], tokens[first:], should_stop) if tokens else []

    def _score(self, tokens: list[int], scored: list[int], should_stop: StopCheck) -> list[float]:
        if len(tokens) + len(scored) > self.context.tokens:
            raise EngineError(f"{len(tokens) + len(scored)} tokens do not fit the context of {self.context.tokens}")
        run = _Run(tokens, reused=self._reuse(tokens, exactly=True))
        try:
            for _ in self._read_prompt(run, should_stop):
                pass
        except StoppedError as error:
            raise EngineError("scoring was stopped") from error
        likelihoods = [_log_likelihood(self.context.logits(), scored[0])] if scored else []
        for start in range(0, len(scored) - 1, SCORED_AT_ONCE):
            batch = scored[start : min(start + SCORED_AT_ONCE, len(scored) - 1)]
            rows = self.context.logits_after_each(batch, len(tokens) + start)
            self._cached += batch
            following = scored[start + 1 : start + 1 + len(batch)]
            likelihoods += [_log_likelihood(row, token) for row, token in zip(rows, following, strict=True)]
        return likelihoods

    def pieces(self, tokens: Sequence[int]) -> list[str]:
        """Return each token as a person reads it."""
        self._check_tokens(tokens)
        vocabulary = self.model.vocabulary
        return [vocabulary.text(token) or vocabulary.piece(token).decode("utf-8", "replace") for token in tokens]

    def _check_tokens(self, tokens: Sequence[int]) -> None:
        size = self.model.vocabulary.size
        if not all(0 <= token < size for token in tokens):
            raise EngineError(f"one of the tokens is none of the model's {size}")

    def close(self) -> None:
        """Give the memory back; adapters are freed with their model."""
        self.context.close()
        self.model.close()

    def _checked_prompt(self, segments: Sequence[Segment]) -> list[int]:
        tokens = self.tokeniser.prompt(segments)
        if not tokens:
            raise EngineError("the prompt is empty")
        if len(tokens) >= self.context.tokens:
            raise EngineError(f"the prompt has {len(tokens)} tokens and the context only {self.context.tokens}")
        return tokens

    def _reuse(self, tokens: Sequence[int], *, exactly: bool) -> int:
        """Keep what the KV cache shares with a prompt and return its length.

        Numbers computed one token at a time and many at a time differ in the last bits. Where the same answer must come
        again (``exactly``), only whole steps read from the start are kept: they are the very same numbers.
        """
        shared = _common_prefix(self._cached, tokens)
        if exactly:
            shared = min(shared, self._exact)
        shared = min(shared, len(tokens) - 1)
        if exactly:
            shared = shared // self._step * self._step
        if not self.context.keep(shared):
            shared = 0
        del self._cached[shared:]
        self._exact = min(self._exact, shared // self._step * self._step)
        return shared

    def _read_prompt(self, run: "_Run", should_stop: StopCheck) -> Iterator[PromptProgress]:
        """Read what is not cached, one step at a time; steps end at the same places in every prompt."""
        total = len(run.tokens)
        is_exact = self._exact == run.reused
        position = run.reused
        yield PromptProgress(position, total)
        while position < total:
            if should_stop():
                raise StoppedError
            end = min((position // self._step + 1) * self._step, total)
            self.context.read(run.tokens[position:end], should_stop)
            self._cached += run.tokens[position:end]
            if is_exact and end % self._step == 0:
                self._exact = end
            position = end
            yield PromptProgress(position, total)

    def _write(
        self, run: "_Run", request: GenerateRequest, sampler: TokenSampler, should_stop: StopCheck
    ) -> Iterator[TextDelta]:
        vocabulary, text = self.model.vocabulary, AnswerText(request.stop)
        limit = min(request.max_tokens, self.context.tokens - len(run.tokens))
        while run.written < limit and not text.stopped:
            if should_stop():
                run.reason = "stopped"
                break
            token = sampler.next(self.context)
            if token is None or token in vocabulary.ends:
                run.reason = "end"
                break
            shown = text.add(self._piece(run, token))
            run.written += 1
            if shown:
                yield TextDelta(shown)
            if run.written < limit and not text.stopped:
                self.context.append(token)
                self._cached.append(token)
        if text.stopped:
            run.reason = "end"
        elif rest := text.rest():
            yield TextDelta(rest)

    def _piece(self, run: "_Run", token: int) -> bytes:
        vocabulary = self.model.vocabulary
        piece = vocabulary.piece(token)
        if run.written == 0 and vocabulary.prefixes_space and run.tokens[-1] in vocabulary.special:
            # SentencePiece puts a space before the first word after a marker; it is no part of the answer.
            return piece.removeprefix(b" ")
        return piece

    def _adapter(self, key: _FileKey) -> Any:
        if key not in self._adapters:
            self._adapters[key] = self.model.load_adapter(Path(key[0]))
        return self._adapters[key]

    def _forget(self) -> None:
        self.context.keep(0)
        self._cached.clear()
        self._exact = 0


@dataclass(slots=True)
class _Run:
    """One answer under way."""

    tokens: list[int]
    reused: int
    written: int = 0
    prompt_seconds: float = 0.0
    reason: Literal["end", "length", "stopped"] = "length"


def _file_key(path: str) -> _FileKey:
    """Return what tells this version of a file from another."""
    status = Path(path).stat()
    return path, status.st_mtime_ns, status.st_size


def _common_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return index
    return min(len(first), len(second))


def _log_likelihood(logits: NDArray[np.float32], token: int) -> float:
    exact = logits.astype(np.float64)
    highest = exact.max()
    return float(exact[token] - highest - np.log(np.exp(exact - highest).sum()))
