"""The language of a paper: one for its words, its dates, its amounts and the names of its countries.

A language is there when documents/labels/ has a file of its words. Whoever has another one gets an English
page.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from babel import Locale, UnknownLocaleError

FOLDER = Path(__file__).parents[1] / "labels"
ENGLISH = "en_001"
"""The English of no country: 2 June 2025, US$10.00."""
OWN_FILE = {"no": "nb", "nn": "nb"}
"""Norwegian, and the Norwegian that has no file: who reads it reads the other."""
OWN_COUNTRY = {"pt": "pt_PT"}
"""Whose words the file has, where CLDR takes the language alone for that of another country."""


@cache
def languages() -> frozenset[str]:
    """The ISO 639 codes of the languages that a paper can have."""
    return frozenset(file.stem for file in FOLDER.glob("*.toml"))


@lru_cache(maxsize=1024)
def locale(tag: str) -> Locale:
    """How a BCP 47 tag is printed: as itself, as its language, or as English, which stands for all others."""
    language, *rest = tag.strip().replace("-", "_").split("_")
    language = OWN_FILE.get(language.lower(), language)
    for name in ("_".join([language, *rest]), language):
        try:
            found = Locale.parse(OWN_COUNTRY.get(name, name))
        except (UnknownLocaleError, ValueError, TypeError):
            continue
        if found.language in languages() and found.script in (None, "Latn"):
            return found
    return Locale.parse(ENGLISH)
