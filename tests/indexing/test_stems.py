"""Stems come from C where it is installed and from Python elsewhere; a library must not notice which."""

import json
import re

import snowballstemmer
from snowballstemmer.english_stemmer import EnglishStemmer

from lorag.retrieval.embedders import builtin_folder

ODD = ["don't", "kim's", "s", "'", "café", "über", "naïve", "ÿ", "ing", "yyy", "generically", "x" * 200, "congress's"]


def test_both_stemmers_agree_on_thirty_thousand_words():
    known = json.loads((builtin_folder() / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    words = [word.removeprefix("##") for word in known if re.search("[a-z]", word)]
    words += [first + second for first, second in zip(words, reversed(words), strict=True)] + ODD
    installed, in_python = snowballstemmer.stemmer("english"), EnglishStemmer()

    differing = [word for word in words if installed.stemWord(word) != in_python.stemWord(word)]

    assert len(words) > 20_000
    assert differing == []
