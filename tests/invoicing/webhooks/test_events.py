"""Each fact is sent once to the endpoints that listen, in its own commit; without any it costs nothing."""

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
from tests.support.webhook_listener import deliveries, endpoint, stored_messages


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    endpoint(database, principal)
    return Till(database, principal)


def event_types(till: Till) -> list[str]:
    return [type for type, _ in stored_messages(till.database, till.principal)]


def states_told(till: Till) -> list[tuple[str, str]]:
    return [(type, data["state"]) for type, data in stored_messages(till.database, till.principal)]


def last_message(till: Till) -> tuple[str, dict[str, Any]]:
    return stored_messages(till.database, till.principal)[-1]


def test_an_invoice_event_has_the_fields_to_look_it_up(till: Till) -> None:
    factories.customer(till.database, till.principal, id="ann")
    sale = till.sale(1_210, customer_id="ann")
    ((type, data),) = stored_messages(till.database, till.principal)
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
            "rounding": 0,
            "issued_on": "2025-06-02",
            "due_on": "2025-06-16",
        },
    )
    (row,) = deliveries(till.database, till.principal)
    assert row.body.startswith('{"type":"invoice.created","timestamp":"2025-06-02T09:30:00Z","data":{')
    assert (row.status, row.attempts, row.next_attempt_at) == ("PENDING", 0, NOW)
    assert [job.subject_id for job in till.rows(jobs) if job.kind == DELIVER] == [row.id]


def test_asking_for_the_same_invoice_again_emits_nothing(till: Till) -> None:
    ids = till.order("o", 1_210)
    for _ in range(2):
        till.invoice(*ids, id="v")
    assert event_types(till) == ["invoice.created"]


def test_settled_is_emitted_once_when_nothing_is_outstanding(till: Till) -> None:
    till.sale(1_000)
    till.pay(400, order_id="o-sale")
    assert event_types(till) == ["invoice.created"]
    till.pay(600, order_id="o-sale")
    till.pay(100, invoice_id="sale")
    assert event_types(till) == ["invoice.created", "invoice.settled"]
    assert last_message(till)[1]["state"] == "SETTLED"


def test_a_prepaid_invoice_emits_created_and_settled(till: Till) -> None:
    ids = till.order("o", 1_000)
    till.pay(1_000, order_id="o")
    till.invoice(*ids)
    assert states_told(till) == [("invoice.created", "PENDING"), ("invoice.settled", "SETTLED")]


def test_an_invoice_that_is_made_with_its_payment_emits_created_and_settled(till: Till) -> None:
    transfer = {"method": "CASH", "payment_date": NOW.date()}
    factories.one_time_invoice(till.database, till.principal, manual_transfer=transfer)
    assert states_told(till) == [("invoice.created", "PENDING"), ("invoice.settled", "SETTLED")]


def test_a_credit_invoice_emits_events_for_itself_and_its_original(till: Till) -> None:
    sale = till.sale(1_000)
    credit = till.credit(sale)
    assert event_types(till) == ["invoice.created", "invoice.created", "invoice.settled", "invoice.credited"]
    created, settled, credited = (data for _, data in stored_messages(till.database, till.principal)[1:])
    assert (created["id"], created["type"], created["total"]) == (credit.id, "CREDIT", -1_000)
    assert settled["id"] == credit.id
    assert (credited["id"], credited["state"]) == (sale.id, "CANCELLED")
    assert credited["credited_by"] == {
        "id": credit.id,
        "number": credit.number,
        "total": -1_000,
        "rounding": 0,
    }


def test_each_failed_charge_emits_its_reason(till: Till) -> None:
    till.buyer()
    till.sale(1_000, customer_id="ann")
    for _ in range(2):
        charge = till.charge("sale").payment
        for _ in range(2):  # two servers resolve it
            till.resolve(charge, "FAILED", error="Declined.")
    assert event_types(till) == ["invoice.created", "invoice.failed", "invoice.failed"]
    _, data = last_message(till)
    assert (data["id"], data["state"]) == ("sale", "FAILED")
    assert data["payment"] == {"id": charge.id, "status": "FAILED", "error": "Declined."}
    till.resolve(till.charge("sale").payment, "PAID")
    assert event_types(till)[3:] == ["invoice.settled"]


def test_a_charge_that_fails_after_the_invoice_was_paid_emits_nothing(till: Till) -> None:
    till.buyer()
    till.sale(1_000, customer_id="ann")
    charge = till.charge("sale").payment
    till.pay(1_000, order_id="o-sale")
    till.resolve(charge, "FAILED")
    assert event_types(till) == ["invoice.created", "invoice.settled"]


