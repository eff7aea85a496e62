import numpy as np
from chat.bpe import load_tokenizer, train_tokenizer
from chat.corpus import Corpus
from chat.embedder_vectors import EMBEDDER, embedder_vectors
from safetensors.numpy import load_file
from tokenizers import Tokenizer


def test_the_vectors_of_tokens_add_up_to_what_the_embedder_makes_of_texts(corpus_folder, tmp_path):
    corpus = Corpus(corpus_folder, "train")
    path = tmp_path / "tokenizer.json"
    train_tokenizer(corpus, 900, 1, seed=1).save(str(path))
    tokenizer = load_tokenizer(path)

    vectors = embedder_vectors(corpus, tokenizer, 32)

    assert vectors.shape == (tokenizer.get_vocab_size(), 32)
    other, weights = Tokenizer.from_file(str(EMBEDDER / "tokenizer.json")), _weights(32)
    texts = [row["question"] for row in Corpus(corpus_folder, "dev").rows("qa.en")]
    for text in texts:
        told, wanted = vectors[tokenizer.encode(text).ids].sum(0), weights[other.encode(text).ids].sum(0)
        assert told @ wanted > 0.95 * np.linalg.norm(told) * np.linalg.norm(wanted), text


def test_what_no_text_holds_means_nothing(corpus_folder, tmp_path):
    corpus = Corpus(corpus_folder, "train")
    path = tmp_path / "tokenizer.json"
    train_tokenizer(corpus, 900, 1, seed=1).save(str(path))
    tokenizer = load_tokenizer(path)

    vectors = embedder_vectors(corpus, tokenizer, 32)

    assert not vectors[tokenizer.encode("<|end|>").ids].any()


def _weights(dimensions: int) -> np.ndarray:
    return load_file(EMBEDDER / "model.safetensors")["embedding.weight"][:, :dimensions].astype(np.float32)
