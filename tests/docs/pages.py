"""The pages that are read by users: README.md and everything in docs/."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]

_BLOCK = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: ```language mark."""

    language: str
    mark: str
    text: str

    @property
    def first_line(self) -> str:
        return self.text.partition("\n")[0]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    found = _BLOCK.findall(page.read_text())
    return [Block(language, mark.strip(), text) for language, mark, text in found]


def table(page: str, name: str) -> str:
    """The table between the comments `<!-- name -->` and `<!-- /name -->` on a page of docs/."""
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", (DOCS / page).read_text(), re.DOTALL)
    assert found is not None
    return found[1]


def rows(page: str, name: str) -> list[list[str]]:
    """The cells of that table, without its head."""
    _, _, *lines = table(page, name).splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def codes(cell: str) -> list[str]:
    """What is written as code in a cell."""
    return re.findall(r"`([^`]+)`", cell)
