"""`invoicing verify` compares every PDF in the store with what the table says of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from documents.store import FileStore
from invoicing.access import Principal
from invoicing.invoices import queries
from invoicing.storage.database import Database
from server.commands.verify import verify
from tests.support import factories
from tests.support.rendering import render_due

Command = Callable[..., Result]


@pytest.fixture
def papers(database: Database, principal: Principal, store: FileStore) -> list[Path]:
    """The files of three invoices. Those of the first two have the same size."""
    issued = [
        factories.invoice(database, principal, billing_name=name) for name in ("Ann", "Bob", "Ann-Marie")
    ]
    render_due(database, store)
    found = [database.read(queries.found_invoice, principal, each.id) for each in issued]
    return [store.path(str(each.pdf_key)) for each in found]


@pytest.fixture
def command(database_url: str, store: FileStore, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("INVOICING_DATABASE_URL", database_url)
    monkeypatch.setenv("INVOICING_DATA_DIR", str(store.root.parent))
    app = Typer()
    app.command()(verify)
    return lambda *words: CliRunner().invoke(app, [*words])


@pytest.mark.usefixtures("papers")
def test_papers_as_they_were_made_are_right(command: Command) -> None:
    assert "every paper there or due" in command().stdout
    result = command("--papers")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "3 PDFs read: each is the one that was made."


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda first, _: os.truncate(first, 100), "Its PDF has 100 bytes and was made with"),
        (lambda first, _: first.write_bytes(b""), "Its PDF has 0 bytes"),
        (lambda first, _: first.unlink(), "Its PDF is not in the store"),
        (lambda first, _: first.write_bytes(first.read_bytes() + b"\n"), "bytes and was made with"),
    ],
)
def test_a_file_that_is_gone_or_of_another_size_is_found(
    command: Command, papers: list[Path], damage: Callable[[Path, Path], object], says: str
) -> None:
    damage(papers[0], papers[1])
    for words in ([], ["--papers"]):
        result = command(*words)
        assert result.exit_code == 1
        assert result.stdout.startswith("paper: INV-2025-00001 of account ")
        assert says in result.stdout
        assert papers[0].name in result.stdout
        assert "1 findings in 3 invoices" in result.stdout


@pytest.mark.parametrize(
    "damage",
    [
        lambda first, _: first.write_bytes(bytes(first.stat().st_size)),
        lambda first, other: first.write_bytes(other.read_bytes().ljust(9_999_999)[: first.stat().st_size]),
    ],
)
def test_a_file_of_the_same_size_that_is_another_is_found_by_reading_it(
    command: Command, papers: list[Path], damage: Callable[[Path, Path], object]
) -> None:
    damage(papers[0], papers[1])
    result = command("--papers")
    assert result.exit_code == 1
    assert result.stdout.startswith("paper: INV-2025-00001 of account ")
    assert "not the one that was made, though as long" in result.stdout


def test_files_that_no_row_names_are_a_note(command: Command, papers: list[Path]) -> None:
    papers[0].with_name("other.pdf").write_bytes(b"%PDF")
    papers[0].with_name("caf\udce9.pdf").write_bytes(b"%PDF")  # whose name is not UTF-8
    result = command("--papers")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Note: 2 files are of no finished PDF")
    assert "other.pdf" in result.stdout


@pytest.mark.usefixtures("papers")
def test_a_store_that_is_not_here_at_all_is_said_once(command: Command, store: FileStore) -> None:
    store.root.rename(store.root.with_name("elsewhere"))
    result = command()
    assert result.exit_code == 1
    assert f"The folder of the PDFs is not here: {store.root}." in result.stderr
    assert result.stdout == ""
