"""The byte-level BPE of the built-in chat model, in the form that llama.cpp calls ``llama-bpe``."""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from chat.corpus import Corpus

SPECIAL_TOKENS: Final = ("<|pad|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>")
"""Control tokens in the order of their identifiers."""
PAD, SYSTEM, USER, ASSISTANT, END = range(len(SPECIAL_TOKENS))

HIGHEST_NUMBER: Final = 199
"""Sentence numbers up to this one are one token each, so that choosing a sentence is choosing one token."""

_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def train_tokenizer(corpus: Corpus, vocabulary_size: int, sample_megabytes: int, seed: int) -> Tokenizer:
    """Return a tokenizer trained on equal parts of English and Korean running text."""
    tokenizer = untrained_tokenizer()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=[AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_training_text(corpus, sample_megabytes, random.Random(seed)), trainer)
    return tokenizer


def untrained_tokenizer() -> Tokenizer:
    """Return a tokenizer that splits and decodes as the finished one does, without a vocabulary."""
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def load_tokenizer(path: Path) -> Tokenizer:
    """Return the tokenizer saved at ``path``; look-alikes of control tokens in a text are plain text to it."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.encode_special_tokens = True
    return tokenizer


def _training_text(corpus: Corpus, sample_megabytes: int, rng: random.Random) -> Iterator[str]:
    # Numbers come first and often: each must earn its merges whatever the text holds.
    for number in range(HIGHEST_NUMBER + 1):
        yield " ".join([f"[{number}]"] * 4000)
    for language in ("en", "ko"):
        paragraphs = list(corpus.paragraphs(language))
        rng.shuffle(paragraphs)
        # A Korean syllable is three bytes: as many characters of it would be three times the text.
        sizes = itertools.accumulate(len(paragraph.encode()) for paragraph in paragraphs)
        for paragraph, size in zip(paragraphs, sizes, strict=True):
            if size > sample_megabytes * 1_000_000:
                break
            yield paragraph
