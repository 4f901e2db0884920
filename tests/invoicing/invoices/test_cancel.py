"""An invoice that nobody has settled is taken back: it asks for nothing any more."""

from __future__ import annotations

import pytest

from invoicing.access import Principal
from invoicing.errors import AlreadySettled, NotFound, NotPayable, PaymentUnderWay
from invoicing.invoices import cancel, queries
from invoicing.invoices.queries import Issued
from invoicing.ledger import balances
from invoicing.payments import charges, manual, methods
from invoicing.payments.values import RecordPaymentValues
from invoicing.storage.database import Database
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.factories import NOW, item, order_line


def cancelled(database: Database, principal: Principal, invoice_id: str) -> Issued:
    return database.write(cancel.cancel_invoice, principal, invoice_id, now=NOW)


def paid(database: Database, principal: Principal, invoice_id: str, amount: int) -> None:
    values: RecordPaymentValues = {
        "invoice_id": invoice_id,
        "amount": amount,
        "method": "CASH",
        "idempotency_key": "k",
    }
    database.write(manual.record_payment, principal, values, now=NOW)


def credited_by(database: Database, principal: Principal, invoice_id: str) -> list[str]:
    return list(database.read(queries.credits_by_invoice, principal, [invoice_id]).get(invoice_id, []))


def test_it_is_credited_in_full_and_only_once(database: Database, principal: Principal) -> None:
    made = factories.one_time_invoice(database, principal, order_line(), order_line(vat_rate=9))
    for _ in range(2):
        assert cancelled(database, principal, made.id).state == "CANCELLED"
    (credit,) = credited_by(database, principal, made.id)
    assert database.read(queries.found_invoice, principal, credit).total == -made.total
    assert database.read(verify, principal.account_id).findings == []


def test_what_was_paid_of_it_is_owed(database: Database, principal: Principal) -> None:
    made = factories.invoice(database, principal, items=[item(unit_price=1_000)])
    paid(database, principal, made.id, 300)
    assert cancelled(database, principal, made.id).state == "CANCELLED"
    (credit,) = credited_by(database, principal, made.id)
    balance = database.read(balances.balances_of, principal.account_id, [credit])[credit]
    assert (balance.state, balance.money.outstanding) == ("PENDING", -300)


def test_what_is_settled_is_not_cancelled(database: Database, principal: Principal) -> None:
    made = factories.one_time_invoice(database, principal)
    paid(database, principal, made.id, made.total)
    with pytest.raises(AlreadySettled):
        cancelled(database, principal, made.id)
    assert credited_by(database, principal, made.id) == []


def test_a_charge_that_is_under_way_comes_first(database: Database, principal: Principal) -> None:
    buyer = factories.customer(database, principal)
    database.write(
        methods.add_payment_method,
        principal,
        buyer.id,
        gateway="sandbox",
        reference="late",
        gateway_customer=None,
        label="Late",
        now=NOW,
    )
    made = factories.one_time_invoice(database, principal, customer_id=buyer.id)
    database.write(charges.begin_charge, principal, made.id, "auto", gateways=["sandbox"], now=NOW)
    with pytest.raises(PaymentUnderWay):
        cancelled(database, principal, made.id)


def test_only_an_invoice_is_cancelled(database: Database, principal: Principal) -> None:
    made = factories.one_time_invoice(database, principal)
    cancelled(database, principal, made.id)
    (credit,) = credited_by(database, principal, made.id)
    with pytest.raises(NotPayable):
        cancelled(database, principal, credit)
    with pytest.raises(NotFound):
        cancelled(database, principal, "nothing")
    with pytest.raises(NotFound):
        cancelled(database, factories.principal(database), made.id)
