"""Each query needs its scope, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from invoicing.access import Scope
from invoicing.storage.database import Database
from tests.support.client import Client, client

NEEDS = {
    "{ account { id } }": Scope.ACCOUNT_READ,
    '{ customer(id: "x") { id } }': Scope.CUSTOMERS_READ,
    "{ customers { nodes { id } } }": Scope.CUSTOMERS_READ,
    "{ customers { totalCount } }": Scope.CUSTOMERS_READ,
    '{ order(id: "x") { id } }': Scope.ORDERS_READ,
    "{ orders { nodes { id } } }": Scope.ORDERS_READ,
    "{ orders { totalCount } }": Scope.ORDERS_READ,
    '{ invoice(id: "x") { id } }': Scope.INVOICES_READ,
    "{ invoices { nodes { id } } }": Scope.INVOICES_READ,
    "{ invoices { totalCount } }": Scope.INVOICES_READ,
    "{ auditLog { nodes { id } } }": Scope.AUDIT_READ,
    "{ auditLog { totalCount } }": Scope.AUDIT_READ,
    '{ invoicePreview(input: {items: ["x"]}) { total } }': Scope.INVOICES_READ,
}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def test_a_question_needs_its_scope_and_no_other(shop: Client) -> None:
    for query, scope in NEEDS.items():
        refusal = shop.limited_to(*(set(Scope) - {scope})).refused(query)
        assert (refusal.code, refusal.ids) == ("FORBIDDEN", [scope])
        assert "FORBIDDEN" not in shop.limited_to(scope).post(query).text
