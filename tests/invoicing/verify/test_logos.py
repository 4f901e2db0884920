"""Verifying finds a logo that is not there, or is not what it was."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, delete, update

from invoicing.access import Principal
from invoicing.accounts import branding
from invoicing.accounts.logo import read_logo
from invoicing.storage.database import Database
from invoicing.storage.tables import accounts, invoices, logos
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.logos import TALL, WIDE
from tests.support.planted_faults import unprotected

USED, NEXT = read_logo(WIDE), read_logo(TALL)


@pytest.fixture
def books(database: Database, principal: Principal) -> Database:
    """An invoice with a logo, and another logo for those that follow, in tables without triggers."""
    for image in (USED, NEXT):
        database.write(branding.update_branding, principal, {"logo": "given"}, image=image, now=factories.NOW)
        if image is USED:
            factories.invoice(database, principal, invoice_id="v")
    return unprotected(database)


def findings(books: Database) -> list[tuple[str, str, str]]:
    return [(each.subject, each.kind, each.detail) for each in books.read(verify).findings]


def test_logos_that_are_right_have_no_findings(books: Database) -> None:
    assert findings(books) == []


@pytest.mark.parametrize(
    ("change", "subject", "says"),
    [
        (delete(logos).where(logos.c.sha256 == USED.sha256), USED, "Invoices name this logo"),
        (delete(logos).where(logos.c.sha256 == NEXT.sha256), NEXT, "The account names this logo"),
        (
            update(logos).where(logos.c.sha256 == USED.sha256).values(content=NEXT.content),
            USED,
            f"its SHA-256 is {NEXT.sha256}",
        ),
    ],
)
def test_a_planted_fault_is_found(books: Database, change: Any, subject: Any, says: str) -> None:
    books.write(Connection.execute, change)
    ((found, kind, detail),) = findings(books)
    assert (found, kind) == (subject.sha256, "logo")
    assert says in detail


def test_an_invoice_names_the_logo_of_its_snapshot(books: Database) -> None:
    books.write(Connection.execute, update(invoices).values(logo=NEXT.sha256))
    assert ("snapshot", f"logo is {NEXT.sha256}, in the snapshot {USED.sha256}.") in [
        (kind, detail) for _, kind, detail in findings(books)
    ]


def test_an_account_without_a_logo_needs_none(books: Database) -> None:
    books.write(Connection.execute, update(accounts).values(logo=None))
    assert findings(books) == []
