"""The state a model works in: the KV cache and the adapters."""

import ctypes
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lorag.engine.llama import LOG, library
from lorag.engine.model import LlamaModel
from lorag.errors import EngineError

SCORED_AT_ONCE: Final = 32
"""How many positions can give logits in one call; each takes a vocabulary's width of floats."""
_DECODE_STOPPED: Final = 2


class StoppedError(Exception):
    """Work was stopped on request."""


class LlamaContext:
    """One sequence of tokens that a model has read."""

    def __init__(self, model: LlamaModel, tokens: int, threads: int, batch_tokens: int) -> None:
        functions = self._functions = library()
        parameters = functions.llama_context_default_params()
        parameters.n_ctx = tokens
        parameters.n_batch = parameters.n_ubatch = max(batch_tokens, SCORED_AT_ONCE)
        parameters.n_outputs_max = SCORED_AT_ONCE
        parameters.n_threads = parameters.n_threads_batch = threads
        LOG.forget()
        self._pointer = functions.llama_init_from_model(model.pointer, parameters)
        if not self._pointer:
            reason = LOG.reason("there is not enough memory")
            raise EngineError(f"{model.path} cannot be run with a context of {tokens} tokens: {reason}")
        self._memory = functions.llama_get_memory(self._pointer)
        self._should_stop: Callable[[], bool] = lambda: False
        self._on_abort_check = functions.ggml_abort_callback(lambda _: self._should_stop())
        self._never_abort = functions.ggml_abort_callback()
        self._one_token = (ctypes.c_int32 * 1)()
        self._one_batch = functions.llama_batch_get_one(self._one_token, 1)
        self._scored = functions.llama_batch_init(SCORED_AT_ONCE, 0, 1)
        self.vocabulary_size = model.vocabulary.size
        self.tokens = int(functions.llama_n_ctx(self._pointer))

    @property
    def pointer(self) -> Any:
        """llama.cpp's own handle."""
        return self._pointer

    def keep(self, tokens: int) -> bool:
        """Forget everything after the first ``tokens``; False when the model cannot, and then all is forgotten."""
        if tokens and self._functions.llama_memory_seq_rm(self._memory, 0, tokens, -1):
            return True
        self._functions.llama_memory_clear(self._memory, True)
        return tokens == 0

    def read(self, tokens: Sequence[int], should_stop: Callable[[], bool]) -> None:
        """Append tokens; raises ``StoppedError`` in the middle of the computation when asked to stop."""
        self._should_stop = should_stop
        array = (ctypes.c_int32 * len(tokens))(*tokens)
        # Asked for each operation of the graph, so it is only set where a call can last.
        self._functions.llama_set_abort_callback(self._pointer, self._on_abort_check, None)
        try:
            self._decode(self._functions.llama_batch_get_one(array, len(tokens)))
        finally:
            self._functions.llama_set_abort_callback(self._pointer, self._never_abort, None)

    def append(self, token: int) -> None:
        """Append one token."""
        self._one_token[0] = token
        self._decode(self._one_batch)

    def logits_after_each(self, tokens: Sequence[int], position: int) -> NDArray[np.float32]:
        """Append tokens at ``position`` and return the logits after each: (tokens, vocabulary)."""
        batch = self._scored
        batch.n_tokens = len(tokens)
        for index, token in enumerate(tokens):
            batch.token[index] = token
            batch.pos[index] = position + index
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = 0
            batch.logits[index] = 1
        self._decode(batch)
        return np.stack([self.logits(index) for index in range(len(tokens))])

    def logits(self, index: int = -1) -> NDArray[np.float32]:
        """Return a view of the logits of an output of the latest call."""
        pointer = self._functions.llama_get_logits_ith(self._pointer, index)
        return np.ctypeslib.as_array(pointer, (self.vocabulary_size,))

    def set_adapters(self, handles: Sequence[Any], strengths: Sequence[float]) -> None:
        """Make these the adapters in use; what was read with others must be forgotten."""
        functions = self._functions
        array = (functions.llama_adapter_lora_p_ctypes * max(len(handles), 1))(*handles)
        scales = (ctypes.c_float * max(len(handles), 1))(*strengths)
        if functions.llama_set_adapters_lora(self._pointer, array, len(handles), scales) != 0:
            raise EngineError(f"the adapters cannot be switched on: {LOG.reason('llama.cpp gave no reason')}")

    def close(self) -> None:
        """Give the memory back."""
        self._functions.llama_batch_free(self._scored)
        self._functions.llama_free(self._pointer)

    def _decode(self, batch: Any) -> None:
        LOG.forget()
        status = self._functions.llama_decode(self._pointer, batch)
        if status == _DECODE_STOPPED:
            raise StoppedError
        if status != 0:
            raise EngineError(f"llama.cpp could not go on (code {status}): {LOG.reason('it gave no reason')}")
