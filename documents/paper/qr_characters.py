"""Text in the characters that a QR-bill may have: Latin ones, and the euro sign (version 2.3, 4.1.1)."""

from __future__ import annotations

import unicodedata

PERMITTED = frozenset(
    [chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0xAD), *range(0xAE, 0x180))] + list("ȘșȚț€")
)
_PLAIN = str.maketrans("‘’‚‛“”„‟–—‐‑‒−•", "''''\"\"\"\"------·")


def said(text: str) -> str | None:
    """The text in one line; None if a letter or a digit of it has no place in a QR-bill.

    A letter loses a mark rather than its place: ễ is e. Other signs and emoji are left out.
    """
    chars = []
    for char in unicodedata.normalize("NFC", text).translate(_PLAIN):
        found = _said(char)
        if found is None:
            return None
        chars.append(found)
    return " ".join("".join(chars).split())


def _said(char: str) -> str | None:
    if char in PERMITTED:
        return char
    if char.isspace():
        return " "
    apart = unicodedata.normalize("NFKD", char)
    plain = "".join(each for each in apart if not unicodedata.combining(each))
    if plain and PERMITTED.issuperset(plain):
        return plain
    return None if unicodedata.category(char)[0] in "LN" else ""
