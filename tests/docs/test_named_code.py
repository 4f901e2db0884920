"""What the pages name in the code is there: folders, files, functions, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)#\s]*)(#[^)]*)?\)")
CODE = re.compile(r"\[`([^`]+)`\]\(([^)]+)\)((?:,? `[\w.]+`)*)")
PATH = re.compile(r"`([\w.-]+/[\w./-]*)`")
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir()}


def page_ids(page: Path) -> str:
    return str(page.relative_to(ROOT))


def heading_anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {"#" + re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def named_functions(page: Path) -> Iterator[tuple[str, str]]:
    """What stands in backticks right after the link to a module is a name in it."""
    for path, _, names in CODE.findall(page.read_text()):
        for name in re.findall(r"`([\w.]+)`", names):
            yield path, name


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_links_lead_somewhere(page: Path) -> None:
    for path, anchor in LINK.findall(page.read_text()):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), path
        if anchor and target.suffix == ".md":
            assert anchor in heading_anchors(target), f"{path}{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_a_link_to_code_leads_to_what_it_names(page: Path) -> None:
    for path, link, _ in CODE.findall(page.read_text()):
        if "/" in path:
            assert (page.parent / link).resolve() == (ROOT / path).resolve(), path


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_paths_in_the_text_exist(page: Path) -> None:
    named = [path for path in PATH.findall(page.read_text()) if path.partition("/")[0] in FOLDERS]
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=page_ids)
def test_functions_that_are_named_can_be_imported(page: Path) -> None:
    for path, name in named_functions(page):
        module = import_module(path.removesuffix(".py").removesuffix("/").replace("/", "."))
        reduce(getattr, name.split("."), module)  # raises if there is none


def test_the_walk_names_functions() -> None:
    assert len(list(named_functions(ROOT / "docs" / "architecture.md"))) >= 30
