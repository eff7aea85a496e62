import pytest

from lorag.errors import TrainingError, UsageError
from lorag.tuning.estimate import ModelSize, estimate, refuse_what_does_not_fit
from lorag.tuning.options import TrainOptions, choose_options
from lorag.tuning.planning import make_plan

SIZE = ModelSize(
    total_parameters=1_000_000_000,
    trained_parameters=10_000_000,
    layers=16,
    hidden=2048,
    feed_forward=8192,
    vocabulary=128_000,
    weight_bytes=2,
)


def plan(options=TrainOptions(), *, rows=500, longest=200, parameters=500_000_000, layers=16):  # noqa: B008 - frozen
    return make_plan(options, rows=rows, longest=longest, parameters=parameters, layers=layers)


def test_flags_win_over_the_file_and_the_file_over_the_defaults(tmp_path):
    config = tmp_path / "run.toml"
    config.write_text('learning-rate = 0.001\nbatch_size = 2\nmethod = "dora"\ntargets = ["q_proj", "v_proj"]\n')
    options = choose_options({"batch_size": 6}, config)
    assert (options.learning_rate, options.batch_size, options.method) == (0.001, 6, "dora")
    assert options.targets == ("q_proj", "v_proj")
    assert options.patience == TrainOptions().patience


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("learning_rat = 1", "learning_rat is not an option of a run; did you mean learning_rate?"),
        ("rank = 0", "rank must be a whole number from 1 to 1,024, not 0"),
        ("max-length = 3", "max-length must be a whole number from 8 to 1,000,000, not 3"),
        ("warmup = 2", "warmup must be a number from 0 to 0.9, not 2"),
        ("rank = 1.5", "rank must be a whole number"),
        ("rank = true", "rank must be a whole number"),
        ('method = "adapter"', "method must be one of lora, dora, ia3, freeze, head, full"),
        ('rslora = "yes"', "rslora must be true or false"),
        ("targets = []", "targets must be some of"),
        ("rank = ", "cannot be read as TOML"),
    ],
)
def test_a_wrong_entry_of_the_file_is_named(tmp_path, text, message):
    config = tmp_path / "run.toml"
    config.write_text(text)
    with pytest.raises(UsageError, match=r"run\.toml") as caught:
        choose_options({}, config)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"pissa": True, "method": "full"}, "--pissa belongs to --method lora, not full"),
        ({"pissa": True, "method": "dora"}, "--pissa belongs to --method lora, not dora"),
        ({"rank": 8, "method": "ia3"}, "--rank belongs to --method lora or dora, not ia3"),
        ({"lora_plus": 16.0, "method": "head"}, "--lora-plus belongs to --method lora or dora, not head"),
        ({"layer_decay": 0.9}, "--layer-decay belongs to --method full, not lora"),
        ({"last_layers": 2, "method": "full"}, "--last-layers belongs to --method freeze, not full"),
        ({"rag_golden": 0.4}, "--rag-golden belongs to --rag-aware"),
        ({"objective": "text", "rag_aware": True}, "--rag-aware needs questions"),
        ({"rag_aware": True, "rag_golden": 0.8, "rag_distractors": 0.3}, "must not be more than 1"),
    ],
)
def test_choices_that_exclude_each_other_are_refused(given, message):
    with pytest.raises(UsageError, match=message):
        choose_options(given, None)


def test_an_option_of_another_method_in_the_file_is_named_with_its_place(tmp_path):
    config = tmp_path / "run.toml"
    config.write_text("rank = 8\nrslora = false\n")
    with pytest.raises(UsageError, match=r"run\.toml: rank belongs to --method lora or dora, not full"):
        choose_options({"method": "full"}, config)


def test_rank_decides_alpha_and_little_data_is_seen_more_often():
    few, many = plan(rows=40), plan(rows=5000)
    assert few.lora.alpha == 2 * few.lora.rank
    assert few.epochs > many.epochs
    assert few.batch_rows < many.batch_rows
    assert few.learning_rate > many.learning_rate


def test_what_makes_steps_larger_lowers_the_automatic_rate_where_it_comes_together():
    plain = plan().learning_rate
    rates = {
        "rslora": plan(TrainOptions(rslora=True)).learning_rate,
        "pissa": plan(TrainOptions(pissa=True)).learning_rate,
        "plus": plan(TrainOptions(lora_plus=16.0)).learning_rate,
        "two": plan(TrainOptions(rslora=True, lora_plus=16.0)).learning_rate,
        "all": plan(TrainOptions(rslora=True, pissa=True, lora_plus=16.0)).learning_rate,
    }
    assert rates["rslora"] == rates["pissa"] == plain
    assert plain > rates["plus"] > rates["two"] > rates["all"]
    assert plan(TrainOptions(rslora=True, lora_plus=16.0, learning_rate=0.01)).learning_rate == 0.01


def test_a_small_model_learns_faster_and_text_slower():
    assert plan(parameters=10_000_000).learning_rate > plan().learning_rate
    assert plan(TrainOptions(objective="text")).learning_rate < plan().learning_rate


def test_a_pass_holds_the_longest_row():
    assert plan(longest=3000).micro_batch_tokens == 3000
    with pytest.raises(TrainingError, match="longest row has 3000 tokens and one pass only 512"):
        plan(TrainOptions(micro_batch_tokens=512), longest=3000)


def test_more_layers_than_there_are_cannot_learn():
    with pytest.raises(TrainingError, match="--last-layers must be 1 to 16"):
        plan(TrainOptions(method="freeze", last_layers=17))


@pytest.mark.parametrize(
    ("options", "size", "knob"),
    [
        (TrainOptions(micro_batch_tokens=60_000), SIZE, "--checkpointing"),
        (TrainOptions(micro_batch_tokens=60_000, checkpointing=True), SIZE, "--micro-batch-tokens"),
        (
            TrainOptions(method="full"),
            ModelSize(1_000_000_000, 1_000_000_000, 16, 2048, 8192, 128_000, 4),
            "--method lora",
        ),
        (TrainOptions(), ModelSize(70_000_000_000, 1_000_000, 80, 8192, 28_000, 128_000, 2), "smaller base model"),
    ],
)
def test_a_run_that_does_not_fit_is_refused_with_the_knob_that_helps_most(options, size, knob):
    run_plan = plan(options)
    estimated = estimate(size, run_plan, trained_share=0.3, step_seconds=None, steps=100)
    with pytest.raises(TrainingError, match=knob):
        refuse_what_does_not_fit(estimated, run_plan, free_memory=4_000_000_000, free_disk=10**13)


def test_a_full_disk_is_found_out_before_the_run():
    estimated = estimate(SIZE, plan(), trained_share=0.3, step_seconds=0.5, steps=100)
    assert estimated.seconds == 50
    with pytest.raises(TrainingError, match="of disk"):
        refuse_what_does_not_fit(estimated, plan(), free_memory=10**12, free_disk=1_000_000)
