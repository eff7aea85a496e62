import pytest

from lorag.engine.context import LlamaContext, StoppedError
from lorag.engine.model import LlamaModel
from lorag.errors import EngineError
from tests.tiny_gguf import tiny_gguf


@pytest.fixture
def context():
    model = LlamaModel(tiny_gguf(), 0, "", lambda _: True)
    made = LlamaContext(model, 512, 1, 128)
    yield made
    made.close()
    model.close()


def test_reading_can_be_stopped_inside_one_step(context):
    asked = iter([False] * 5)

    with pytest.raises(StoppedError):
        context.read([5] * 128, lambda: next(asked, True))

    context.keep(0)
    context.read([5] * 128, lambda: False)
    context.append(6)


def test_a_full_context_is_an_error_and_not_a_crash(context):
    for _ in range(4):
        context.read([5] * 128, lambda: False)

    with pytest.raises(EngineError, match="could not go on"):
        context.append(5)


def test_loading_can_be_stopped():
    with pytest.raises(EngineError, match="cannot be loaded"):
        LlamaModel(tiny_gguf(), 0, "", lambda _: False)
