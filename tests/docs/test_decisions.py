"""Each decision is a page of the same shape, and the index lists all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "decisions"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
PARTS = ["Context", "Measurement", "Decision", "Consequences"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_decision_says_why_what_and_what_follows(page: Path) -> None:
    text = page.read_text()
    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == PARTS


def test_the_index_lists_every_decision_by_its_title() -> None:
    listed = re.findall(
        r"^\| (\d+) \| \[(.*)\]\((.*)\) \|$", (FOLDER / "README.md").read_text(), re.MULTILINE
    )
    titles = [(page.read_text().splitlines()[0].removeprefix("# "), page.name) for page in PAGES]
    assert [(f"{number}. {title}", name) for number, title, name in listed] == titles
