"""Text that was decoded with the wrong encoding on its way here: recognised, and put right where nothing was lost."""

import re
from typing import Final

# What the bytes 0x80-0xBF of UTF-8 become when they are read as Latin-1 or as Windows-1252.
_CONTINUATION: Final = "\u0080-¿€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_BROKEN: Final = re.compile(f"\ufffd|(?:[Â-ß][{_CONTINUATION}]){{2}}|(?:[à-ï][{_CONTINUATION}]{{2}}){{2}}")
_HIGH: Final = re.compile(r"[^\x00-\x7f]+")
_FEWEST: Final = 2


def repaired(text: str) -> str | None:
    """Return the text as it was meant, None when it was not read with a wrong encoding or cannot be told apart."""
    if text.isascii():
        return None
    for wrong in ("latin-1", "cp1252"):
        try:
            data = text.encode(wrong)
        except UnicodeEncodeError:
            continue
        for meant in ("utf-8", "euc_kr"):
            found = _decoded(data, meant)
            if found is not None:
                return found
    return None


def is_broken(text: str) -> bool:
    """Tell whether some of the text was read with a wrong encoding."""
    return bool(_BROKEN.search(text))


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    high = "".join(_HIGH.findall(text))
    # A pair of western signs may be a Hangul syllable of EUC-KR by chance; two syllables are not.
    hangul = sum("가" <= character <= "힣" for character in high)
    likely = hangul or len(high) >= _FEWEST if encoding == "utf-8" else hangul >= _FEWEST and hangul * 2 > len(high)
    return text if likely else None