@pytest.mark.parametrize("by_gateway", [False, True])
def test_a_refund_is_emitted_when_it_is_paid(till: Till, by_gateway: bool) -> None:
    till.buyer()
    till.sale(1_000, customer_id="ann")
    paid = till.resolve(till.charge("sale").payment, "PAID")
    if by_gateway:
        refund = till.begin_refund(paid, 300)
        assert event_types(till) == ["invoice.created", "invoice.settled"]
        for _ in range(2):
            till.resolve(refund, "PAID")
    else:
        refund = till.refund(paid, 300)
    assert event_types(till) == ["invoice.created", "invoice.settled", "payment.refunded"]
    _, data = last_message(till)
    assert (data["id"], data["payment_id"], data["amount"]) == (refund.id, paid.id, 300)
    assert (data["invoice_id"], data["customer_id"], data["status"]) == ("sale", "ann", "PAID")


def test_a_refund_on_an_order_names_its_customer(till: Till) -> None:
    factories.customer(till.database, till.principal, id="ann")
    till.order("o", 1_000, customer_id="ann")
    till.refund(till.pay(1_000, order_id="o"))
    ((type, data),) = stored_messages(till.database, till.principal)
    assert (type, data["order_id"], data["customer_id"]) == ("payment.refunded", "o", "ann")


def test_a_pdf_is_emitted_by_the_worker_that_has_the_lease(till: Till) -> None:
    till.sale(1_000)
    (due,) = till.database.write(pdf.claim, most=9, now=NOW)
    rendered = RenderedPdf(due.job, "invoices/a.pdf", 20_000, "0" * 64)
    for _ in range(2):
        till.database.write(pdf.record, [rendered], [], now=NOW)
    assert event_types(till) == ["invoice.created", "invoice.pdf_generated"]
    till.write(from_orders.retry_pdf, "sale")
    (due,) = till.database.write(pdf.claim, most=9, now=NOW)
    till.database.write(pdf.record, [RenderedPdf(due.job, "a", 1, "0")], [], now=NOW)
    assert event_types(till)[2:] == ["invoice.pdf_generated"]


def test_a_pdf_names_the_e_invoices_that_can_be_had(till: Till) -> None:
    till.sale(1_000, id="one")
    till.sale(1_000, id="other")
    formats = {"one": ["PEPPOL_UBL", "XRECHNUNG_CII"], "other": []}
    due = till.database.write(pdf.claim, most=9, now=NOW)
    made = [RenderedPdf(each.job, "a", 1, "0", e_invoices=formats[each.job.subject_id]) for each in due]
    till.database.write(pdf.record, made, [], now=NOW)
    told = stored_messages(till.database, till.principal)
    told_of_pdfs = [data for type, data in told if type == "invoice.pdf_generated"]
    assert {data["id"]: data["e_invoices"] for data in told_of_pdfs} == formats


def test_a_rolled_back_fact_emits_nothing(till: Till) -> None:
    ids = till.order("o", 1_000)

    def fail(connection: Connection) -> None:
        from_orders.invoice_items(connection, till.principal, ids, now=NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        till.database.write(fail)
    assert event_types(till) == []


def test_all_endpoints_of_an_event_get_one_message_id(database: Database, principal: Principal) -> None:
    for listened_to in (
        [WebhookEvent.INVOICE_SETTLED],
        [WebhookEvent.INVOICE_CREATED],
        list(WebhookEvent)[:6],
    ):
        endpoint(database, principal, events=listened_to)
    factories.invoice(database, principal)
    rows = deliveries(database, principal)
    assert [row.event for row in rows] == ["invoice.created"] * 2
    assert (len({row.message_id for row in rows}), len({row.endpoint_id for row in rows})) == (1, 2)


def test_no_endpoint_gets_events_of_another_account(database: Database, principal: Principal) -> None:
    endpoint(database, principal)
    neighbour = factories.principal(database)
    factories.invoice(database, neighbour)
    assert deliveries(database, principal) == deliveries(database, neighbour) == []


def test_issuing_costs_no_statement_without_an_endpoint(database: Database, principal: Principal) -> None:
    order = factories.order(database, principal)
    statements: list[str] = []

    def issue(connection: Connection) -> None:
        note_statement = lambda *args: statements.append(args[2])  # noqa: E731
        event.listen(connection, "before_cursor_execute", note_statement)
        from_orders.invoice_order(connection, principal, order.id, now=NOW)
        event.remove(connection, "before_cursor_execute", note_statement)

    database.write(issue)
    assert any("outbox" in statement for statement in statements)
    assert not any("webhook" in statement.partition("FROM")[2] for statement in statements)


def test_without_an_endpoint_no_job_is_stored(database: Database, principal: Principal) -> None:
    factories.invoice(database, principal)
    kinds = database.read(lambda connection: connection.execute(select(jobs.c.kind)).scalars().all())
    assert kinds == [outbox.RENDER_INVOICE]
