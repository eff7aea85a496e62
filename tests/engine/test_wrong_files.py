import struct

import pytest

from lorag.engine.api import AdapterStrength, LoadRequest
from lorag.errors import AdapterError, EngineError, ModelError
from tests.adapters.test_fit import EMBEDDING_LORA
from tests.engine.conversation import answer, request
from tests.tiny_gguf import tiny_gguf, tiny_lora, write_tiny_gguf, write_tiny_lora

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_unsupported_architecture_is_refused_in_llama_cpps_own_words(shared_engine, tmp_path):
    path = write_tiny_gguf(tmp_path / "new.gguf", architecture="tomorrow")

    with pytest.raises(EngineError, match="unknown model architecture: 'tomorrow'") as caught:
        await shared_engine.load(LoadRequest(path, threads=1))
    assert str(path) in str(caught.value)


async def test_after_a_model_that_could_not_be_loaded_the_earlier_one_answers(shared_engine, tmp_path):
    await shared_engine.load(LoadRequest(tiny_gguf(), threads=1))
    expected, _ = await answer(shared_engine, request())
    with pytest.raises(EngineError):
        await shared_engine.load(
            LoadRequest(write_tiny_gguf(tmp_path / "new.gguf", architecture="tomorrow"), threads=1)
        )

    assert (await answer(shared_engine, request()))[0] == expected


@pytest.mark.parametrize("kind", ["text", "cut", "adapter", "missing", "embedder"])
async def test_a_wrong_file_is_refused_without_touching_the_model_in_memory(shared_engine, tmp_path, kind):
    await shared_engine.load(LoadRequest(tiny_gguf(), threads=1))
    expected, _ = await answer(shared_engine, request())
    path = tmp_path / "wrong.gguf"
    if kind == "text":
        path.write_text("not a model")
    elif kind == "cut":
        path.write_bytes(tiny_gguf().read_bytes()[:-1000])
    elif kind == "adapter":
        path.write_bytes(tiny_lora().read_bytes())
    elif kind == "embedder":
        write_tiny_gguf(path, metadata={"llama.pooling_type": 1})

    with pytest.raises(ModelError, match=str(path)):
        await shared_engine.load(LoadRequest(path, threads=1))

    text, finished = await answer(shared_engine, request())
    assert text == expected
    assert finished.usage.reused_tokens > 0


async def test_a_tensor_of_the_wrong_shape_is_a_clear_error(shared_engine, tmp_path):
    path = tmp_path / "shape.gguf"
    data = tiny_gguf().read_bytes()
    key = b"llama.embedding_length" + struct.pack("<I", 4)
    path.write_bytes(data.replace(key + struct.pack("<I", 64), key + struct.pack("<I", 32)))

    with pytest.raises(EngineError, match="cannot be loaded"):
        await shared_engine.load(LoadRequest(path, threads=1))


async def test_an_adapter_on_a_tied_embedding_is_refused_before_it_can_end_the_process(shared_engine, tmp_path):
    await shared_engine.load(LoadRequest(tiny_gguf("tied", tied=True), threads=1))
    path = write_tiny_lora(tmp_path / "tied.gguf", extra=EMBEDDING_LORA)

    with pytest.raises(AdapterError, match="one matrix"):
        await shared_engine.set_adapters([AdapterStrength(path)])
    assert (await answer(shared_engine, request()))[1].reason == "length"


async def test_a_model_that_vanished_is_a_clear_error_when_it_must_be_loaded_again(shared_engine, tmp_path):
    path = write_tiny_gguf(tmp_path / "gone.gguf")
    await shared_engine.load(LoadRequest(path, threads=1))
    path.unlink()

    with pytest.raises(ModelError, match="does not exist"):
        await shared_engine.load(LoadRequest(path, context_tokens=300, threads=1))
