"""A shop whose invoices are followed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from invoicing.storage.database import Database
from resolvers import watches
from tests.support import factories
from tests.support.both_ways import compared_ways
from tests.support.client import Client, client
from tests.support.patience import PATIENCE


@pytest.fixture(autouse=True)
def _both_ways() -> Iterator[None]:
    """Operations are executed by their plans and by graphql-core."""
    with compared_ways():
        yield


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """An invoice `v` of Ann's and one of Ben's. What is heard in time was told: nobody looks again."""
    monkeypatch.setattr(watches, "POLL_SECONDS", 10 * PATIENCE)
    shop = client(database, tmp_path, cors_origins="https://shop.example")
    for name, invoice in {"ann": "v", "ben": "bens"}.items():
        factories.customer(database, shop.principal, id=name)
        factories.invoice(database, shop.principal, customer_id=name, invoice_id=invoice)
    return shop
