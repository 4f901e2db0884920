"""Verifying finds faults of payments, allocations and states that are planted in the tables directly."""

from __future__ import annotations

from typing import Any

import pytest

from invoicing.access import Principal
from invoicing.invoices import from_orders
from invoicing.invoices.credit import LineCredit
from invoicing.payments import charges, manual, methods, refunds
from invoicing.storage.database import Database
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.factories import NOW, item
from tests.support.planted_faults import has_finding, plant, unprotected
from tests.support.webhook_listener import endpoint

KEYS_AS_IDS = (
    "UPDATE allocations SET payment_id = (SELECT idempotency_key FROM payments "
    "WHERE payments.id = payment_id)",
    "UPDATE outbox SET subject_id = (SELECT idempotency_key FROM payments WHERE payments.id = subject_id) "
    "WHERE kind = 'payment.ask'",
    "UPDATE payments SET refund_of = (SELECT paid.idempotency_key FROM payments AS paid "
    "WHERE paid.id = payments.refund_of)",
    "UPDATE payments SET id = idempotency_key",
)


@pytest.fixture
def books(database: Database, principal: Principal) -> Database:
    """Each kind of payment, refund and credit once; a payment's id is its key.

    `prepaid` pays 2420 on `first`, of which 1000 is credited by `owed`, and 580 of 1210 on `second`.
    `whole` pays 1210 on `kept`; `back` gives 210 of it back. `note` credits `credited` in full, unpaid.
    `charge` is under way on `charged`, as `failure` was on `failed`.
    """

    def write(command: Any, *args: Any, **options: Any) -> Any:
        return database.write(command, principal, *args, **options, now=NOW)

    def pay(key: str, amount: int, **target: str) -> Any:
        values = {"amount": amount, "method": "ideal", "idempotency_key": key, **target}
        return write(manual.record_payment, values)

    def sell(id: str, **values: Any) -> Any:
        return factories.invoice(database, principal, invoice_id=id, id=f"order-{id}", **values)

    factories.order(database, principal, id="o", items=[item(id="a", quantity=2), item(id="b")])
    pay("prepaid", 3_000, order_id="o")
    first = write(from_orders.invoice_items, ["a"], invoice_id="first")
    write(from_orders.invoice_items, ["b"], invoice_id="second")
    part = [LineCredit(first.frozen().lines[0].id, amount=1_000)]
    write(from_orders.credit_invoice, "first", part, reason=None, credit_invoice_id="owed")
    sell("kept")
    whole = pay("whole", 1_210, invoice_id="kept")
    transfer = {"method": "CASH", "payment_date": NOW.date()}
    back = {"amount": 210, "manual_transfer": transfer, "idempotency_key": "back"}
    write(refunds.begin_refund, whole.id, back, gateways=[])
    sell("credited", items=[item(quantity=3)])
    write(from_orders.credit_invoice, "credited", None, reason=None, credit_invoice_id="note")
    buyer = factories.customer(database, principal, id="ann").id
    method = {"gateway": "sandbox", "reference": "x", "gateway_customer": None, "label": "x"}
    write(methods.add_payment_method, buyer, **method)
    for id, key in (("charged", "charge"), ("failed", "failure")):
        sell(id, customer_id=buyer)
        pending = write(charges.begin_charge, id, "auto", gateways=["sandbox"], key=key)
    database.write(
        charges.resolve, principal.account_id, pending.payment.id, "FAILED", reference=None, now=NOW
    )
    assert plant(unprotected(database), *KEYS_AS_IDS) == []
    return database


@pytest.mark.parametrize(
    ("change", "subject", "says"),
    [
        (
            "UPDATE payments SET status = 'FAILED' WHERE id = 'prepaid'",
            "prepaid",
            "FAILED, and 3000 of it is",
        ),
        (
            "UPDATE payments SET amount = 2999 WHERE id = 'prepaid'",
            "prepaid",
            "It is 2999, and 3000 of it is",
        ),
        (
            "UPDATE payments SET currency = 'USD' WHERE id = 'prepaid'",
            "prepaid",
            "its order or invoice in EUR",
        ),
        (
            "UPDATE payments SET order_id = 'x' WHERE id = 'prepaid'",
            "prepaid",
            "on no order and on no invoice",
        ),
        ("UPDATE payments SET amount = 209 WHERE id = 'back'", "back", "It is 209, and 210 of it is"),
        ("UPDATE payments SET amount = 211 WHERE id = 'back'", "back", "It is 211 on an invoice, and 210"),
        (
            "UPDATE payments SET amount = 1211 WHERE id = 'back'",
            "whole",
            "It is 1210, and 1211 of it is paid",
        ),
        (
            "UPDATE payments SET refund_of = 'x' WHERE id = 'back'",
            "back",
            "It refunds x, which does not exist",
        ),
        (
            "UPDATE payments SET refund_of = 'prepaid' WHERE id = 'back'",
            "back",
            "Its order or invoice is not that of the payment it refunds.",
        ),
        (
            "UPDATE payments SET refund_of = 'prepaid', status = 'PENDING' WHERE id = 'back'",
            "back",
            "It is PENDING, and 210 of it is allocated.",
        ),
        (
            "UPDATE payments SET refund_of = 'back' WHERE id = 'back'",
            "back",
            "It refunds a REFUND that is PAID",
        ),
        ("UPDATE payments SET status = 'PENDING' WHERE id = 'whole'", "back", "a PAYMENT that is PENDING"),
        ("UPDATE payments SET currency = 'USD' WHERE id = 'whole'", "back", "the payment it refunds in USD"),
        (
            "UPDATE payments SET refund_of = 'prepaid', invoice_id = NULL, order_id = 'o', amount = 211 "
            "WHERE id = 'back'",
            "prepaid",
            "It is 3000; 3000 is allocated, and 1 of the rest paid back.",
        ),
    ],
)
def test_a_planted_defect_of_a_payment_is_found(
    books: Database, change: str, subject: str, says: str
) -> None:
    findings = plant(books, change)
    assert has_finding(findings, subject, "payment", says), findings


