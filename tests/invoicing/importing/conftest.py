"""What tests of the import ask for."""

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
from tests.support.import_files import Importing, terms


@pytest.fixture
def rejects(tmp_path: Path) -> Path:
    return tmp_path / "rejects.csv"


@pytest.fixture
def importing(database: Database, principal: Principal, tmp_path: Path, rejects: Path) -> Importing:
    """Imports a text, or bytes; what is rejected is in `rejects`."""

    def run(given: str | bytes, *, layout: Format = PLAIN, invoice: bool = False, **how: Any) -> Summary:
        file = tmp_path / "orders.csv"
        file.write_bytes(given.encode() if isinstance(given, str) else given)
        said = terms(database, principal, **how)
        return import_orders(
            database, principal, Source(file), layout, said, rejects=rejects, invoice=invoice
        )

    return run
