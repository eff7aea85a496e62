"""A Hugging Face folder as base: written as the GGUF of the same model, or refused by name."""

import json

import pytest
import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM

from lorag.adapters.folder import find_adapter
from lorag.cli.main import main
from lorag.errors import TrainingError
from lorag.tuning.base import compare, load_base, token_log_likelihoods
from lorag.tuning.folder_gguf import PROBES, check_tokens, write_folder_as_gguf
from lorag.tuning.folder_vocabulary import read_vocabulary_of
from tests.tiny_gguf import CHATML_TEMPLATE, _merges
from tests.tuning.tiny_models import ARCHITECTURES, TOKENS, tiny_model

pytestmark = [pytest.mark.xdist_group("torch"), pytest.mark.filterwarnings("default")]

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def byte_level(pattern=LLAMA3, ignore_merges=True):
    merges = [(first, second) for first, _, second in (merge.partition(" ") for merge in _merges())]
    tokeniser = Tokenizer(
        models.BPE({token: index for index, token in enumerate(TOKENS)}, merges, ignore_merges=ignore_merges)
    )
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    tokeniser.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokeniser.decoder = decoders.ByteLevel()
    tokeniser.add_special_tokens(list(TOKENS[:3]))
    return tokeniser


def write_folder(folder, model, tokeniser=None, **settings):
    model.save_pretrained(folder)
    (tokeniser or byte_level()).save(str(folder / "tokenizer.json"))
    told = {"eos_token": "<|im_end|>", "add_bos_token": False, "chat_template": CHATML_TEMPLATE, **settings}
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    return folder


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_folder_is_written_as_the_same_model(architecture, dtype, tmp_path, engine, ids_of):
    model, _ = tiny_model(architecture)
    folder = write_folder(tmp_path / "folder", copy_of(model).to(dtype))
    loaded = write_folder_as_gguf(folder, tmp_path / "out.gguf", "out").float()
    check_tokens(folder, [ids_of(tmp_path / "out.gguf", text) for text in PROBES])
    ids = ids_of(tmp_path / "out.gguf", PROBES[0])
    found = compare(token_log_likelihoods(loaded, ids), engine.score_tokens(ids))
    assert found.mean_difference < 0.02
    again = load_base(tmp_path / "out.gguf", dtype=torch.float32, device=torch.device("cpu"))
    assert compare(token_log_likelihoods(again, ids), token_log_likelihoods(loaded, ids)).mean_difference < 1e-3


def copy_of(model):
    import copy

    return copy.deepcopy(model)


def test_the_rope_of_llama_3_is_written_with_its_factors(tmp_path, engine, ids_of):
    model, _ = tiny_model("llama", llama3_rope=True)
    loaded = write_folder_as_gguf(write_folder(tmp_path / "f", copy_of(model)), tmp_path / "out.gguf", "out")
    ids = ids_of(tmp_path / "out.gguf", PROBES[0] * 3)
    assert compare(token_log_likelihoods(loaded, ids), engine.score_tokens(ids)).mean_difference < 0.02


def sentencepiece(prepend):
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    pieces += ["▁", *(chr(code) for code in range(33, 127))]
    words = ("▁the", "ello", "Hello", "▁world", "number", "it")
    made = list(dict.fromkeys(word[: end + 1] for word in words for end in range(1, len(word))))
    pieces += made
    # As SentencePiece has it: a piece is made of any two that there are.
    merges = [
        (piece[:cut], piece[cut:])
        for piece in made
        for cut in range(1, len(piece))
        if piece[:cut] in pieces and piece[cut:] in pieces
    ]
    tokeniser = Tokenizer(
        models.BPE(
            {piece: index for index, piece in enumerate(pieces)}, merges, unk_token="<unk>", byte_fallback=True,
            fuse_unk=True,
        )
    )  # fmt: skip
    steps = [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    tokeniser.normalizer = normalizers.Sequence(steps if prepend else steps[1:])
    tokeniser.add_special_tokens(["<unk>", "<s>", "</s>"])
    return tokeniser, len(pieces)


@pytest.mark.parametrize("prepend", [True, False])
def test_a_sentencepiece_tokeniser_is_written_so_that_it_cuts_alike(prepend, tmp_path, engine, ids_of):
    tokeniser, size = sentencepiece(prepend)
    torch.manual_seed(1)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=size, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=512,
        )
    )  # fmt: skip
    special = {"bos_token": "<s>", "eos_token": {"content": "</s>"}, "unk_token": "<unk>"}
    folder = write_folder(tmp_path / "f", model, tokeniser, **special)
    loaded = write_folder_as_gguf(folder, tmp_path / "out.gguf", "out")
    check_tokens(folder, [ids_of(tmp_path / "out.gguf", text) for text in PROBES])
    ids = ids_of(tmp_path / "out.gguf", PROBES[0])
    assert compare(token_log_likelihoods(loaded, ids), engine.score_tokens(ids)).mean_difference < 0.02