@pytest.mark.parametrize(
    ("change", "subject", "says"),
    [
        ("UPDATE allocations SET payment_id = 'x' WHERE payment_id = 'whole'", "x", "of an unknown payment"),
        ("UPDATE allocations SET invoice_id = 'x' WHERE payment_id = 'whole'", "whole", "to invoice x"),
        (
            "UPDATE allocations SET invoice_id = 'first' WHERE payment_id = 'whole'",
            "whole",
            "to invoice first",
        ),
        ("UPDATE allocations SET invoice_id = 'kept' WHERE amount = 2420", "prepaid", "2420 is allocated"),
        ("UPDATE allocations SET invoice_id = 'owed' WHERE payment_id = 'back'", "back", "to invoice owed"),
        ("UPDATE invoices SET currency = 'USD' WHERE id = 'first'", "prepaid", "to invoice first"),
    ],
)
def test_an_allocation_to_the_wrong_invoice_is_found(
    books: Database, change: str, subject: str, says: str
) -> None:
    findings = plant(books, change)
    assert has_finding(findings, subject, "allocation", says), findings


@pytest.mark.parametrize(
    ("change", "subject", "says"),
    [
        ("UPDATE allocations SET amount = 2421 WHERE amount = 2420", "INV-2025-00001", "2421 is allocated"),
        ("UPDATE allocations SET amount = 3631 WHERE amount = 3630", "INV-2025-00004", "3631 is allocated"),
        ("UPDATE allocations SET amount = 1211 WHERE amount = 210", "INV-2025-00003", "and 1211 paid back"),
        ("UPDATE allocations SET amount = 3631 WHERE amount = 3630", "CRN-2025-00002", "3631 is set off"),
        (
            "UPDATE allocations SET invoice_id = 'owed' WHERE payment_id = 'whole'",
            "CRN-2025-00001",
            "It asks nothing, and 0 is paid.",
        ),
        (
            "UPDATE allocations SET invoice_id = 'owed', amount = 1001 WHERE payment_id = 'back'",
            "CRN-2025-00001",
            "It owes 1000; 0 is set off, and 1001 paid back.",
        ),
        (
            "UPDATE allocations SET credit_invoice_id = 'kept' WHERE credit_invoice_id = 'note'",
            "INV-2025-00003",
            "It owes nothing, and 3630 of it is set off.",
        ),
    ],
)
def test_more_money_than_the_total_is_found(books: Database, change: str, subject: str, says: str) -> None:
    findings = plant(books, change)
    assert has_finding(findings, subject, "money", says), findings


@pytest.mark.parametrize(
    ("change", "subject", "says"),
    [
        (
            "UPDATE allocations SET credit_invoice_id = 'kept' WHERE credit_invoice_id = 'note'",
            "INV-2025-00003",
            "INVOICE set off against INVOICE INV-2025-00004",
        ),
        (
            "UPDATE allocations SET invoice_id = 'owed' WHERE credit_invoice_id = 'note'",
            "CRN-2025-00002",
            "CREDIT set off against CREDIT CRN-2025-00001.",
        ),
        (
            "UPDATE allocations SET invoice_id = 'kept' WHERE credit_invoice_id = 'note'",
            "CRN-2025-00002",
            "3630 is set off against INV-2025-00003, of 0 credited.",
        ),
        (
            "UPDATE allocations SET amount = 3631 WHERE credit_invoice_id = 'note'",
            "CRN-2025-00002",
            "3631 is set off against INV-2025-00004, of 3630 credited.",
        ),
        ("UPDATE invoices SET currency = 'USD' WHERE id = 'credited'", "CRN-2025-00002", "which is in USD"),
        (
            "UPDATE allocations SET credit_invoice_id = 'x' WHERE amount = 3630",
            "x",
            "None set off against INVOICE",
        ),
    ],
)
def test_a_set_off_of_what_was_not_credited_is_found(
    books: Database, change: str, subject: str, says: str
) -> None:
    findings = plant(books, change)
    assert has_finding(findings, subject, "set-off", says), findings


