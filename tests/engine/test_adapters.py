import pytest

from lorag.engine.api import AdapterStrength, LoadRequest
from lorag.engine.client import EngineClient
from lorag.errors import AdapterError, LoragError
from tests.engine.conversation import answer, prompt, request
from tests.tiny_gguf import tiny_gguf, tiny_lora

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIRST, SECOND = tiny_lora("first", seed=11), tiny_lora("second", seed=12)


async def load(engine: EngineClient) -> None:
    await engine.load(LoadRequest(tiny_gguf(), threads=1))
    await engine.set_adapters([])


async def scores(engine: EngineClient, *adapters: AdapterStrength) -> list[float]:
    await engine.set_adapters(adapters)
    return await engine.score(prompt("Hello"), "the model and the world")


async def test_an_adapter_changes_the_answer_and_clearing_it_gives_the_model_back_exactly(shared_engine):
    await load(shared_engine)
    base, _ = await answer(shared_engine, request())
    base_scores = await scores(shared_engine)

    await shared_engine.set_adapters([AdapterStrength(FIRST)])
    adapted, _ = await answer(shared_engine, request())
    await shared_engine.set_adapters([])
    cleared, finished = await answer(shared_engine, request())

    assert adapted != base
    assert cleared == base
    assert finished.usage.reused_tokens == 0
    assert await scores(shared_engine) == base_scores


async def test_what_was_read_with_another_adapter_is_not_reused(shared_engine):
    await load(shared_engine)
    await shared_engine.set_adapters([AdapterStrength(FIRST)])
    fresh, _ = await answer(shared_engine, request())
    await shared_engine.set_adapters([AdapterStrength(SECOND)])
    await answer(shared_engine, request())
    await shared_engine.set_adapters([AdapterStrength(FIRST)])

    again, finished = await answer(shared_engine, request())

    assert finished.usage.reused_tokens == 0
    assert again == fresh


async def test_setting_the_same_adapters_again_keeps_what_was_read(shared_engine):
    await load(shared_engine)
    await shared_engine.set_adapters([AdapterStrength(FIRST, 0.5)])
    await answer(shared_engine, request())
    await shared_engine.set_adapters([AdapterStrength(FIRST, 0.5)])

    assert (await answer(shared_engine, request()))[1].usage.reused_tokens > 0


async def test_strengths_scale_and_add_up(shared_engine):
    await load(shared_engine)
    base = await scores(shared_engine)
    whole = await scores(shared_engine, AdapterStrength(FIRST, 1.0))
    half = await scores(shared_engine, AdapterStrength(FIRST, 0.5))
    halves = await scores(shared_engine, AdapterStrength(FIRST, 0.5), AdapterStrength(FIRST, 0.5))
    both = await scores(shared_engine, AdapterStrength(FIRST), AdapterStrength(SECOND))

    assert len({tuple(one) for one in (base, whole, half, both)}) == 4
    assert halves == whole
    assert await scores(shared_engine, AdapterStrength(FIRST, 0.0)) == base


async def test_an_adapter_file_that_was_replaced_is_read_again(shared_engine, tmp_path):
    await load(shared_engine)
    path = tmp_path / "adapter.gguf"
    path.write_bytes(FIRST.read_bytes())
    first = await scores(shared_engine, AdapterStrength(path))
    path.unlink()
    path.write_bytes(SECOND.read_bytes())

    assert await scores(shared_engine, AdapterStrength(path)) != first


async def test_loading_another_model_leaves_the_adapters_behind(shared_engine):
    await load(shared_engine)
    base, _ = await answer(shared_engine, request())
    await shared_engine.set_adapters([AdapterStrength(FIRST)])
    await shared_engine.load(LoadRequest(tiny_gguf("other", seed=3), threads=1))
    await shared_engine.load(LoadRequest(tiny_gguf(), threads=1))

    assert (await answer(shared_engine, request()))[0] == base


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (tiny_gguf(), "not a LoRA"),
        (tiny_lora("foreign", architecture="qwen2"), "made for a qwen2 model"),
        (tiny_lora("wide", width=128), "does not fit"),
        (tiny_lora("deep", layers=3), "no such tensor"),
        (tiny_lora("half", missing_pair=True), "only one of its two"),
        (tiny_lora("alpha", metadata=None, alpha=8.0).with_name("missing.gguf"), "does not exist"),
    ],
)
async def test_an_adapter_that_does_not_belong_is_refused_and_the_engine_goes_on(shared_engine, path, reason):
    await load(shared_engine)
    expected, _ = await answer(shared_engine, request())
    pid = shared_engine.worker_pid

    with pytest.raises(LoragError, match=reason):
        await shared_engine.set_adapters([AdapterStrength(path)])

    assert (await answer(shared_engine, request()))[0] == expected
    assert shared_engine.worker_pid == pid


async def test_a_strength_that_is_no_number_is_refused(shared_engine):
    await load(shared_engine)

    with pytest.raises(AdapterError, match="nan"):
        await shared_engine.set_adapters([AdapterStrength(FIRST, float("nan"))])
