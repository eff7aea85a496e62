"""The term splitter that a setting names."""

from typing import Literal

from lorag.retrieval.kiwi import KiwiSplitter
from lorag.retrieval.terms import BigramSplitter, TermSplitter


def make_splitter(name: Literal["bigram", "kiwi"]) -> TermSplitter:
    """Return the splitter; Kiwi's dictionary is loaded with the first text."""
    return KiwiSplitter() if name == "kiwi" else BigramSplitter()
