"""The words of the glossary are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = ("schema", "resolvers", "server", "invoicing", "documents", "gateways")
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]*) ?\| (`[^|]+) \|$", re.MULTILINE)
TEXT = (ROOT / "docs" / "glossary.md").read_text()
ROWS = ROW.findall(TEXT)


@pytest.fixture(scope="module")
def words() -> set[str]:
    sources = [path for folder in CODE for path in (ROOT / folder).rglob("*.py")]
    files = [*sources, ROOT / "schema.graphql", ROOT / "pyproject.toml"]
    return {word for file in files for word in re.findall(r"\w+", file.read_text())}


def test_every_word_is_explained_in_one_sentence_and_once() -> None:
    assert len(ROWS) == len(re.findall(r"^\| (?!word )", TEXT, re.MULTILINE)) > 50
    assert len({word for word, *_ in ROWS}) == len(ROWS)
    assert [word for word, meaning, *_ in ROWS if not re.fullmatch(r"[A-Z][^.]*\.", meaning)] == []


def test_every_name_occurs_in_the_code(words: set[str]) -> None:
    names = {name for *_, named in ROWS for name in re.findall(r"`(\w+)`", named)}
    assert names - words == set()


def test_terms_of_the_norm_are_written_by_number() -> None:
    terms = [term.strip() for _, _, term, _ in ROWS if term.strip()]
    number = r"(BT|BG)-\d{1,3}( \(\d{3}\))?"
    assert [term for term in terms if not re.fullmatch(rf"{number}(, {number})*", term)] == []