def test_other_tokens_than_its_own_are_noticed(tmp_path):
    folder = write_folder(tmp_path / "f", tiny_model("llama")[0])
    with pytest.raises(TrainingError, match="cut texts into other tokens"):
        check_tokens(folder, [[1, 2, 3] for _ in PROBES])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda told: told["model"].update(type="Unigram"), "of the kind Unigram"),
        (lambda told: told.update(normalizer={"type": "NFKC"}), "changes texts first"),
        (lambda told: told["pre_tokenizer"]["pretokenizers"][0]["pattern"].update(Regex=r"\w+"), "cuts words in a way"),
        (lambda told: told.update(pre_tokenizer={"type": "Whitespace"}), "cuts words in a way"),
    ],
    ids=["unigram", "normalised", "another split", "whitespace"],
)
def test_a_tokeniser_that_cannot_be_written_exactly_is_refused_by_name(change, reason, tmp_path):
    folder = write_folder(tmp_path / "f", tiny_model("llama")[0])
    told = json.loads((folder / "tokenizer.json").read_text())
    change(told)
    (folder / "tokenizer.json").write_text(json.dumps(told))
    with pytest.raises(TrainingError, match=reason):
        read_vocabulary_of(folder, len(TOKENS))


def test_without_a_tokeniser_or_for_another_architecture_the_reason_is_named(tmp_path):
    folder = write_folder(tmp_path / "f", tiny_model("llama")[0])
    (folder / "tokenizer.json").unlink()
    with pytest.raises(TrainingError, match=r"not there as tokenizer\.json"):
        write_folder_as_gguf(folder, tmp_path / "out.gguf", "out")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "gpt2"}))
    with pytest.raises(TrainingError, match="its architecture is gpt2"):
        write_folder_as_gguf(folder, tmp_path / "out.gguf", "out")


QUICK = ("--no-evaluation", "--epochs", "1", "--rank", "2", "--evaluations", "1", "--yes", "--json", "--threads", "1")


def test_a_folder_without_a_gguf_is_trained_and_its_model_is_chosen_by_name(tmp_path, data_dir, capsys):
    folder = write_folder(tmp_path / "tiny-chat", tiny_model("llama")[0])
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        "".join(json.dumps({"q": f"How is order {i}?", "a": f"Order {i} is in."}) + "\n" for i in range(20))
    )
    assert main(["train", str(rows), "--name", "one", "--base", str(folder), *QUICK]) == 0
    adapter, _ = find_adapter(data_dir / "adapters", "one")
    manifest = adapter.manifest()
    assert manifest is not None
    assert manifest.base == "tiny-chat"
    made = data_dir / "models" / "tiny-chat.gguf"
    before = made.stat().st_mtime_ns
    assert main(["train", str(rows), "--name", "two", "--base", str(folder), *QUICK]) == 0
    assert made.stat().st_mtime_ns == before
    capsys.readouterr()
    (folder / "config.json").write_text((folder / "config.json").read_text() + "\n")
    assert main(["train", str(rows), "--name", "three", "--base", str(folder), *QUICK]) == 1
    assert "was not made from" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_says_what_to_do(tmp_path, data_dir, capsys):
    folder = write_folder(tmp_path / "odd", tiny_model("llama")[0], byte_level(r"\w+|\W+"))
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        "".join(json.dumps({"q": f"How is order {i}?", "a": f"Order {i} is in."}) + "\n" for i in range(20))
    )
    assert main(["train", str(rows), "--name", "one", "--base", str(folder), *QUICK]) == 1
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert "cannot be turned into a GGUF: its tokeniser cuts words" in said
    assert f"--base FILE.gguf --weights {folder}" in said
    assert not list((data_dir / "models").glob("*"))
