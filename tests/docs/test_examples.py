"""Every example of README and docs works when it is typed in as it stands, after `serve` on a fresh clone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from tests.docs.pages import PAGES, ROOT, Block, blocks, name_of

CLIENTS = "docs/reference/clients.md"  # its files are used by tests/server/clients, as they stand there
RUN = ("sh", "graphql", "python")
NO_RUN = "no-run"
"""Marks a block that the tests cannot run: ```sh no-run. Each is named here by the first words in it."""
NOT_RUN = {
    ("README.md", "python3 dev.py serve #"): "every page begins with the first; the second runs this test",
    ("docs/guide/deployment.md", "export INVOICING_DATA_DIR=/var/lib/invoicing"): "a server's own folder",
    ("docs/figures.md", "python3 dev.py run import"): "40,000 lines of data that are not in the repository",
    (CLIENTS, "npm init --yes"): "tests/server/clients/test_typescript.py does it, from a lock",
    (CLIENTS, 'pip install "ariadne-codegen[subscriptions]"'): "so does tests/server/clients/test_python.py",
    ("docs/reference/rest.md", "python3 -m pip install"): "`dev.py test` does it, from a lock",
}


def first_words(block: Block) -> str:
    return " ".join(block.first_line.split()[:4])


OPERATIONS = [
    pytest.param(block.text, id=f"{name_of(page)}:{number}")
    for page in PAGES
    for number, block in enumerate(blocks(page), 1)
    if block.language == "graphql"
]


def test_what_is_not_run_is_named_here() -> None:
    marked = [(name_of(page), first_words(block)) for page in PAGES for block in blocks(page) if block.mark]
    assert sorted(marked) == sorted(NOT_RUN)
    assert {block.mark for page in PAGES for block in blocks(page)} == {"", NO_RUN}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_is_run_or_marked(page: Path) -> None:
    languages = {block.language for block in blocks(page) if block.mark != NO_RUN}
    if name_of(page) != CLIENTS:
        assert languages <= set(RUN)
    assert not re.search(r"^[ \t]+```", page.read_text(), re.MULTILINE), "an indented block would not be seen"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_fits_the_schema(operation: str) -> None:
    assert not validate(build_schema((ROOT / "schema.graphql").read_text()), parse(operation))
