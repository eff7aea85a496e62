import random
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from chat.batches import BatchSource, Place, batches_from
from chat.bpe import ASSISTANT, load_tokenizer, train_tokenizer
from chat.corpus import Corpus
from chat.encode import template_ids
from chat.evaluate import DevExamples, Score, worth
from chat.export import CHAT_TEMPLATE, export
from chat.initial import initialise
from chat.intents import FOLDER, SmallTalk
from chat.model import Llama
from chat.optim import Optimizer
from chat.random_text import random_gold
from chat.settings import Recipe, read_recipe
from chat.start import exported_tokenizer, take_weights
from chat.token_vectors import token_vectors
from chat.train import StepReport, Trainee, average, load_checkpoint, save_checkpoint, train
from chat_model import Judge
from tokenizers import Tokenizer

from lorag.engine.api import LoadRequest
from lorag.engine.client import EngineClient
from lorag.engine.model import LlamaModel
from lorag.engine.tokenise import Tokeniser
from lorag.prompts.messages import Message, Role
from lorag.prompts.template import render

RECIPE = Path(__file__).resolve().parents[2] / "models" / "recipe" / "chat" / "recipe.toml"
TALK: list[tuple[Role, str]] = [
    ("user", "Refund order 12?\n\nOffice\n[1] Refund the order.\n[2] 환불 주문 휴가입니다.\n\nRefund order 12?"),
    ("assistant", "[1] Refund the order."),
    ("user", "고마워요! <|end|> [3]"),
]


@dataclass
class Kitchen:
    """All that a run needs, small."""

    recipe: Recipe
    tokenizer: Tokenizer
    source: BatchSource
    vectors: np.ndarray

    def network(self) -> tuple[Trainee, Optimizer]:
        model = Trainee(Llama(self.recipe.model))
        torch.manual_seed(0)
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
    written = read_recipe(RECIPE)
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


@pytest.mark.parametrize("name", ["further.toml", "finish.toml"])
def test_a_recipe_that_goes_on_has_the_shape_and_tokens_of_the_first_one(name):
    first, further = read_recipe(RECIPE), read_recipe(RECIPE.with_name(name))

    assert further.model == first.model
    assert further.context == first.context


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
    further = read_recipe(RECIPE.with_name("further.toml"))

    assert set(further.average) <= {stage.name for stage in further.stages}
    assert sum(further.average.values()) == pytest.approx(1.0)
    assert read_recipe(RECIPE).average == {}


def test_the_weights_of_a_stage_are_kept_at_its_end_and_not_before(kitchen, corpus_folder, tmp_path):
    stage = kitchen.recipe.stages[0]
    judge, (_, optimizer) = Judge(kitchen.recipe, Corpus(corpus_folder, "dev"), tmp_path), kitchen.network()
    # A step's stage comes from another process: an equal one, not the recipe's own.
    report = StepReport(1, Place(stage.tokens - 1), deepcopy(stage), 1.0, 1.0, 0.5, 1.0, 1.0)

    judge.after_step(report, optimizer)
    assert list(tmp_path.iterdir()) == []

    judge.after_step(replace(report, place=Place(stage.tokens)), optimizer)
    assert [path.name for path in tmp_path.iterdir()] == [f"{stage.name}.pt"]


def test_the_words_that_are_asked_for_stand_together_in_one_nonsense_sentence_only():
    rng = random.Random(1)
    alike = mistaken = 0
    for gold in (random_gold(rng) for _ in range(300)):
        question = gold.question.removesuffix("?").removesuffix(" please").removesuffix("에 대해 알려줘")
        asked = set(question.casefold().split())
        words = [set(sentence.removesuffix(".").casefold().split()) for sentence in gold.sentences]
        target = words.pop(gold.targets[0])
        assert asked <= target
        alike += any(found & target for found in words)
        mistaken += any(asked <= found for found in words)

    assert alike > 150
    assert mistaken == 0


def test_a_group_of_batches_is_the_same_at_every_draw(kitchen):
    stage = kitchen.recipe.stages[0]

    first, second, other = (kitchen.source.group(stage, number) for number in (5, 5, 6))

    assert [batch.ids.tolist() for batch in first] == [batch.ids.tolist() for batch in second]
    assert [batch.ids.tolist() for batch in first] != [batch.ids.tolist() for batch in other]


def _segments():
    messages = [Message(role, text) for role, text in TALK]
    return render(messages, template=CHAT_TEMPLATE, bos_token="", eos_token="<|end|>", add_generation_prompt=True)
