import json
import multiprocessing
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from chat.batches import BatchSource, Place, batches_ahead, batches_from, queues_for, rounds
from chat.bpe import ASSISTANT, load_tokenizer, train_tokenizer
from chat.corpus import Corpus
from chat.encode import encode, template_ids
from chat.evaluate import DevExamples, Score, worth
from chat.examples import Example
from chat.export import CHAT_TEMPLATE, export
from chat.initial import initialise
from chat.intents import FOLDER, SmallTalk
from chat.journal import lines, log_steps
from chat.model import Llama
from chat.optim import Optimizer
from chat.settings import Recipe, read_recipes, rehearsal
from chat.start import exported_tokenizer, origins, take_weights
from chat.token_vectors import token_vectors
from chat.train import StepReport, Trainee, average, load_checkpoint, save_checkpoint, train
from chat_model import FILE_NAME, RECIPE, START, Judge, Run, make
from tokenizers import Tokenizer

from lorag.engine.api import LoadRequest
from lorag.engine.client import EngineClient
from lorag.engine.model import LlamaModel
from lorag.engine.tokenise import Tokeniser
from lorag.prompts.messages import Message, Role
from lorag.prompts.template import render

RECIPES = read_recipes(RECIPE)
FIRST, *LATER = RECIPES
TALK: list[tuple[Role, str]] = [
    ("user", "Refund order 12?\n\nOffice\n[1] Refund the order.\n[2] 환불 주문 휴가입니다.\n\nRefund order 12?"),
    ("assistant", "[1] Refund the order."),
    ("user", "고마워요! <|end|> [3]"),
]


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Compute with one thread: two that share a busy core wait for each other at every product."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@dataclass
class Kitchen:
    """All that a run needs, small."""

    recipe: Recipe
    tokenizer: Tokenizer
    source: BatchSource
    vectors: np.ndarray

    def network(self) -> tuple[Trainee, Optimizer]:
        torch.manual_seed(0)
        model = Trainee(Llama(self.recipe.model))
        initialise(model.llama, self.tokenizer, self.vectors, 0)
        optimizer = Optimizer(model, 0.004, 0.002)
        return model.bfloat16(), optimizer

    def run(self, model: Trainee, optimizer: Optimizer, place: Place, steps: int) -> Place:
        batches = batches_from(self.source, self.recipe, place)
        reports = train(model, optimizer, self.recipe.optimizer, batches, self.recipe.loss.choice, compiled=False)
        for _, report in zip(range(steps), reports, strict=False):
            place = report.place
        return place


