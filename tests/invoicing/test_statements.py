"""The commands that run most execute few statements: nothing twice, and nothing is read that they know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event

from invoicing.access import Principal
from invoicing.audit.actions import AuditAction
from invoicing.audit.entries import Act, audited
from invoicing.audit.subjects import AuditSubjectType, subjects
from invoicing.invoices import from_orders, one_time
from invoicing.orders import intake
from invoicing.payments import manual
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.factories import NOW, item, order_line

Heard = list[tuple[str, bool]]


@pytest.fixture
def heard() -> Iterator[Heard]:
    """The statements, and whether each was executed for several rows."""
    found: Heard = []

    def hear(_: Any, __: Any, statement: str, ___: Any, ____: Any, many: bool) -> None:
        if not statement.startswith("PRAGMA"):
            found.append((statement, many))

    event.listen(Engine, "before_cursor_execute", hear)
    yield found
    event.remove(Engine, "before_cursor_execute", hear)


def begun(heard: Heard) -> list[str]:
    """What each statement does, and with which table.

    Without those that SQLite's writer adds: savepoints, and what completes the index of searches.
    """
    words = [statement.replace("\n", " ").split(" ") for statement, _ in heard]
    return [f"{each[0]} {_table(each)}" for each in words if {"SAVEPOINT", "unindexed"}.isdisjoint(each)]


def _table(words: list[str]) -> str:
    if words[0] == "SELECT":
        return words[1].partition(".")[0]
    return words[{"INSERT": 2, "UPDATE": 1}[words[0]]]


def run(database: Database, principal: Principal, command: Callable[..., Any], *args: Any) -> None:
    def told(result: Any) -> Any:
        return subjects(AuditSubjectType.ORDER, getattr(result, "id", None))

    act = Act.of(principal, AuditAction.CREATE_ORDER, at=NOW)
    database.write(audited(act, command, told), principal, *args, now=NOW)


AUDITED = "INSERT audit_entries"


def test_an_order_is_taken_in_without_a_look_at_what_is_written(
    database: Database, principal: Principal, heard: Heard
) -> None:
    ann = factories.customer(database, principal)
    factories.order(database, principal)  # begins the series of numbers
    heard.clear()
    run(database, principal, intake.create_order, {"customer_id": ann.id, "items": [item(), item()]})
    assert begun(heard) == [
        "SELECT accounts",
        "SELECT customers",
        "UPDATE number_series",
        "INSERT orders",
        "INSERT order_items",
        AUDITED,
    ]


def test_items_are_invoiced_in_few_statements(database: Database, principal: Principal, heard: Heard) -> None:
    factories.invoice(database, principal)
    ann = factories.customer(database, principal)
    factories.order(database, principal, customer_id=ann.id, items=[item(id="a"), item(id="b")])
    heard.clear()
    run(database, principal, from_orders.invoice_items, ["a", "b"])
    assert begun(heard) == [
        "SELECT orders",
        "SELECT order_items",
        "SELECT accounts",
        "SELECT customers",
        "SELECT payments",
        "UPDATE number_series",
        "INSERT invoices",
        "INSERT invoice_lines",
        "UPDATE order_items",
        "INSERT outbox",
        AUDITED,
    ]


def test_an_invoice_that_is_settled_at_once_is_not_looked_at_again(
    database: Database, principal: Principal, heard: Heard
) -> None:
    factories.invoice(database, principal)
    ann = factories.customer(database, principal)
    heard.clear()
    transfer = {"method": "CASH", "payment_date": NOW.date()}
    values = {
        "handle": "i",
        "customer_id": ann.id,
        "order_lines": [order_line()],
        "manual_transfer": transfer,
    }
    run(database, principal, one_time.create_invoice, values)
    assert begun(heard) == [
        "SELECT accounts",
        "SELECT customers",
        "SELECT invoices",
        "UPDATE number_series",
        "INSERT invoices",
        "INSERT invoice_lines",
        "INSERT outbox",
        "INSERT payments",
        "INSERT allocations",
        AUDITED,
    ]


def test_a_payment_is_recorded_in_few_statements(
    database: Database, principal: Principal, heard: Heard
) -> None:
    invoice = factories.invoice(database, principal)
    heard.clear()
    values = {"invoice_id": invoice.id, "amount": 10, "method": "CASH", "idempotency_key": "k"}
    run(database, principal, manual.record_payment, values)
    assert begun(heard) == [
        "SELECT invoices",
        "SELECT payments",
        "SELECT invoices",  # its balance
        "INSERT payments",
        "INSERT allocations",
        AUDITED,
    ]


def test_each_statement_has_its_rows_at_once(database: Database, principal: Principal, heard: Heard) -> None:
    many = [item(id=f"i{number}") for number in range(5)]
    factories.order(database, principal, items=many)
    heard.clear()
    run(database, principal, from_orders.invoice_items, [each["id"] for each in many])
    assert [statement.split(" (")[0] for statement, several in heard if several] == [
        "INSERT INTO invoice_lines"
    ]
