"""A model in memory, and its vocabulary."""

import ctypes
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from lorag.engine.api import SpecialTokens
from lorag.engine.llama import LOG, library
from lorag.engine.tokenise import Marker
from lorag.errors import EngineError

_MARKER_OPENINGS: Final = ("<", "[")
_MARKER_ENDINGS: Final = (">", "]")
_TURN_MARKERS: Final = ("<|", "<start_of_turn", "<end_of_turn")
_NO_TOKEN: Final = -1


class LlamaVocabulary:
    """The tokeniser of a loaded model."""

    def __init__(self, model: Any, template: str) -> None:
        self._functions = library()
        self._vocabulary = self._functions.llama_model_get_vocab(model)
        self._pieces: dict[int, bytes] = {}
        self._buffer = ctypes.create_string_buffer(256)
        functions = self._functions
        self.size: int = functions.llama_vocab_n_tokens(self._vocabulary)
        self.markers: Sequence[Marker] = self._find_markers(template)
        special = {marker.token for marker in self.markers}
        special |= {functions.llama_vocab_eos(self._vocabulary), functions.llama_vocab_eot(self._vocabulary)} - {
            _NO_TOKEN
        }
        self.special = frozenset(special)
        self.ends = frozenset(token for token in special if functions.llama_vocab_is_eog(self._vocabulary, token))
        """The tokens that end an answer."""
        is_sentence_piece = functions.llama_vocab_type(self._vocabulary) == functions.LLAMA_VOCAB_TYPE_SPM
        self.prefixes_space = is_sentence_piece and len(self.plain_tokens("\x01")) > 1
        bos = functions.llama_vocab_bos(self._vocabulary)
        wants_bos = functions.llama_vocab_get_add_bos(self._vocabulary) and bos != _NO_TOKEN
        self.bos: int | None = bos if wants_bos else None
        self.bos_text = self._text(bos)
        self.eos_text = self._text(functions.llama_vocab_eos(self._vocabulary))

    def plain_tokens(self, text: str) -> list[int]:
        """Return the tokens of text without control tokens."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        tokens = (ctypes.c_int32 * room)()
        count = self._functions.llama_tokenize(self._vocabulary, data, len(data), tokens, room, False, False)
        if count < 0:
            tokens = (ctypes.c_int32 * -count)()
            count = self._functions.llama_tokenize(self._vocabulary, data, len(data), tokens, -count, False, False)
        return tokens[: max(count, 0)]

    def text(self, token: int) -> str:
        """Return how a control token is written; nothing for a token of text."""
        return self._text(token) if token in self.special else ""

    def piece(self, token: int) -> bytes:
        """Return the bytes a token stands for; nothing for a control token."""
        piece = self._pieces.get(token)
        if piece is None:
            piece = self._pieces[token] = self._read_piece(token)
        return piece

    @property
    def pointer(self) -> Any:
        """llama.cpp's own handle."""
        return self._vocabulary

    @property
    def special_tokens(self) -> SpecialTokens:
        """The tokens that begin and end texts and turns."""
        functions = self._functions
        bos, eos, eot = (
            None if token == _NO_TOKEN else int(token)
            for token in (
                functions.llama_vocab_bos(self._vocabulary),
                functions.llama_vocab_eos(self._vocabulary),
                functions.llama_vocab_eot(self._vocabulary),
            )
        )
        return SpecialTokens(bos, self.bos is not None, eos, eot, self.ends, self.size)

    def _read_piece(self, token: int) -> bytes:
        length = self._functions.llama_token_to_piece(
            self._vocabulary, token, self._buffer, len(self._buffer), 0, False
        )
        if length < 0:
            self._buffer = ctypes.create_string_buffer(-length)
            length = self._functions.llama_token_to_piece(self._vocabulary, token, self._buffer, -length, 0, False)
        return self._buffer.raw[: max(length, 0)]

    def _text(self, token: int) -> str:
        if token == _NO_TOKEN:
            return ""
        text: bytes | None = self._functions.llama_vocab_get_text(self._vocabulary, token)
        return (text or b"").decode("utf-8", "replace")

    def _find_markers(self, template: str) -> list[Marker]:
        functions = self._functions
        control, user_defined = functions.LLAMA_TOKEN_ATTR_CONTROL, functions.LLAMA_TOKEN_ATTR_USER_DEFINED
        markers = []
        for token in range(self.size):
            kind = functions.llama_vocab_get_attr(self._vocabulary, token)
            if not kind & (control | user_defined):
                continue
            text = self._text(token)
            if text and (kind & control or _is_turn_marker(text, template)):
                left, right = kind & functions.LLAMA_TOKEN_ATTR_LSTRIP, kind & functions.LLAMA_TOKEN_ATTR_RSTRIP
                markers.append(Marker(text, token, bool(left), bool(right)))
        return markers


def _is_turn_marker(text: str, template: str) -> bool:
    """Return whether a user-defined token acts as a control token; most are only words, runs of space or HTML tags."""
    shaped = len(text) > 2 and text.startswith(_MARKER_OPENINGS) and text.endswith(_MARKER_ENDINGS)
    return shaped and (text in template or text.startswith(_TURN_MARKERS))


class LlamaModel:
    """The weights and vocabulary of one file."""

    def __init__(self, path: Path, gpu_layers: int, template: str, on_progress: Callable[[float], bool]) -> None:
        functions = library()
        parameters = functions.llama_model_default_params()
        parameters.n_gpu_layers = gpu_layers
        if functions.llama_supports_mmap():
            parameters.load_mode = functions.LLAMA_LOAD_MODE_MMAP
        callback = functions.llama_progress_callback(lambda fraction, _: on_progress(fraction))
        parameters.progress_callback = callback
        LOG.forget()
        self.pointer = functions.llama_model_load_from_file(str(path).encode(), parameters)
        if not self.pointer:
            raise EngineError(f"{path} cannot be loaded: {LOG.reason('llama.cpp gave no reason')}")
        if functions.llama_model_has_encoder(self.pointer) or not functions.llama_model_has_decoder(self.pointer):
            functions.llama_model_free(self.pointer)
            raise EngineError(f"{path} is not a model that can write: it has no decoder of its own")
        self.path = path
        self.vocabulary = LlamaVocabulary(self.pointer, template)
        self.parameters = int(functions.llama_model_n_params(self.pointer))
        self.size_bytes = int(functions.llama_model_size(self.pointer))

    def load_adapter(self, path: Path) -> Any:
        """Return llama.cpp's handle of a LoRA; it is freed with the model."""
        LOG.forget()
        handle = library().llama_adapter_lora_init(self.pointer, str(path).encode())
        if not handle:
            raise EngineError(f"{path} cannot be used with {self.path.name}: {LOG.reason('llama.cpp gave no reason')}")
        return handle

    def close(self) -> None:
        """Give the memory back."""
        library().llama_model_free(self.pointer)
