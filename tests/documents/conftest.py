"""The invoices of every kind, issued once for all tests of what is made of them."""

from __future__ import annotations

import pytest

from documents.pdf import render
from invoicing.snapshot import Snapshot
from invoicing.storage.database import Database
from tests.conftest import FreshUrl
from tests.support.einvoices import every_kind


@pytest.fixture(scope="package")
def kinds(fresh_sqlite: FreshUrl) -> dict[str, Snapshot]:
    with fresh_sqlite() as url:
        database = Database(url)
        try:
            return every_kind(database)
        finally:
            database.close()


@pytest.fixture(scope="package")
def papers(kinds: dict[str, Snapshot]) -> dict[str, bytes]:
    """The PDFs of all kinds."""
    return {name: render(each) for name, each in kinds.items()}
