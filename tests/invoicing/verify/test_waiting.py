"""What waits on a healthy server is no finding, whichever job does it; what nobody will do is one."""

from __future__ import annotations

import re
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest

from invoicing.access import Principal
from invoicing.invoices import from_orders, pdf
from invoicing.payments import charges, methods
from invoicing.storage import outbox
from invoicing.storage.database import Database
from invoicing.verify.books import verify
from invoicing.verify.pdfs import WAITING
from invoicing.webhooks import deliveries, endpoints
from invoicing.webhooks import log as webhook_log
from invoicing.webhooks.deliveries import DeliveryResult
from tests.support import factories, webhook_listener
from tests.support.factories import NOW
from tests.support.planted_faults import has_finding, plant, unprotected

LATER = NOW + timedelta(days=2)
LEASE = timedelta(seconds=10)
REFUSED = DeliveryResult(500, "It answered 500.")


def is_clean(database: Database) -> bool:
    findings = database.read(verify).findings
    assert findings == []
    return True


def test_a_webhook_is_no_finding_in_any_state(database: Database, principal: Principal) -> None:
    endpoint, _ = webhook_listener.endpoint(database, principal)
    factories.invoice(database, principal)
    (sent,) = webhook_listener.deliveries(database, principal)
    assert is_clean(database)  # it waits

    for _ in range(len(deliveries.RETRY_DELAYS)):
        webhook_listener.make_jobs_due(database)
        (due,) = database.write(deliveries.claim_deliveries, most=9, now=NOW, lease=LEASE)
        assert is_clean(database)  # it is being sent
        assert database.write(deliveries.record_result, due, REFUSED, jitter=0, now=NOW) == "PENDING"
        assert is_clean(database)  # it waits for another attempt
    webhook_listener.make_jobs_due(database)
    (due,) = database.write(deliveries.claim_deliveries, most=9, now=NOW, lease=LEASE)
    assert database.write(deliveries.record_result, due, REFUSED, jitter=0, now=NOW) == "PARKED"
    assert is_clean(database)

    database.write(webhook_log.replay_webhook_delivery, principal, sent.id, now=NOW)
    assert is_clean(database)
    database.write(endpoints.delete_webhook_endpoint, principal, endpoint.id, now=NOW)
    assert is_clean(database)  # it waits to be parked
    (due,) = database.write(deliveries.claim_deliveries, most=9, now=LATER, lease=LEASE)
    gone = DeliveryResult(error="The endpoint is not active.", is_final=True)
    assert database.write(deliveries.record_result, due, gone, jitter=0, now=LATER) == "PARKED"
    assert is_clean(database)


def test_a_pdf_is_no_finding_while_it_is_made_or_was_given_up(
    database: Database, principal: Principal
) -> None:
    issued = factories.invoice(database, principal)
    for _ in range(outbox.MAX_ATTEMPTS):
        webhook_listener.make_jobs_due(database)
        (due,) = database.write(pdf.claim, most=9, now=NOW)
        assert is_clean(database)
        database.write(pdf.record, [], [outbox.Failure(due.job, "No ink.")], now=NOW)
        assert is_clean(database)
    database.write(from_orders.retry_pdf, principal, issued.id, now=NOW)
    assert is_clean(database)
    (due,) = database.write(pdf.claim, most=9, now=NOW)
    database.write(pdf.record, [pdf.RenderedPdf(due.job, "key", 1, "0" * 64)], [], now=NOW)
    assert is_clean(database)
    database.write(from_orders.retry_pdf, principal, issued.id, now=NOW)
    assert is_clean(database)


@pytest.mark.parametrize("status", ["PENDING", "PAID", "FAILED", "CANCELLED"])
def test_a_charge_is_no_finding_in_any_state(database: Database, principal: Principal, status: str) -> None:
    factories.customer(database, principal, id="ann")
    card = {"gateway": "sandbox", "reference": "card", "gateway_customer": None, "label": "Card"}
    database.write(methods.add_payment_method, principal, "ann", **card, now=NOW)  # type: ignore[arg-type]
    invoice = factories.invoice(database, principal, customer_id="ann")
    begun = database.write(charges.begin_charge, principal, invoice.id, "auto", gateways=["sandbox"], now=NOW)
    assert is_clean(database)
    (asked,) = database.write(charges.claim, most=9, now=LATER, lease=LEASE)
    assert is_clean(database)
    database.write(outbox.postpone, asked.job, "It does not answer.", until=LATER)
    assert is_clean(database)
    payment = (principal.account_id, begun.payment.id, status)
    database.write(charges.resolve, *payment, reference="r", now=LATER)
    assert is_clean(database)


@pytest.mark.parametrize(
    ("change", "kind", "says"),
    [
        ("DELETE FROM outbox WHERE kind = 'webhook.deliver'", "job", "PENDING, and no job sends it"),
        ("DELETE FROM webhook_deliveries", "job", "webhook.deliver is for something that does not exist"),
        ("UPDATE webhook_deliveries SET status = 'PARKED'", "job", "webhook.deliver is for something"),
        ("DELETE FROM outbox WHERE kind = 'invoice.render'", "paper", "0 PDFs and 0 jobs"),
        ("UPDATE outbox SET subject_id = 'x' WHERE kind = 'invoice.render'", "job", "invoice.render is for"),
        ("UPDATE outbox SET kind = 'dishes.wash' WHERE kind = 'invoice.render'", "job", "dishes.wash is for"),
    ],
)
def test_what_nobody_will_do_is_found(
    database: Database, principal: Principal, change: str, kind: str, says: str
) -> None:
    webhook_listener.endpoint(database, principal)
    factories.invoice(database, principal)
    findings = plant(unprotected(database), change)
    assert has_finding(findings, "", kind, says), findings


def test_every_kind_of_job_that_is_enqueued_is_known() -> None:
    kinds = {
        {**vars(outbox), **vars(import_module(".".join(file.with_suffix("").parts)))}[kind]
        for file in Path("invoicing").rglob("*.py")
        for kind in re.findall(r"outbox\.enqueue\([^)]*?(?:outbox\.)?([A-Z_]{3,})", file.read_text())
    }
    assert kinds == set(WAITING)
