"""Twenty callers at once with one handle: one invoice, and no number is lost."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from invoicing.access import Principal
from invoicing.invoices import one_time
from invoicing.invoices.queries import Issued
from invoicing.invoices.values import CreateInvoiceValues
from invoicing.storage.database import Database
from invoicing.storage.tables import invoices, outbox
from invoicing.verify.books import verify
from tests.invoicing.invoices.test_from_orders_concurrently import at_once, codes
from tests.support import factories
from tests.support.factories import NOW

CALLERS = 20


def called(database: Database, principal: Principal, key: str | None, *, alike: bool) -> list[Any]:
    """What each caller got for the handle `number-h`, which reads like another clash."""
    buyers = [factories.customer(database, principal).id for _ in range(2)]

    def call(caller: int) -> Issued:
        buyer, amount = (buyers[0], 100) if alike else (buyers[caller % 2], caller)
        asked: CreateInvoiceValues = {
            "customer_id": buyer,
            "handle": "number-h",
            "order_lines": [{"text": "Advice", "amount": amount}],
            "idempotency_key": key,
        }
        return database.write(one_time.create_invoice, principal, asked, now=NOW).invoice

    return at_once(call, CALLERS)


def whole(database: Database) -> int:
    """How many invoices there are: each with its job, and with no gap in their numbers."""

    def read(connection: Connection) -> int:
        verdict = verify(connection)
        assert verdict.findings == []
        jobs, papers = (
            connection.execute(select(each)).scalars() for each in (outbox.c.subject_id, invoices.c.id)
        )
        assert sorted(jobs) == sorted(papers)
        return verdict.invoices

    return database.read(read)


def test_of_twenty_calls_with_one_handle_one_wins(database: Database, principal: Principal) -> None:
    told = called(database, principal, None, alike=True)
    assert codes(told) == ["DUPLICATE_HANDLE", "ISSUED"]
    assert [one.id for one in told if isinstance(one, Issued)] == ["number-h"]
    assert {(one.field, one.ids) for one in told if not isinstance(one, Issued)} == {
        ("handle", ("number-h",))
    }
    assert factories.one_time_invoice(database, principal).number == "INV-2025-00002"
    assert whole(database) == 2


def test_of_twenty_calls_with_one_key_all_get_one_invoice(database: Database, principal: Principal) -> None:
    told = called(database, principal, "k", alike=True)
    assert len(set(told)) == 1
    assert codes(told) == ["ISSUED"]
    assert whole(database) == 1


def test_of_twenty_requests_under_one_key_one_wins(database: Database, principal: Principal) -> None:
    told = called(database, principal, "k", alike=False)
    assert codes(told) == ["IDEMPOTENCY_KEY_REUSED", "ISSUED"]
    assert len([one for one in told if isinstance(one, Issued)]) == 1
    assert whole(database) == 1
