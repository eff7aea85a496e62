"""How the next token is drawn."""

import ctypes
import random
from typing import Any, Final

import numpy as np

from lorag.engine.api import Sampling
from lorag.engine.citing import CitationBias
from lorag.engine.context import LlamaContext
from lorag.engine.llama import LOG, library
from lorag.engine.model import LlamaVocabulary
from lorag.errors import EngineError

_PENALISED_TOKENS: Final = 64
"""Only the answer's own latest tokens: a prompt is there to be quoted."""
_SEED_LIMIT: Final = 2**32 - 1
"""llama.cpp reads this very value as "any seed"."""
_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class TokenSampler:
    """Draws tokens by the sampling settings, within a grammar when there is one."""

    def __init__(
        self, vocabulary: LlamaVocabulary, sampling: Sampling, grammar: str | None, bias: CitationBias | None = None
    ) -> None:
        self._functions = library()
        self._chain = _chain(self._functions, vocabulary, sampling)
        self._grammar = None if grammar is None else self._parse(vocabulary, grammar)
        if self._grammar is not None:
            self._candidates = np.zeros(vocabulary.size, _CANDIDATE)
            self._one = np.zeros(1, _CANDIDATE)
            self._ids = np.arange(vocabulary.size, dtype=np.int32)
            # To a grammar a control token is the text it is written as. Drawn where a document's sentence has that
            # text, it would leave a gap in the quote, because it stands for no text at all.
            self._forbidden = np.array(sorted(vocabulary.special - vocabulary.ends), dtype=np.int64)
            self._vocabulary = vocabulary
            self._bias = bias or CitationBias(vocabulary)

    def next(self, context: LlamaContext) -> int | None:
        """Return the token to follow; None when the grammar allows no token at all."""
        if self._grammar is None:
            token: int = self._functions.llama_sampler_sample(self._chain, context.pointer, -1)
            return token
        # Checking one token against a grammar is cheap and checking a vocabulary is not, so draw first and
        # apply the grammar to all candidates only if what was drawn does not fit.
        drawn = self._draw(context, within_grammar=False)
        if drawn is None or not self._fits(drawn):
            drawn = self._draw(context, within_grammar=True)
        if drawn is not None:
            self._functions.llama_sampler_accept(self._chain, drawn)
            self._functions.llama_sampler_accept(self._grammar, drawn)
            self._bias.follow(self._vocabulary.piece(drawn))
        return drawn

    def close(self) -> None:
        """Give the memory back."""
        self._functions.llama_sampler_free(self._chain)
        if self._grammar is not None:
            self._functions.llama_sampler_free(self._grammar)

    def _parse(self, vocabulary: LlamaVocabulary, grammar: str) -> Any:
        LOG.forget()
        parsed = self._functions.llama_sampler_init_grammar(vocabulary.pointer, grammar.encode(), b"root")
        if not parsed:
            self._functions.llama_sampler_free(self._chain)
            raise EngineError(f"the grammar cannot be read: {LOG.reason('it is not valid GBNF')}")
        return parsed

    def _draw(self, context: LlamaContext, *, within_grammar: bool) -> int | None:
        candidates = self._candidates
        candidates["id"] = self._ids
        candidates["logit"] = context.logits()
        candidates["logit"][self._forbidden] = -np.inf
        self._bias.apply(candidates["logit"])
        array = self._array(candidates)
        if within_grammar:
            self._functions.llama_sampler_apply(self._grammar, ctypes.byref(array))
            if not np.isfinite(candidates["logit"]).any():
                return None
        self._functions.llama_sampler_apply(self._chain, ctypes.byref(array))
        return int(array.data[array.selected].id) if array.selected >= 0 else None

    def _fits(self, token: int) -> bool:
        self._one["id"], self._one["logit"] = token, 1.0
        self._functions.llama_sampler_apply(self._grammar, ctypes.byref(self._array(self._one)))
        return bool(np.isfinite(self._one["logit"][0]))

    def _array(self, candidates: np.ndarray[Any, np.dtype[np.void]]) -> Any:
        functions = self._functions
        data = ctypes.cast(candidates.ctypes.data, functions.llama_token_data_p)
        return functions.llama_token_data_array(data=data, size=len(candidates), selected=-1, sorted=False)


def _chain(functions: Any, vocabulary: LlamaVocabulary, sampling: Sampling) -> Any:
    chain = functions.llama_sampler_chain_init(functions.llama_sampler_chain_default_params())
    for sampler in _samplers(functions, vocabulary, sampling):
        functions.llama_sampler_chain_add(chain, sampler)
    return chain


def _samplers(functions: Any, vocabulary: LlamaVocabulary, sampling: Sampling) -> list[Any]:
    samplers = []
    if sampling.repeat_penalty not in (0.0, 1.0):
        penalties = (vocabulary.size, _PENALISED_TOKENS, sampling.repeat_penalty, 0.0, 0.0)
        samplers.append(functions.llama_sampler_init_penalties(*penalties))
    if sampling.temperature <= 0:
        return [*samplers, functions.llama_sampler_init_greedy()]
    if sampling.top_k > 0:
        samplers.append(functions.llama_sampler_init_top_k(sampling.top_k))
    if sampling.top_p < 1:
        samplers.append(functions.llama_sampler_init_top_p(sampling.top_p, 1))
    if sampling.min_p > 0:
        samplers.append(functions.llama_sampler_init_min_p(sampling.min_p, 1))
    samplers.append(functions.llama_sampler_init_temp(sampling.temperature))
    seed = sampling.seed if sampling.seed >= 0 else random.SystemRandom().getrandbits(32)
    samplers.append(functions.llama_sampler_init_dist(seed % _SEED_LIMIT))
    return samplers
