import pytest

from lorag.engine.api import AdapterStrength, LoadRequest, QuantiseRequest
from lorag.engine.blocking import BlockingEngine
from lorag.errors import EngineError
from lorag.prompts.messages import Segment
from tests.engine.conversation import prompt, request
from tests.tiny_gguf import tiny_gguf, tiny_lora


def test_everything_training_needs_works_without_an_event_loop(log_path, tmp_path):
    with BlockingEngine(log_path) as engine:
        loaded = engine.load(LoadRequest(tiny_gguf(), threads=1))
        tokens = engine.tokenise(prompt("Hello"))
        base = engine.score_tokens(tokens)
        engine.set_adapters([AdapterStrength(tiny_lora("blocking", seed=5))])
        text, finished = engine.answer(request(max_tokens=5))
        engine.quantise(QuantiseRequest(tiny_gguf(), tmp_path / "q8.gguf", "Q8_0", threads=1))

        assert loaded.name == "tiny"
        assert engine.score_tokens(tokens) != base
        assert engine.score(prompt("Hello"), " world") != []
        assert (bool(text), finished.reason) == (True, "length")
        assert engine.count_tokens(["Hello"]) == [1]
        assert engine.tokenise([Segment("<|im_end|>", special=True)], after=prompt("Hello")) == [2]
        assert engine.pieces([2]) == ["<|im_end|>"]
        assert 2 in engine.special_tokens().ends
    assert (tmp_path / "q8.gguf").is_file()


def test_an_engine_error_comes_through_and_the_engine_goes_on(log_path):
    with BlockingEngine(log_path) as engine:
        with pytest.raises(EngineError, match="no model"):
            engine.special_tokens()
        engine.load(LoadRequest(tiny_gguf(), threads=1))
        assert engine.tokenise(prompt("Hello"))
