"""Whoever listens is told of every fact, once, in its own commit; for the others it costs nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, event, select

from invoicing.access import Principal
from invoicing.invoices import from_orders, pdf
from invoicing.invoices.pdf import RenderedPdf
from invoicing.storage import outbox
from invoicing.storage.database import Database
from invoicing.storage.tables import outbox as jobs
from invoicing.webhooks.events import DELIVER, WebhookEvent
from tests.support import factories
from tests.support.factories import NOW
from tests.support.till import Till
from tests.support.webhook_listener import deliveries, endpoint, told


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    endpoint(database, principal)
    return Till(database, principal)


def heard(till: Till) -> list[str]:
    return [type for type, _ in told(till.database, till.principal)]


def last(till: Till) -> tuple[str, dict[str, Any]]:
    return told(till.database, till.principal)[-1]


def test_an_invoice_is_told_of_with_what_is_needed_to_look_it_up(till: Till) -> None:
    factories.customer(till.database, till.principal, id="ann")
    sale = till.sale(1_210, customer_id="ann")
    ((type, data),) = told(till.database, till.principal)
    assert (type, data) == (
        "invoice.created",
        {
            "id": "sale",
            "handle": "sale",
            "number": sale.number,
            "type": "INVOICE",
            "state": "PENDING",
            "customer_id": "ann",
            "currency": "EUR",
            "total_ex_vat": 1_000,
            "total_vat": 210,
            "total": 1_210,
            "issued_on": "2025-06-02",
            "due_on": "2025-06-16",
        },
    )
    (row,) = deliveries(till.database, till.principal)
    assert row.body.startswith('{"type":"invoice.created","timestamp":"2025-06-02T09:30:00Z","data":{')
    assert (row.status, row.attempts, row.next_attempt_at) == ("PENDING", 0, NOW)
    assert [job.subject_id for job in till.rows(jobs) if job.kind == DELIVER] == [row.id]


def test_asking_for_the_same_invoice_again_is_no_news(till: Till) -> None:
    ids = till.order("o", 1_210)
    for _ in range(2):
        till.invoice(*ids, id="v")
    assert heard(till) == ["invoice.created"]


def test_what_is_paid_is_told_once_when_nothing_is_outstanding_any_more(till: Till) -> None:
    till.sale(1_000)
    till.pay(400, order_id="o-sale")
    assert heard(till) == ["invoice.created"]
    till.pay(600, order_id="o-sale")
    till.pay(100, invoice_id="sale")
    assert heard(till) == ["invoice.created", "invoice.settled"]
    assert last(till)[1]["state"] == "SETTLED"


def test_a_prepaid_invoice_is_told_of_and_settled(till: Till) -> None:
    ids = till.order("o", 1_000)
    till.pay(1_000, order_id="o")
    till.invoice(*ids)
    assert heard(till) == ["invoice.created", "invoice.settled"]


def test_a_credit_invoice_is_told_of_and_what_it_credits(till: Till) -> None:
    sale = till.sale(1_000)
    credit = till.credit(sale)
    assert heard(till) == ["invoice.created", "invoice.created", "invoice.settled", "invoice.credited"]
    created, settled, credited = (data for _, data in told(till.database, till.principal)[1:])
    assert (created["id"], created["type"], created["total"]) == (credit.id, "CREDIT", -1_000)
    assert settled["id"] == credit.id
    assert (credited["id"], credited["state"]) == (sale.id, "CANCELLED")
    assert credited["credited_by"] == {"id": credit.id, "number": credit.number, "total": -1_000}


def test_each_charge_that_fails_is_told_of_and_says_why(till: Till) -> None:
    till.buyer()
    till.sale(1_000, customer_id="ann")
    for _ in range(2):
        charge = till.charge("sale").payment
        for _ in range(2):  # two servers have asked
            till.resolve(charge, "FAILED", error="Declined.")
    assert heard(till) == ["invoice.created", "invoice.failed", "invoice.failed"]
    _, data = last(till)
    assert (data["id"], data["state"]) == ("sale", "FAILED")
    assert data["payment"] == {"id": charge.id, "status": "FAILED", "error": "Declined."}
    till.resolve(till.charge("sale").payment, "PAID")
    assert heard(till)[3:] == ["invoice.settled"]


def test_a_charge_that_fails_once_the_invoice_is_paid_is_no_news(till: Till) -> None:
    till.buyer()
    till.sale(1_000, customer_id="ann")
    charge = till.charge("sale").payment
    till.pay(1_000, order_id="o-sale")
    till.resolve(charge, "FAILED")
    assert heard(till) == ["invoice.created", "invoice.settled"]


@pytest.mark.parametrize("by_gateway", [False, True])
def test_a_refund_is_told_of_once_it_is_paid(till: Till, by_gateway: bool) -> None:
    till.buyer()
    till.sale(1_000, customer_id="ann")
    paid = till.resolve(till.charge("sale").payment, "PAID")
    if by_gateway:
        refund = till.begin_refund(paid, 300)
        assert heard(till) == ["invoice.created", "invoice.settled"]
        for _ in range(2):
            till.resolve(refund, "PAID")
    else:
        refund = till.refund(paid, 300)
    assert heard(till) == ["invoice.created", "invoice.settled", "payment.refunded"]
    _, data = last(till)
    assert (data["id"], data["payment_id"], data["amount"]) == (refund.id, paid.id, 300)
    assert (data["invoice_id"], data["customer_id"], data["status"]) == ("sale", "ann", "PAID")


def test_a_refund_on_an_order_names_its_customer(till: Till) -> None:
    factories.customer(till.database, till.principal, id="ann")
    till.order("o", 1_000, customer_id="ann")
    till.refund(till.pay(1_000, order_id="o"))
    ((type, data),) = told(till.database, till.principal)
    assert (type, data["order_id"], data["customer_id"]) == ("payment.refunded", "o", "ann")


def test_a_pdf_is_told_of_by_the_worker_whose_lease_holds(till: Till) -> None:
    till.sale(1_000)
    (due,) = till.database.write(pdf.claim, most=9, now=NOW)
    printed = RenderedPdf(due.job, "invoices/a.pdf", 20_000, "0" * 64)
    for _ in range(2):
        till.database.write(pdf.record, [printed], [], now=NOW)
    assert heard(till) == ["invoice.created", "invoice.pdf_generated"]
    till.write(from_orders.retry_pdf, "sale")
    (due,) = till.database.write(pdf.claim, most=9, now=NOW)
    till.database.write(pdf.record, [RenderedPdf(due.job, "a", 1, "0")], [], now=NOW)
    assert heard(till)[2:] == ["invoice.pdf_generated"]


def test_what_is_rolled_back_is_never_told(till: Till) -> None:
    ids = till.order("o", 1_000)

    def fail(connection: Connection) -> None:
        from_orders.invoice_items(connection, till.principal, ids, now=NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        till.database.write(fail)
    assert heard(till) == []


def test_everybody_hears_what_they_listen_to_under_one_id(database: Database, principal: Principal) -> None:
    for listening in ([WebhookEvent.INVOICE_SETTLED], [WebhookEvent.INVOICE_CREATED], list(WebhookEvent)[:6]):
        endpoint(database, principal, events=listening)
    factories.invoice(database, principal)
    rows = deliveries(database, principal)
    assert [row.event for row in rows] == ["invoice.created"] * 2
    assert (len({row.message_id for row in rows}), len({row.endpoint_id for row in rows})) == (1, 2)


def test_nobody_hears_of_another_account(database: Database, principal: Principal) -> None:
    endpoint(database, principal)
    neighbour = factories.principal(database)
    factories.invoice(database, neighbour)
    assert deliveries(database, principal) == deliveries(database, neighbour) == []


def test_issuing_costs_no_statement_where_nobody_listens(database: Database, principal: Principal) -> None:
    order = factories.order(database, principal)
    seen: list[str] = []

    def issue(connection: Connection) -> None:
        note = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(connection, "before_cursor_execute", note)
        from_orders.invoice_order(connection, principal, order.id, now=NOW)
        event.remove(connection, "before_cursor_execute", note)

    database.write(issue)
    assert any("outbox" in statement for statement in seen)
    assert not any("webhook" in statement.partition("FROM")[2] for statement in seen)


def test_jobs_are_left_only_where_somebody_listens(database: Database, principal: Principal) -> None:
    factories.invoice(database, principal)
    kinds = database.read(lambda connection: connection.execute(select(jobs.c.kind)).scalars().all())
    assert kinds == [outbox.RENDER_INVOICE]
