"""What the tax is called: a seller's own name for it in the place of the language's words for VAT."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

CAPITALISING = frozenset({"de"})
"""Languages that write nouns with a capital letter also inside a sentence."""


def with_tax_name(words: Mapping[str, Any], tax_name: str, language: str) -> dict[str, Any]:
    """The words of a language with another name of the tax: "Total including GST", "Sales tax no."."""
    own: Mapping[str, str] = words["vat_words"]
    longest_first = sorted(own, key=len, reverse=True)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
    inside = tax_name
    if language not in CAPITALISING and tax_name == tax_name.capitalize():
        inside = tax_name.lower()

    def renamed(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(
                lambda found: own[found[0]].replace("{tax}", inside if found.start() else tax_name), value
            )
        if isinstance(value, dict):
            return {name: renamed(each) for name, each in value.items()}
        return value

    return {name: value if name == "vat_words" else renamed(value) for name, value in words.items()}
