"""Every example of README and docs works when it is typed in as it stands, after `serve` on a fresh clone."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from tests.docs.pages import PAGES, ROOT, Block, blocks, name_of
from tests.docs.reader import Reader

CLIENTS = "docs/reference/clients.md"  # its files are used by tests/server/clients, as they stand there
RUN = ("sh", "graphql", "python")
NO_RUN = "no-run"
"""Marks a block that the tests cannot run: ```sh no-run. Each is named here by the first words in it."""
NOT_RUN = {
    ("README.md", "python3 dev.py serve #"): "every page begins with the first; the second runs this test",
    ("docs/guide/deployment.md", "export INVOICING_DATA_DIR=/var/lib/invoicing"): "a server's own folder",
    ("docs/guide/deployment.md", "python3 -m venv --without-pip"): "an installation, which takes minutes",
    ("docs/guide/deployment.md", "ln -s /opt/invoicing-0.2.0 /opt/invoicing"): "a machine with systemd",
    ("docs/guide/deployment.md", "export INVOICING_STORE=s3://invoices/production"): "a storage of one's own",
    ("docs/guide/backups.md", "0 3 * *"): "a line for cron",
    ("docs/guide/backups.md", "# postgresql.conf, then restart"): "a PostgreSQL of one's own",
    ("docs/figures.md", "python3 dev.py run import"): "40,000 lines of data that are not in the repository",
    (CLIENTS, "npm init --yes"): "tests/server/clients/test_typescript.py does it, from a lock",
    (CLIENTS, 'pip install "ariadne-codegen[subscriptions]"'): "so does tests/server/clients/test_python.py",
    (CLIENTS, "npm install openapi-fetch"): "so does tests/server/clients/test_rest.py",
    (CLIENTS, "pip install openapi-python-client"): "so does tests/server/clients/test_rest.py",
    ("docs/reference/rest.md", "python3 -m pip install"): "`dev.py test` does it, from a lock",
}


def first_words(block: Block) -> str:
    return " ".join(block.first_line.split()[:4])


def examples(page: Path) -> list[Block]:
    return [block for block in blocks(page) if block.mark != NO_RUN and block.language in RUN]


WITH_EXAMPLES = [page for page in PAGES if examples(page) and name_of(page) != CLIENTS]
OPERATIONS = [
    pytest.param(block.text, id=f"{name_of(page)}:{number}")
    for page in PAGES
    for number, block in enumerate(blocks(page), 1)
    if block.language == "graphql"
]


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    if shutil.which("curl") is None and not os.environ.get("CI"):
        pytest.skip("no curl")
    reader = Reader(tmp_path)
    yield reader
    reader.close()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=name_of)
def test_the_examples_of_a_page_work_one_after_the_other(page: Path, reader: Reader) -> None:
    for block in examples(page):
        reader.type(block)
    for paper in reader.folder.glob("*.pdf"):
        assert paper.read_bytes().startswith(b"%PDF")


@pytest.mark.timeout(600)
def test_an_example_that_does_not_work_is_noticed(reader: Reader) -> None:
    query = (
        """curl http://127.0.0.1:8000/graphql -H "Content-Type: application/json" -d '{"query": "{ x }"}'"""
    )
    for broken in (
        Block("graphql", "", '{ order(id: "nowhere") { id } }'),
        Block("graphql", "", 'subscription { invoiceUpdated(id: "nowhere") { id } }'),
        Block("sh", "", "curl http://127.0.0.1:8000/nowhere"),
        Block("sh", "", f'TOKEN=$(python3 dev.py run demo)\n{query} -H "Authorization: Bearer $TOKEN"'),
        Block("sh", "", "false | true"),
        Block("python", "", "import nothing_of_that_name"),
    ):
        with pytest.raises(AssertionError):
            reader.type(broken)


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
