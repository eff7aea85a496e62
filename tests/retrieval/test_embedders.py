"""The built-in embedder, any other static model, and the real sentence-transformers path."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers

from lorag.errors import EmbedderError
from lorag.retrieval.embedders import (
    Embedder,
    SentenceTransformersEmbedder,
    StaticEmbedder,
    builtin_folder,
    open_embedder,
)
from lorag.retrieval.static_vectors import FloatMatrix
from tests.retrieval.tiny_static import write_static_model

TEXTS = [
    "How many days of annual leave do I have?",
    "연차 휴가는 며칠인가요?",
    "Refunds are paid within 14 days › 환불은 14일 안에 지급됩니다.",
    "ＦＵＬＬ width, ligature ﬁle, CamelCase, 2026-11-20, 3.5 %",
    "가" * 90,
    "word " * 1_000,
]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "refund", "leave", "day", "price", "환불", "휴가"]


@pytest.fixture(scope="module")
def builtin() -> Embedder:
    return open_embedder("builtin")


@pytest.fixture(scope="module")
def transformer_folder(tmp_path_factory) -> Path:
    """A real, tiny, untrained BERT with mean pooling."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    folder: Path = tmp_path_factory.mktemp("models") / "tiny-bert"
    plain = tmp_path_factory.mktemp("plain")
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
    )
    BertModel(config).save_pretrained(plain)
    BertTokenizer(vocab={word: index for index, word in enumerate(WORDS)}).save_pretrained(plain)
    transformer = Transformer(str(plain))
    SentenceTransformer(modules=[transformer, Pooling(16)]).save(str(folder))
    return folder


def matched(embedder: Embedder, question: str, texts: Sequence[str]) -> tuple[FloatMatrix, FloatMatrix]:
    _, parts = embedder.embed_with_parts(texts)
    return embedder.match(question, parts)


@pytest.fixture
def static_folder(tmp_path) -> Path:
    return write_static_model(tmp_path / "four-words")


def test_builtin_vectors_are_those_of_sentence_transformers(builtin):
    from sentence_transformers import SentenceTransformer

    # The weights are stored as float16; only the arithmetic is float32 here and there.
    reference = SentenceTransformer(str(builtin_folder()), device="cpu").float()
    expected = reference.encode(TEXTS, show_progress_bar=False)
    np.testing.assert_allclose(builtin.embed_passages(TEXTS), expected, atol=1e-5)


def test_builtin_loads_in_sentence_transformers_without_conversion(builtin):
    from sentence_transformers import SentenceTransformer

    found = SentenceTransformer(str(builtin_folder()), device="cpu").encode(TEXTS, show_progress_bar=False)
    np.testing.assert_allclose(builtin.embed_queries(TEXTS), found.astype(np.float32), atol=1e-3)


def test_builtin_fits_its_size_limit():
    assert sum(path.stat().st_size for path in builtin_folder().rglob("*") if path.is_file()) <= 25_000_000


def test_builtin_needs_no_torch():
    code = (
        "import sys; from lorag.retrieval.embedders import open_embedder\n"
        "open_embedder('builtin').embed_queries(['휴가 leave'])\n"
        "print([name for name in ('torch', 'transformers', 'sentence_transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_rows_have_unit_length_and_the_contracted_type(builtin):
    rows = builtin.embed_passages(TEXTS)
    assert rows.shape == (len(TEXTS), builtin.identity.dimensions)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("text", ["", " \n\t", "?!… ---", "𓀀𓀁"])
def test_text_with_nothing_known_is_a_row_of_zeros(builtin, text):
    rows = builtin.embed_queries([text, "leave"])
    assert not rows[0].any()
    assert rows[1].any()


def test_no_texts_give_no_rows(builtin):
    assert builtin.embed_queries([]).shape == (0, builtin.identity.dimensions)


def test_broken_surrogates_and_null_characters_do_not_stop_embedding(builtin):
    rows = builtin.embed_queries(["annual \ud800 leave", "annual \x00 leave"])
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-6)


