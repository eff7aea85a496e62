"""The embedder's own tokeniser: words of both languages cut into pieces, punctuation left out."""

import random
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

UNKNOWN = "[UNK]"
_LARGEST_ALPHABET = 4_000
# One run of one script is one word: Korean particles and Latin names in one eojeol come apart.
_WORD = r"\p{Hangul}+|\p{Latin}+|\p{N}{1,4}|[^\p{Hangul}\p{Latin}\p{N}\p{P}\p{S}\p{Z}\p{C}]+"


def balanced(texts: Iterable[tuple[str, str]], characters: dict[str, int], seed: int) -> list[str]:
    """Choose texts at random until each language has about its number of characters."""
    pool = list(texts)
    random.Random(seed).shuffle(pool)
    chosen, used = [], dict.fromkeys(characters, 0)
    for language, text in pool:
        if used[language] < characters[language]:
            used[language] += len(text)
            chosen.append(text)
    return chosen


def train_tokenizer(texts: Iterable[str], vocabulary_size: int) -> Tokenizer:
    """Train a lower-casing tokeniser; the longest known beginning of a word is its first piece (WordPiece)."""
    tokenizer = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
    # NFKC and not only NFC: PDF files are full of ligatures, Korean files of full-width forms.
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_WORD), behavior="removed", invert=True)
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary_size, special_tokens=[UNKNOWN], limit_alphabet=_LARGEST_ALPHABET, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
