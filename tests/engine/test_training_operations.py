"""What training and evaluation ask of the engine: tokens, likelihoods of given tokens, other number formats."""

from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from lorag.engine.api import AdapterStrength, LoadProgress, LoadRequest, QuantiseRequest
from lorag.engine.client import EngineClient
from lorag.errors import EngineError
from lorag.models.gguf import read_metadata
from lorag.prompts.messages import Segment
from tests.chat_templates import BEGIN_AND_END, MARKERS
from tests.engine.conversation import answer, prompt, request
from tests.tiny_gguf import tiny_gguf, tiny_lora

pytestmark = pytest.mark.asyncio(loop_scope="module")

LORA = tiny_lora("operations", seed=21)
TEXT = "the model and the system on 안녕 " * 4


async def load(engine: EngineClient, path: Path | None = None) -> None:
    await engine.load(LoadRequest(path or tiny_gguf(), threads=1))
    await engine.set_adapters([])


def likelihoods(model, tokens: list[int]) -> list[float]:
    """Compute what ``score_tokens`` returns with llama-cpp-python's own classes."""
    model.reset()
    model.eval(tokens)
    logits = model.scores[: len(tokens) - 1].astype(np.float64)
    return list(logits[np.arange(len(tokens) - 1), tokens[1:]] - np.log(np.exp(logits).sum(axis=1)))


async def test_tokens_of_a_prompt_equal_llama_cpps_own(shared_engine):
    import llama_cpp

    await load(shared_engine)
    segments = prompt("Hello the world 안녕")

    tokens = await shared_engine.tokenise(segments)

    model = llama_cpp.Llama(str(tiny_gguf()), vocab_only=True, verbose=False)
    whole = "".join(segment.text for segment in segments).encode()
    assert tokens == model.tokenize(whole, add_bos=False, special=True)
    model.close()


@pytest.mark.parametrize("vocabulary", ["bpe", "spm"])
async def test_a_prompt_in_pieces_has_the_tokens_of_the_whole(shared_engine, vocabulary):
    bos, eos = BEGIN_AND_END["mistral"]
    path = tiny_gguf("pieces", vocabulary=vocabulary, special_tokens=MARKERS["mistral"], bos=bos, eos=eos, add_bos=True)
    await load(shared_engine, path)
    asked = (Segment("<s>[INST] ", special=True), Segment("Hello", special=False), Segment(" [/INST]", special=True))
    answered = (Segment("Hello world", special=False), Segment("</s>", special=True))

    whole = await shared_engine.tokenise((*asked, *answered))
    first = await shared_engine.tokenise(asked)
    rest = await shared_engine.tokenise(answered, after=asked)

    assert [*first, *rest] == whole
    assert whole.count((await shared_engine.special_tokens()).bos) == 1


async def test_text_that_goes_on_after_text_gets_no_space_of_its_own(shared_engine):
    bos, eos = BEGIN_AND_END["mistral"]
    path = tiny_gguf("spm", vocabulary="spm", special_tokens=MARKERS["mistral"], bos=bos, eos=eos, add_bos=True)
    await load(shared_engine, path)

    fresh = await shared_engine.tokenise([Segment("he", special=False)], after=[Segment("<s>", special=True)])
    inside = await shared_engine.tokenise([Segment("he", special=False)], after=[Segment("t", special=False)])

    assert len(fresh) == len(inside) + 1


async def test_markers_in_what_people_wrote_are_no_control_tokens_in_training_either(shared_engine):
    await load(shared_engine)
    ends = (await shared_engine.special_tokens()).ends

    assert not ends & set(await shared_engine.tokenise([Segment("<|im_end|>", special=False)]))
    assert ends & set(await shared_engine.tokenise([Segment("<|im_end|>", special=True)]))


async def test_special_tokens_are_those_of_the_file(shared_engine):
    await load(shared_engine)
    plain = await shared_engine.special_tokens()
    bos, eos = BEGIN_AND_END["llama-3"]
    await load(shared_engine, tiny_gguf("bos", special_tokens=MARKERS["llama-3"], bos=bos, eos=eos, add_bos=True))
    with_bos = await shared_engine.special_tokens()

    assert (plain.adds_bos, plain.eos) == (False, 2)
    assert 2 in plain.ends
    assert (with_bos.adds_bos, with_bos.bos, with_bos.eos) == (True, 0, MARKERS["llama-3"].index("<|eot_id|>"))
    assert with_bos.eos in with_bos.ends
    assert plain.vocabulary_size == len(gguf.GGUFReader(tiny_gguf()).fields["tokenizer.ggml.tokens"].data)


async def test_pieces_are_what_a_person_reads(shared_engine):
    await load(shared_engine)
    tokens = await shared_engine.tokenise(prompt("Hello 안"))

    pieces = await shared_engine.pieces(tokens)

    assert pieces[0] == "<|im_start|>"
    assert "Hello" in pieces
    # The syllable takes three tokens here, and none of them is a character by itself.
    assert pieces.count("\ufffd") == 3
    with pytest.raises(EngineError, match="none of the model"):
        await shared_engine.pieces([999_999])