def test_a_row_does_not_depend_on_its_neighbours(builtin):
    together = builtin.embed_passages(TEXTS)
    alone = np.concatenate([builtin.embed_passages([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_decomposed_hangul_has_the_vector_of_composed_hangul(builtin):
    import unicodedata

    text = "환불 규정"
    rows = builtin.embed_queries([text, unicodedata.normalize("NFD", text)])
    np.testing.assert_array_equal(rows[0], rows[1])


def test_a_translation_is_nearer_than_another_subject(builtin):
    question = builtin.embed_queries(["How do I change my password?"])[0]
    right, wrong = builtin.embed_passages(["암호를 변경하는 방법", "막대 차트의 색을 설정합니다"])
    assert question @ right > question @ wrong + 0.2


def test_what_is_left_of_a_question_is_what_a_text_does_not_hold(builtin):
    question = "annual leave refund"
    left, repeated = builtin.embed_unrepeated(question, ["The annual leave.", "", "Refund of annual leave", "환불"])

    expected = builtin.embed_queries(["refund", question, question])
    np.testing.assert_allclose(left[[0, 1, 3]], expected, atol=1e-5)
    assert not left[2].any()
    assert repeated[1] == repeated[3] == 0 < repeated[0] < repeated[2] == 1


@pytest.mark.parametrize("question", ["", "?!"])
def test_of_a_question_with_nothing_known_nothing_is_left(builtin, question):
    left, repeated = builtin.embed_unrepeated(question, ["leave", ""])

    assert not left.any()
    assert not repeated.any()


def test_each_token_of_a_question_is_matched_by_the_nearest_one_of_a_text(static_folder):
    embedder = open_embedder(str(static_folder), query_prefix="day ")

    shares, nearest = matched(embedder, "refund leave", ["leave", "day refund", "", "leave day"])

    # Lengths 5 and 1; the directions of refund are (0.6, 0.8), of leave (1, 0), of day (0, 1).
    np.testing.assert_allclose(shares, [5 / 6, 1 / 6], atol=1e-6)
    np.testing.assert_allclose(nearest, [[0.6, 1.0], [1.0, 0.6], [0.0, 0.0], [0.8, 1.0]], atol=1e-6)


def test_of_a_pasted_page_the_first_tokens_are_matched(builtin):
    shares, nearest = matched(builtin, "leave day " * 50_000, ["leave", "refund"])

    assert shares.shape == (256,)
    assert nearest.shape == (2, 256)
    assert shares.sum() == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("question", ["", "?!"])
def test_a_question_with_nothing_known_has_no_parts_that_are_matched(builtin, question):
    shares, nearest = matched(builtin, question, ["leave", ""])

    assert nearest.shape == (2, len(shares))
    assert np.isfinite(shares).all()


def test_vectors_made_with_the_parts_are_those_made_alone(builtin, static_folder):
    prefixed = open_embedder(str(static_folder), passage_prefix="day ")
    vectors, parts = builtin.embed_with_parts(TEXTS)

    np.testing.assert_allclose(vectors, builtin.embed_passages(TEXTS), atol=1e-6)
    once, other, none = builtin.embed_with_parts(["day day leave day", "leave day", ""])[1]
    assert parts == builtin.embed_with_parts(TEXTS)[1]
    assert (once, len(other), none) == (other, 4, b"")
    np.testing.assert_allclose(prefixed.embed_with_parts(["leave"])[0], prefixed.embed_passages(["leave"]), atol=1e-6)
    # The prefix stands before every passage and tells nothing of one.
    np.testing.assert_allclose(matched(prefixed, "day", ["leave"])[1], [[0.0]], atol=1e-6)


def test_tokens_of_a_large_vocabulary_are_told_apart(tmp_path):
    words = {f"w{number}": number for number in range(70_000)}
    folder = write_static_model(tmp_path / "many-words")
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="w0"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    vectors = np.zeros((len(words), 2), np.float32)
    vectors[1], vectors[1 + 2**16] = (1, 0), (0, 1)
    save_file({"embedding.weight": vectors}, folder / "model.safetensors")

    _, nearest = matched(open_embedder(str(folder)), "w1", ["w1", f"w{1 + 2**16}"])

    assert nearest.tolist() == [[1.0], [0.0]]


def test_words_of_the_same_meaning_match_across_languages(builtin):
    shares, nearest = matched(builtin, "password", ["암호를 바꾸세요.", "막대 차트의 색", "the password"])

    told = nearest @ shares
    assert told[2] == pytest.approx(1.0, abs=1e-3)
    assert told[0] > told[1] + 0.2


def test_cut_vectors_are_the_beginning_of_the_whole_ones(builtin):
    cut = open_embedder("builtin", dimensions=64)
    whole = builtin.embed_queries(TEXTS)[:, :64]
    expected = whole / np.linalg.norm(whole, axis=1, keepdims=True)
    assert cut.identity.dimensions == 64
    np.testing.assert_allclose(cut.embed_queries(TEXTS), expected, atol=1e-5)


@pytest.mark.parametrize("dimensions", [0, -1, 10_000])
def test_an_impossible_cut_is_refused(dimensions):
    with pytest.raises(EmbedderError, match="cannot be cut"):
        open_embedder("builtin", dimensions=dimensions)


def test_a_folder_with_a_static_model_takes_the_static_path(static_folder):
    embedder = open_embedder(str(static_folder))
    assert isinstance(embedder, StaticEmbedder)
    assert embedder.identity.name == "four-words"
    np.testing.assert_allclose(embedder.embed_queries(["refund", "leave day"]), [[0.6, 0.8], [0.5**0.5] * 2], atol=1e-6)


def test_a_model2vec_folder_is_read(static_folder):
    vectors = load_file(static_folder / "model.safetensors")["embedding.weight"]
    stored = {
        "embeddings": vectors[[1, 2, 0]],
        "mapping": np.array([2, 0, 1, 1], dtype=np.int32),
        "weights": np.array([1, 2, 3, 4], dtype=np.float32),
    }
    save_file(stored, static_folder / "model.safetensors")
    rows = open_embedder(str(static_folder)).embed_queries(["refund", "leave day"])
    np.testing.assert_allclose(rows, [[0.6, 0.8], [1.0, 0.0]], atol=1e-6)


def test_prefixes_are_put_before_static_texts_and_into_the_identity(static_folder):
    embedder = open_embedder(str(static_folder), query_prefix="leave ", passage_prefix="day ")
    assert (embedder.identity.query_prefix, embedder.identity.passage_prefix) == ("leave ", "day ")
    expected = open_embedder(str(static_folder)).embed_queries(["leave refund", "day refund"])
    rows = [embedder.embed_queries(["refund"])[0], embedder.embed_passages(["refund"])[0]]
    np.testing.assert_allclose(rows, expected, atol=1e-6)
    left, _ = embedder.embed_unrepeated("refund", ["day"])
    np.testing.assert_allclose(left, expected[:1], atol=1e-6)


def test_fingerprint_follows_the_content_and_not_the_place(static_folder, tmp_path):
    copy = shutil.copytree(static_folder, tmp_path / "elsewhere" / "four-words")
    first = open_embedder(str(static_folder)).identity
    assert open_embedder(str(copy)).identity == first
    vectors = load_file(copy / "model.safetensors")["embedding.weight"]
    save_file({"embedding.weight": vectors + np.float32(0.001)}, copy / "model.safetensors")
    assert open_embedder(str(copy)).identity != first


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize("content", [None, b"", b"\xff" * 40, b"{}"])
def test_a_damaged_static_model_is_one_line_that_names_the_file(static_folder, name, content):
    if content is None:
        (static_folder / name).unlink()
    else:
        (static_folder / name).write_bytes(content)
    with pytest.raises(EmbedderError) as caught:
        open_embedder(str(static_folder))
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_truncated_weights_file_is_refused(static_folder):
    path = static_folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(EmbedderError, match=r"model\.safetensors is not a readable"):
        open_embedder(str(static_folder))


@pytest.mark.parametrize(
    "vectors", [np.full((4, 2), np.nan, np.float32), np.ones((2, 2), np.float32), np.ones(4, np.float32)]
)
def test_weights_that_do_not_fit_are_refused(static_folder, vectors):
    save_file({"embedding.weight": vectors}, static_folder / "model.safetensors")
    with pytest.raises(EmbedderError):
        open_embedder(str(static_folder))


def test_a_transformer_folder_takes_the_sentence_transformers_path(transformer_folder):
    embedder = open_embedder(str(transformer_folder))
    assert isinstance(embedder, SentenceTransformersEmbedder)
    rows = embedder.embed_queries(["refund", "", "leave day"])
    assert rows.shape == (3, 16)
    assert not rows[1].any()
    np.testing.assert_allclose(np.linalg.norm(rows[[0, 2]], axis=1), 1, atol=1e-5)


def test_transformer_vectors_are_those_of_sentence_transformers_with_the_prefix(transformer_folder):
    from sentence_transformers import SentenceTransformer

    embedder = open_embedder(str(transformer_folder), query_prefix="leave ", passage_prefix="price ")
    model = SentenceTransformer(str(transformer_folder), local_files_only=True)
    expected = model.encode(["leave refund", "price refund"], normalize_embeddings=True, show_progress_bar=False)
    rows = [embedder.embed_queries(["refund"])[0], embedder.embed_passages(["refund"])[0]]
    np.testing.assert_allclose(rows, expected, atol=1e-5)


def test_a_transformer_leaves_nothing_out_of_a_question(transformer_folder):
    embedder = open_embedder(str(transformer_folder))
    left, repeated = embedder.embed_unrepeated("leave refund", ["refund", "day"])

    np.testing.assert_allclose(left, embedder.embed_queries(["leave refund"] * 2), atol=1e-5)
    assert not repeated.any()


def test_a_transformer_knows_no_parts_of_a_question(transformer_folder):
    shares, nearest = matched(open_embedder(str(transformer_folder)), "leave refund", ["refund", "day"])

    assert (shares.shape, nearest.shape) == ((0,), (2, 0))


def test_prefixes_named_by_the_model_are_used_unless_others_are_given(transformer_folder, tmp_path):
    folder = shutil.copytree(transformer_folder, tmp_path / "prompted")
    settings_path = folder / "config_sentence_transformers.json"
    settings = json.loads(settings_path.read_text())
    settings["prompts"] = {"query": "leave ", "document": "price "}
    settings_path.write_text(json.dumps(settings))
    own = open_embedder(str(folder)).identity
    assert (own.query_prefix, own.passage_prefix) == ("leave ", "price ")
    assert open_embedder(str(folder), query_prefix="day ").identity.query_prefix == "day "


def test_e5_models_get_the_prefixes_they_were_trained_with(transformer_folder, tmp_path):
    folder = shutil.copytree(transformer_folder, tmp_path / "multilingual-e5-small")
    identity = open_embedder(str(folder)).identity
    assert (identity.query_prefix, identity.passage_prefix) == ("query: ", "passage: ")


def test_transformer_fingerprint_follows_the_weights(transformer_folder, tmp_path):
    first = open_embedder(str(transformer_folder)).identity
    assert open_embedder(str(transformer_folder)).identity == first
    folder = shutil.copytree(transformer_folder, tmp_path / transformer_folder.name)
    weights = load_file(folder / "model.safetensors")
    name = next(name for name in weights if name.endswith("word_embeddings.weight"))
    save_file({**weights, name: weights[name] + np.float32(0.01)}, folder / "model.safetensors", {"format": "pt"})
    assert open_embedder(str(folder)).identity != first


def test_an_unknown_name_says_that_it_is_not_here_and_what_helps():
    with pytest.raises(EmbedderError, match=r"nobody/nothing is not on this machine.*LORAG_OFFLINE") as caught:
        open_embedder("nobody/nothing")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "[]", "{", '[{"type": "x.Transformer", "path": ""}]'])
def test_a_folder_that_is_no_model_is_one_line_that_names_it(tmp_path, content):
    (tmp_path / "modules.json").write_text(content)
    with pytest.raises(EmbedderError, match="is not a readable") as caught:
        open_embedder(str(tmp_path))
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_sentence_transformers_is_one_line_with_the_remedy(transformer_folder):
    code = (
        "import sys; sys.modules['sentence_transformers'] = None\n"
        "from lorag.errors import EmbedderError\n"
        "from lorag.retrieval.embedders import open_embedder\n"
        "try: open_embedder(sys.argv[1])\n"
        "except EmbedderError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(transformer_folder)], capture_output=True, text=True, check=True
    )
    assert "pip install" in done.stdout
    assert done.stdout.count("\n") == 1
