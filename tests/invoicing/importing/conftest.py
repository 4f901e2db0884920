"""Fixtures of the import's tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from invoicing.access import Principal
from invoicing.importing.columns import PLAIN, Format
from invoicing.importing.csv_file import Source
from invoicing.importing.run import import_orders
from invoicing.importing.summary import Summary
from invoicing.storage.database import Database
from tests.support.import_files import ImportFile, import_terms


@pytest.fixture
def rejects(tmp_path: Path) -> Path:
    return tmp_path / "rejects.csv"


@pytest.fixture
def import_file(database: Database, principal: Principal, tmp_path: Path, rejects: Path) -> ImportFile:
    """Imports a text or bytes; the rejected lines are in `rejects`."""

    def run(
        content: str | bytes, *, layout: Format = PLAIN, invoice: bool = False, **options: Any
    ) -> Summary:
        file = tmp_path / "orders.csv"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        terms = import_terms(database, principal, **options)
        return import_orders(
            database, principal, Source(file), layout, terms, rejects=rejects, invoice=invoice
        )

    return run