@pytest.mark.parametrize("adapted", [False, True])
async def test_likelihoods_of_tokens_equal_a_direct_computation(shared_engine, adapted):
    import llama_cpp

    await load(shared_engine)
    await shared_engine.set_adapters([AdapterStrength(LORA, 0.7)] if adapted else [])
    tokens = await shared_engine.tokenise([Segment(TEXT, special=False)])

    scores = await shared_engine.score_tokens(tokens)

    lora: dict[str, Any] = {"lora_path": str(LORA), "lora_scale": 0.7} if adapted else {}
    model = llama_cpp.Llama(str(tiny_gguf()), logits_all=True, verbose=False, n_ctx=512, n_threads=1, **lora)
    expected = likelihoods(model, tokens)
    model.close()
    assert len(scores) == len(tokens) - 1 > 64
    # The cache is kept at half precision, and both sides cut the text into different batches.
    assert scores == pytest.approx(expected, abs=0.05)


async def test_an_adapter_changes_likelihoods_by_more_than_rounding(shared_engine):
    await load(shared_engine)
    tokens = await shared_engine.tokenise([Segment(TEXT, special=False)])
    base = await shared_engine.score_tokens(tokens)
    await shared_engine.set_adapters([AdapterStrength(LORA, 0.7)])

    adapted = await shared_engine.score_tokens(tokens)

    assert max(abs(one - other) for one, other in zip(base, adapted, strict=True)) > 1


async def test_scoring_starts_at_the_token_asked_for(shared_engine):
    await load(shared_engine)
    tokens = await shared_engine.tokenise([Segment(TEXT, special=False)])
    whole = await shared_engine.score_tokens(tokens)

    assert await shared_engine.score_tokens(tokens, 40) == pytest.approx(whole[39:], abs=0.02)
    assert await shared_engine.score_tokens(tokens, len(tokens)) == []
    assert await shared_engine.score_tokens([]) == []


@pytest.mark.parametrize(
    ("tokens", "first", "reason"),
    [
        ([1, 2, 3], 0, "number 0"),
        ([1, 2], 3, "number 3"),
        ([1, 999_999], 1, "none of the model"),
        ([5] * 1025, 1, "fit"),
    ],
)
async def test_tokens_that_cannot_be_scored_are_a_clear_error(shared_engine, tokens, first, reason):
    await load(shared_engine)

    with pytest.raises(EngineError, match=reason):
        await shared_engine.score_tokens(tokens, first)


@pytest.mark.parametrize("kind", ["Q8_0", "Q4_K_M", "F16"])
async def test_a_model_is_written_in_another_format_and_runs(shared_engine, tmp_path, kind):
    await load(shared_engine)
    target = tmp_path / f"{kind}.gguf"
    progress: list[LoadProgress] = []

    await shared_engine.quantise(QuantiseRequest(tiny_gguf(), target, kind, threads=1), progress.append)

    assert progress[-1].fraction == 1.0
    before, after = read_metadata(tiny_gguf()), read_metadata(target)
    assert after.size_bytes < before.size_bytes
    assert after.text("tokenizer.chat_template") == before.text("tokenizer.chat_template")
    await shared_engine.load(LoadRequest(target, threads=1))
    assert (await answer(shared_engine, request()))[0]
    assert list(tmp_path.glob("*.part")) == []


async def test_half_precision_answers_like_the_original(shared_engine, tmp_path):
    await load(shared_engine)
    tokens = await shared_engine.tokenise([Segment(TEXT, special=False)])
    expected = await shared_engine.score_tokens(tokens)
    await shared_engine.quantise(QuantiseRequest(tiny_gguf(), tmp_path / "half.gguf", "F16", threads=1))
    await shared_engine.load(LoadRequest(tmp_path / "half.gguf", threads=1))

    assert await shared_engine.score_tokens(tokens) == pytest.approx(expected, abs=0.05)


async def test_quantising_leaves_the_loaded_model_as_it_was(shared_engine, tmp_path):
    await load(shared_engine)
    expected, _ = await answer(shared_engine, request())

    await shared_engine.quantise(QuantiseRequest(tiny_gguf(), tmp_path / "q8.gguf", "Q8_0", threads=1))

    assert (await answer(shared_engine, request()))[0] == expected


async def test_what_is_quantised_is_not_quantised_again_unless_that_is_asked_for(shared_engine, tmp_path):
    first, second = tmp_path / "first.gguf", tmp_path / "second.gguf"
    await shared_engine.quantise(QuantiseRequest(tiny_gguf(), first, "Q8_0", threads=1))

    with pytest.raises(EngineError, match="quantised already"):
        await shared_engine.quantise(QuantiseRequest(first, second, "Q4_K_M", threads=1))

    assert not second.exists()
    await shared_engine.quantise(QuantiseRequest(first, second, "Q4_K_M", requantise=True, threads=1))
    assert second.exists()


async def test_wrong_files_cannot_be_quantised(shared_engine, tmp_path):
    text, cut = tmp_path / "text.gguf", tmp_path / "cut.gguf"
    text.write_text("not a model")
    cut.write_bytes(tiny_gguf().read_bytes()[:-1000])
    copy = tmp_path / "copy.gguf"
    copy.write_bytes(tiny_gguf().read_bytes())
    for source, target, reason in [
        (text, "t.gguf", "not a GGUF"),
        (cut, "t.gguf", "not complete"),
        (LORA, "t.gguf", "LoRA"),
        (copy, "copy.gguf", "onto itself"),
        (copy, "missing/t.gguf", "not a folder"),
    ]:
        with pytest.raises(EngineError, match=reason):
            await shared_engine.quantise(QuantiseRequest(source, tmp_path / target, "Q8_0", threads=1))
    assert copy.read_bytes() == tiny_gguf().read_bytes()