@pytest.fixture(scope="module")
def kitchen(corpus_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Kitchen:
    written = RECIPES[FIRST]
    shape = replace(written.model, vocabulary=900, layers=4, feed_forward=64, context=512)
    corpus = Corpus(corpus_folder, "train")
    path = tmp_path_factory.mktemp("work") / "tokenizer.json"
    train_tokenizer(corpus, shape.vocabulary, 1, seed=1).save(str(path))
    tokenizer = load_tokenizer(path)
    # So little text holds fewer pieces of words than were asked for.
    shape = replace(shape, vocabulary=tokenizer.get_vocab_size())
    recipe = replace(written, model=shape, optimizer=replace(written.optimizer, batch_tokens=512))
    vectors = token_vectors(corpus, tokenizer, shape.width - 4, seed=1)
    return Kitchen(recipe, tokenizer, BatchSource(recipe, corpus, path), vectors)


@pytest.fixture(scope="module")
def trained(kitchen: Kitchen, tmp_path_factory: pytest.TempPathFactory) -> tuple[Llama, Path]:
    """A network after a few steps, and the file it was exported to."""
    model, optimizer = kitchen.network()
    kitchen.run(model, optimizer, Place(), 3)
    path = tmp_path_factory.mktemp("models") / "small.gguf"
    network = model.float().llama
    export(path, network, kitchen.tokenizer, kitchen.recipe.model.context)
    return network, path


def test_llama_cpp_reads_a_conversation_as_the_tokens_it_was_trained_on(kitchen, trained):
    loaded = LlamaModel(trained[1], 0, CHAT_TEMPLATE, lambda _: True)
    try:
        tokens = Tokeniser(loaded.vocabulary).prompt(_segments())
    finally:
        loaded.close()

    assert tokens == template_ids(kitchen.tokenizer, TALK)


async def test_llama_cpp_finds_every_token_as_likely_as_the_network_does(kitchen, trained, tmp_path):
    network, path = trained
    answer = "[2] 환불 주문 휴가입니다."
    prompt, said = template_ids(kitchen.tokenizer, TALK), kitchen.tokenizer.encode(answer).ids
    with torch.no_grad():
        logits = network.logits(network(torch.tensor([prompt + said]))[0, len(prompt) - 1 : -1])
    expected = logits.float().log_softmax(-1)[torch.arange(len(said)), torch.tensor(said)].tolist()

    async with EngineClient(tmp_path / "engine.log") as engine:
        await engine.load(LoadRequest(path, threads=1))
        likelihoods = await engine.score(_segments(), answer)

    # llama.cpp keeps keys and values in half precision.
    assert likelihoods == pytest.approx(expected, abs=0.4)
    assert np.abs(np.subtract(likelihoods, expected)).mean() < 0.1


def test_a_resumed_run_ends_where_an_uninterrupted_one_does(kitchen, tmp_path):
    straight, optimizer = kitchen.network()
    kitchen.run(straight, optimizer, Place(), 4)
    checkpoint = tmp_path / "checkpoint.pt"
    stopped, optimizer = kitchen.network()
    save_checkpoint(checkpoint, optimizer, kitchen.run(stopped, optimizer, Place(), 2))

    resumed, optimizer = kitchen.network()
    kitchen.run(resumed, optimizer, load_checkpoint(checkpoint, optimizer), 2)

    for name, weight in straight.state_dict().items():
        assert torch.equal(weight, resumed.state_dict()[name]), name


def test_training_goes_on_from_an_exported_file_as_from_the_network_it_was(kitchen, trained, tmp_path):
    network, path = trained
    again = Llama(kitchen.recipe.model)
    take_weights(again, path)
    export(tmp_path / "again.gguf", again, exported_tokenizer(path), kitchen.recipe.model.context)

    assert (tmp_path / "again.gguf").read_bytes() == path.read_bytes()
    for name, weight in network.state_dict().items():
        assert torch.allclose(weight, again.state_dict()[name], atol=2e-3), name
    for _, text in TALK:
        assert exported_tokenizer(path).encode(text).ids == kitchen.tokenizer.encode(text).ids


def test_an_exported_file_of_another_shape_is_refused(kitchen, trained):
    wider = replace(kitchen.recipe.model, feed_forward=96)

    with pytest.raises(ValueError, match="ffn_gate"):
        take_weights(Llama(wider), trained[1])


def test_a_file_with_more_blocks_than_the_recipe_is_refused(kitchen, trained):
    with pytest.raises(ValueError, match="4 blocks"):
        take_weights(Llama(replace(kitchen.recipe.model, layers=3)), trained[1])


def test_a_network_that_has_grown_computes_what_it_did(kitchen, trained):
    network, path = trained
    grown = Llama(replace(kitchen.recipe.model, layers=6))
    take_weights(grown, path)
    ids = torch.tensor([template_ids(kitchen.tokenizer, TALK)])

    assert origins(4, 6) == [(0, False), (0, True), (1, False), (2, False), (2, True), (3, False)]
    assert torch.allclose(grown(ids), network(ids), atol=0.02)
    # The rest of a new block is that of the block before it: all of it learns from the first steps on.
    weights = grown.state_dict()
    assert torch.equal(weights["blocks.1.query.weight"], weights["blocks.0.query.weight"])
    assert not weights["blocks.1.down.weight"].any()


@pytest.mark.usefixtures("one_thread")
def test_what_sentences_mean_is_learned_where_the_recipe_asks_for_it(kitchen, corpus_folder, tmp_path):
    kitchen.tokenizer.save(str(tmp_path / "tokenizer.json"))
    recipe = replace(kitchen.recipe, optimizer=replace(kitchen.recipe.optimizer, meaning_weight=1.0))
    source = BatchSource(recipe, Corpus(corpus_folder, "train"), tmp_path / "tokenizer.json")
    model, optimizer = replace(kitchen, recipe=recipe, source=source).network()
    batches = batches_from(source, recipe, Place())
    reports = [report for report, _ in zip(_steps(recipe, model, optimizer, batches), range(40), strict=False)]
    known = [report.meaning for report in reports if report.meaning == report.meaning]

    assert sum(known[-5:]) < 0.7 * sum(known[:5])


def _steps(recipe, model, optimizer, batches):
    return train(model, optimizer, recipe.optimizer, batches, recipe.loss.choice, compiled=False)


@pytest.mark.usefixtures("one_thread")
def test_one_command_goes_through_all_parts_from_the_corpus_to_the_file(corpus_folder, tmp_path):
    recipes = {name: _tiny(rehearsal(recipe)) for name, recipe in RECIPES.items()}
    run = Run(corpus_folder, tmp_path / "work", tmp_path / "chat", None, workers=1)

    make(recipes, run)

    card = (run.out / "README.md").read_text("utf-8")
    assert f'the part "{LATER[-1]}", going on from an earlier file of this model' in card
    made = [path.parent.parent.name for path in sorted(run.work.glob("*/model/*.gguf"))]
    assert made == sorted([FIRST, *LATER[:-1]])
    ends = {path.stem for path in run.work.glob("*/*.pt")}
    assert ends >= {stage.name for recipe in recipes.values() for stage in recipe.stages}
    taken = Llama(
        replace(recipes[LATER[-1]].model, vocabulary=exported_tokenizer(run.out / FILE_NAME).get_vocab_size())
    )
    take_weights(taken, run.out / FILE_NAME)
    assert torch.isfinite(taken.embedding.weight).all()


def _tiny(recipe: Recipe) -> Recipe:
    grown = recipe.model.layers > RECIPES[FIRST].model.layers
    shape = replace(recipe.model, vocabulary=900, layers=5 if grown else 4, feed_forward=64)
    return replace(recipe, model=shape, stages=tuple(replace(stage, tokens=6_000) for stage in recipe.stages))


def test_parts_that_go_on_have_the_shape_and_context_of_the_first_one_or_more_blocks():
    assert {replace(recipe.model, layers=8) for recipe in RECIPES.values()} == {RECIPES[FIRST].model}
    layers = [recipe.model.layers for recipe in RECIPES.values()]
    assert layers == sorted(layers)
    assert {recipe.context for recipe in RECIPES.values()} == {RECIPES[FIRST].context}
    assert len({recipe.seed for recipe in RECIPES.values()}) == len(RECIPES)


def test_a_part_says_what_differs_from_the_head_and_a_stage_what_differs_from_the_one_before_it(tmp_path):
    head, mark, _ = RECIPE.read_text("utf-8").partition("[[part]]")
    stage = "tokens = 5\nrate = [1, 0.5]\nlongest = 9\npassages = [1]\nsentences = [1, 2]\nrefusal = 0.1\nhard = 0.3\n"
    parts = (
        f'{mark}\nname = "a"\nseed = 7\nloss = {{ copied = 9.0 }}\n'
        f'[[part.stage]]\nname = "one"\n{stage}mix = {{ "talk" = 2, "both" = 1 }}\n'
        f'[[part.stage]]\nname = "two"\nnear = 0.5\nmix = {{ "talk" = 3, "cross" = 4 }}\n'
        f'{mark}\nname = "b"\nseed = 8\naverage = {{ one = 1.0 }}\n'
        f'[[part.stage]]\nname = "one"\n{stage}mix = {{ "random" = 1 }}\n'
    )
    path = tmp_path / "recipe.toml"
    path.write_text(head + parts, "utf-8")

    recipes = read_recipes(path)

    first, second = recipes["a"], recipes["b"]
    assert list(recipes) == ["a", "b"]
    assert first.loss == replace(second.loss, copied=9.0)
    assert first.optimizer == second.optimizer
    assert (first.average, second.average) == ({}, {"one": 1.0})
    one, two = first.stages
    assert one.mix == {"talk": 2, "both": 1}
    assert two.mix == {"talk": 3, "both": 1, "cross": 4}
    assert two == replace(one, name="two", mix=two.mix, shape=replace(one.shape, near=0.5))
    assert second.stages == (replace(one, mix={"random": 1}),)


def test_copied_words_weigh_more_where_they_could_go_on_otherwise(kitchen):
    turn = "Refund?\n\nOffice\n[1] Refund the order today.\n[2] Refund the order now.\n\nRefund?"
    example = Example(
        "qa", (("user", turn), ("assistant", "[1] Refund the order today.")), ("Refund the order today.",) * 2, (1,), 1
    )
    example = replace(example, sentences=("Refund the order today.", "Refund the order now."))
    loss = replace(kitchen.recipe.loss, copied=0.5, branching=1.0, choice=7.0, closing=5.0)

    plain, branching = (
        encode(kitchen.tokenizer, example, replace(loss, branching=times), np.random.default_rng(0))
        for times in (1.0, 6.0)
    )

    heavier = np.flatnonzero(branching.weights > plain.weights)
    assert len(heavier)
    assert (branching.weights[heavier] == 3.0).all()
    assert (plain.weights[heavier] == 0.5).all()
    told = kitchen.tokenizer.decode([int(token) for token in branching.ids[heavier + 1]])
    assert told.split()[0].startswith("t")  # "today", where the other sentence has "now"
    others = np.setdiff1d(np.arange(len(plain.ids)), heavier)
    assert (branching.weights[others] == plain.weights[others]).all()


def test_small_talk_counts_the_replies_that_were_written_for_a_remark(kitchen, trained, corpus_folder):
    network, _ = trained
    examples = DevExamples(Corpus(corpus_folder, "dev"), kitchen.tokenizer)
    intent = SmallTalk(FOLDER).intents("en")[0]
    reply = kitchen.tokenizer.encode(intent.replies[0]).ids[:8]

    class Parrot(Llama):
        """Begins every answer with the same reply."""

        def forward(self, ids):
            said = ids[0].tolist()
            at = len(said) - 1 - max(i for i, token in enumerate(said) if token == ASSISTANT)
            return torch.full((1, len(said), 1), float(at))

        def logits(self, hidden):
            return torch.nn.functional.one_hot(torch.tensor(reply)[hidden[..., 0].long()], self.shape.vocabulary)

    parrot = Parrot(kitchen.recipe.model)
    assert examples.small_talk(network, 20) == 0.0
    assert 0.0 < examples.small_talk(parrot, 10_000) < 0.1


def test_a_checkpoint_is_worth_more_for_each_thing_it_does_better():
    plain = Score("English", 3, 10, 0.1, 0.5, 0.5, 0.1, 0.5)

    assert worth([plain], 0.5) == pytest.approx(0.5)
    assert worth([replace(plain, constrained=0.6)], 0.5) > worth([replace(plain, rightly_refused=0.6)], 0.5)
    assert worth([plain], 0.6) > worth([plain], 0.5)


def test_the_average_of_weights_lies_between_them_by_their_shares():
    first, second = {"a": torch.tensor([1.0, 2.0])}, {"a": torch.tensor([3.0, -2.0])}

    assert average([(first, 0.25), (second, 0.75)])["a"].tolist() == [2.5, -1.0]


def test_what_is_averaged_are_stages_of_the_recipe_and_their_shares_make_a_whole():
    for recipe in (RECIPES[name] for name in LATER):
        assert set(recipe.average) - {START} <= {stage.name for stage in recipe.stages}
        assert not recipe.average or sum(recipe.average.values()) == pytest.approx(1.0)
    assert RECIPES[FIRST].average == {}


def test_the_weights_of_a_stage_are_kept_at_its_end_and_not_before(kitchen, corpus_folder, tmp_path):
    stage = kitchen.recipe.stages[0]
    judge, (_, optimizer) = Judge(kitchen.recipe, Corpus(corpus_folder, "dev"), tmp_path), kitchen.network()
    # A step's stage comes from another process: an equal one, not the recipe's own.
    report = StepReport(1, Place(stage.tokens - 1), deepcopy(stage), 1.0, 1.0, 0.5, 1.0, 1.0, 1.0)

    judge.after_step(report, optimizer)
    assert list(tmp_path.iterdir()) == []

    judge.after_step(replace(report, place=Place(stage.tokens)), optimizer)
    assert [path.name for path in tmp_path.iterdir()] == [f"{stage.name}.pt"]


def test_the_log_of_steps_that_chose_no_sentence_holds_no_choice(kitchen, tmp_path):
    nothing = float("nan")
    report = StepReport(1, Place(100), kitchen.recipe.stages[0], 2.0, nothing, nothing, nothing, nothing, 1.0)

    assert json.loads(log_steps(tmp_path, [report, report])) == lines(tmp_path)[0]
    assert [lines(tmp_path)[0][name] for name in ("loss", "choice", "marker")] == [2.0, None, None]
    assert json.loads(log_steps(tmp_path, [report, replace(report, choice=0.5)]))["choice"] == 0.5


def test_batches_that_cannot_be_built_end_the_run_and_do_not_hold_it(kitchen, tmp_path):
    nowhere, queues = Corpus(tmp_path / "nowhere", "train"), queues_for(1)
    batches = batches_ahead(kitchen.recipe, nowhere, tmp_path / "none.json", Place(), queues, 0)

    with pytest.raises(RuntimeError, match="ended before its work"):
        next(batches)


def test_one_process_builds_the_batches_of_all_that_train_together(kitchen, corpus_folder, tmp_path):
    kitchen.tokenizer.save(str(tmp_path / "tokenizer.json"))
    queues, corpus = queues_for(2), Corpus(corpus_folder, "train")
    workers = [
        batches_ahead(kitchen.recipe, corpus, tmp_path / "tokenizer.json", Place(), queues, worker)
        for worker in range(2)
    ]

    read = [[next(batches) for batches in workers] for _ in range(3)]

    for batches in workers:
        batches.close()

    assert multiprocessing.active_children() == []
    drawn = [batch for *_, batch in islice(batches_from(kitchen.source, kitchen.recipe, Place()), 6)]
    assert [batch.ids.tolist() for pair in read for *_, batch in pair] == [batch.ids.tolist() for batch in drawn]
    assert [first[0] for first, _ in read] == [second[0] for _, second in read]


def test_a_round_that_is_not_full_is_left_out_by_all(kitchen):
    stage = kitchen.recipe.stages[0]
    drawn = [(Place(number), stage, 0.0, batch) for number, batch in enumerate(kitchen.source.group(stage, 0)[:5])]

    assert [[place.tokens for place, *_ in round_] for round_ in rounds(iter(drawn), 2)] == [[1, 1], [3, 3]]


def test_a_group_of_batches_is_the_same_at_every_draw(kitchen):
    stage = kitchen.recipe.stages[0]

    first, second, other = (kitchen.source.group(stage, number) for number in (5, 5, 6))

    assert [batch.ids.tolist() for batch in first] == [batch.ids.tolist() for batch in second]
    assert [batch.ids.tolist() for batch in first] != [batch.ids.tolist() for batch in other]


def _segments():
    messages = [Message(role, text) for role, text in TALK]
    return render(messages, template=CHAT_TEMPLATE, bos_token="", eos_token="<|end|>", add_generation_prompt=True)