@pytest.mark.parametrize(
    ("id", "state", "says"),
    [
        ("first", "PENDING", "nothing is outstanding"),
        ("first", "FAILED", "nothing is outstanding"),
        ("first", "CANCELLED", "1000 of 2420 was credited"),
        ("second", "SETTLED", "630 was never settled"),
        ("second", "CANCELLED", "630 was never settled"),
        ("second", "FAILED", "no charge has failed"),
        ("kept", "CANCELLED", "0 of 1210 was credited"),
        ("credited", "PENDING", "nothing is outstanding"),
        ("failed", "SETTLED", "1210 was never settled"),
        ("owed", "SETTLED", "1000 was never settled"),
        ("note", "PENDING", "nothing is outstanding"),
    ],
)
def test_a_state_that_the_ledger_contradicts_is_found(
    books: Database, id: str, state: str, says: str
) -> None:
    findings = plant(books, f"UPDATE invoices SET state = '{state}' WHERE id = '{id}'")  # noqa: S608
    assert [(found.kind, found.detail) for found in findings] == [("state", f"It is {state}, and {says}.")]


@pytest.mark.parametrize(
    ("id", "state"), [("kept", "PENDING"), ("failed", "PENDING"), ("credited", "SETTLED")]
)
def test_a_state_that_the_ledger_cannot_tell_is_not_reported(books: Database, id: str, state: str) -> None:
    """The ledger does not tell whether a payment was refunded before or after it settled the invoice."""
    assert plant(books, f"UPDATE invoices SET state = '{state}' WHERE id = '{id}'") == []  # noqa: S608


@pytest.mark.parametrize(
    ("change", "subject", "kind", "says"),
    [
        (
            "DELETE FROM outbox WHERE subject_id = 'second'",
            "INV-2025-00002",
            "paper",
            "It has 0 PDFs and 0 jobs that make one.",
        ),
        (
            "INSERT INTO documents (account_id, invoice_id, kind, key, size, sha256, created_at) "
            "SELECT account_id, id, 'pdf', 'k', 1, 'x', created_at FROM invoices WHERE id = 'second'",
            "INV-2025-00002",
            "paper",
            "It has 1 PDFs and 1 jobs that make one.",
        ),
        ("DELETE FROM outbox WHERE subject_id = 'charge'", "charge", "job", "no job asks sandbox what"),
        ("UPDATE payments SET gateway = NULL WHERE id = 'charge'", "charge", "job", "asks a gateway what"),
        (
            "UPDATE payments SET status = 'PAID' WHERE id = 'charge'",
            "charge",
            "job",
            "does not exist, or is done",
        ),
        (
            "UPDATE outbox SET subject_id = 'x' WHERE subject_id = 'second'",
            "x",
            "job",
            "The job invoice.render is for something that does not exist, or is done.",
        ),
        ("UPDATE outbox SET subject_id = 'x' WHERE subject_id = 'charge'", "x", "job", "payment.ask is for"),
    ],
)
def test_a_missing_pdf_and_a_job_without_a_subject_are_found(
    books: Database, change: str, subject: str, kind: str, says: str
) -> None:
    findings = plant(books, change)
    assert has_finding(findings, subject, kind, says), findings


def test_a_pdf_that_exists_or_was_given_up_is_not_reported(books: Database) -> None:
    pdf_row = "SELECT account_id, id, 'pdf', 'k', 1, 'x', created_at FROM invoices WHERE id = 'second'"
    assert (
        plant(
            books,
            f"INSERT INTO documents (account_id, invoice_id, kind, key, size, sha256, created_at) {pdf_row}",
            "DELETE FROM outbox WHERE subject_id = 'second'",
            "UPDATE outbox SET failed_at = created_at WHERE subject_id = 'first'",
        )
        == []
    )


def test_a_message_that_waits_to_be_sent_is_not_reported(books: Database, principal: Principal) -> None:
    endpoint(books, principal)
    factories.invoice(books, principal)
    assert books.read(verify).findings == []
    findings = plant(books, "UPDATE webhook_deliveries SET status = 'DELIVERED'")
    assert [each.detail for each in findings] == [
        "The job webhook.deliver is for something that does not exist, or is done."
    ]


def test_payments_and_refunds_are_counted(books: Database, principal: Principal) -> None:
    assert [books.read(verify, id).payments for id in (None, principal.account_id, "other")] == [5, 5, 0]


def test_a_credit_that_an_older_server_did_not_set_off_is_found(books: Database) -> None:
    findings = plant(
        books,
        "DELETE FROM allocations WHERE credit_invoice_id = 'note'",
        "UPDATE invoices SET state = 'PENDING' WHERE id IN ('note', 'credited')",
    )
    (finding,) = findings
    assert finding.kind == "set-off"
    assert finding.detail == (
        "It owes 3630, and INV-2025-00004, which it credits, asks 3630: neither is set off."
    )
