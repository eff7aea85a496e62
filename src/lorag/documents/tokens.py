"""An estimate of how many tokens a text costs, made without a model so that indexing needs none."""


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a typical tokeniser makes of ``text``: one for 4 Latin or 1.5 Hangul characters.

    A Latin character is one byte of UTF-8 and a Hangul or CJK one three, so the two lengths tell the share of each
    at the speed of memory. The sum over parts is never less than the estimate of the whole.
    """
    return -(-(len(text) + 5 * len(text.encode(errors="replace"))) // 24)
