"""A charge is written down before its gateway is asked, and what it came to once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from invoicing.access import Principal
from invoicing.errors import InvoicingError
from invoicing.payments import charges
from invoicing.payments.charges import PATIENCE, PendingPayment
from invoicing.storage.database import Database
from invoicing.storage.tables import payments
from tests.invoicing.invoices.test_from_orders_concurrently import at_once
from tests.invoicing.payments.test_manual import refused
from tests.support.factories import NOW
from tests.support.till import Till


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    till = Till(database, principal)
    till.buyer()
    return till


def claimed(till: Till, *, after: timedelta = PATIENCE) -> list[charges.Unanswered]:
    return till.database.write(charges.claim, most=10, now=NOW + after, lease=timedelta(seconds=60))


def test_a_charge_is_for_all_that_is_outstanding_and_pays_it_once_it_is_answered(till: Till) -> None:
    sale = till.sale(1_000, customer_id="ann")
    till.pay(300, order_id="o-sale")
    begun = till.charge(sale.id)
    assert (begun.payment.status, begun.payment.amount, begun.payment.reference) == (
        "PENDING",
        700,
        sale.number,
    )
    assert begun.method is not None
    assert begun.method.reference == "card"
    assert till.seen(sale.id) == ("PENDING", "PARTIALLY_PAID", 700)
    assert till.is_right()
    ended = till.resolve(begun.payment, "PAID", reference="ch_1")
    assert (ended.status, ended.gateway_reference, ended.paid_at) == ("PAID", "ch_1", NOW)
    assert till.seen(sale.id) == ("SETTLED", "PAID", 0)
    assert till.is_right()


def test_a_charge_that_failed_leaves_the_invoice_failed_and_payable(till: Till) -> None:
    sale = till.sale(1_000, customer_id="ann")
    ended = till.resolve(till.charge(sale.id).payment, "FAILED", error="no funds")
    assert (ended.status, ended.error, ended.paid_at) == ("FAILED", "no funds", None)
    assert till.seen(sale.id) == ("FAILED", "OPEN", 1_000)
    till.pay(400, invoice_id=sale.id)
    assert till.seen(sale.id) == ("FAILED", "PARTIALLY_PAID", 600)
    assert till.is_right()
    again = till.charge(sale.id)
    assert (again.is_known, again.payment.amount) == (False, 600)
    till.resolve(again.payment, "PAID")
    assert till.seen(sale.id) == ("SETTLED", "PAID", 0)
    assert till.is_right()


@pytest.mark.parametrize("first", ["PAID", "FAILED", "CANCELLED"])
@pytest.mark.parametrize("late", ["PAID", "FAILED", "PENDING"])
def test_a_late_answer_changes_nothing(till: Till, first: str, late: str) -> None:
    begun = till.charge(till.sale(1_000, customer_id="ann").id).payment
    ended = till.resolve(begun, first, reference="ch_1")
    before = till.seen("sale")
    assert till.resolve(begun, late, reference="ch_2", error="late") == ended
    assert till.seen("sale") == before
    assert till.is_right()


def test_of_twenty_answers_at_once_one_pays(till: Till) -> None:
    begun = till.charge(till.sale(1_000, customer_id="ann").id).payment
    told = at_once(lambda place: till.resolve(begun, "PAID", reference=f"ch_{place}"), 20)
    assert len({ended.gateway_reference for ended in told}) == 1
    assert till.seen("sale") == ("SETTLED", "PAID", 0)
    assert till.is_right()


def test_an_answer_that_is_not_final_goes_on_waiting(till: Till) -> None:
    begun = till.charge(till.sale(1_000, customer_id="ann").id).payment
    assert till.resolve(begun, "PENDING", reference="ch_1").gateway_reference == "ch_1"
    (unanswered,) = claimed(till)
    assert (unanswered.begun.payment.id, unanswered.begun.payment.gateway_reference) == (begun.id, "ch_1")
    assert till.is_right()


def test_nobody_asks_about_a_charge_before_its_time_nor_after_its_answer(till: Till) -> None:
    begun = till.charge(till.sale(1_000, customer_id="ann").id)
    assert claimed(till, after=PATIENCE - timedelta(seconds=1)) == []
    (unanswered,) = claimed(till)
    assert unanswered.begun == PendingPayment(begun.payment, begun.method)
    till.resolve(begun.payment, "PAID")
    assert claimed(till, after=timedelta(days=1)) == []


def test_an_invoice_is_charged_once_at_a_time(till: Till) -> None:
    sale = till.sale(1_000, customer_id="ann")
    begun = till.charge(sale.id)
    assert till.charge(sale.id) == PendingPayment(begun.payment, is_known=True)
    refused("PAYMENT_UNDER_WAY", "id", till.charge, sale.id, key="k")
    refused("PAYMENT_UNDER_WAY", "id", till.settle, sale.id)
    assert len(till.rows(payments)) == 1


def test_of_twenty_charges_at_once_one_is_begun(till: Till) -> None:
    sale = till.sale(1_000, customer_id="ann")
    told: list[Any] = at_once(lambda place: till.charge(sale.id, key=f"k{place}"), 20)
    assert sum(isinstance(one, PendingPayment) for one in told) == 1
    assert {one.code for one in told if isinstance(one, InvoicingError)} == {"PAYMENT_UNDER_WAY"}
    same = at_once(lambda _: till.charge(sale.id), 20)
    assert all(isinstance(one, InvoicingError) or one.is_known for one in same)
    assert till.is_right()


def test_the_same_key_begins_one_charge_even_after_it_failed(till: Till) -> None:
    sale = till.sale(1_000, customer_id="ann")
    begun = till.charge(sale.id, key="k").payment
    ended = till.resolve(begun, "FAILED")
    assert till.charge(sale.id, key="k") == PendingPayment(ended, is_known=True)
    refused("IDEMPOTENCY_KEY_REUSED", "idempotency_key", till.charge, sale.id, "another", key="k")


def test_what_was_paid_or_credited_meanwhile_is_too_much(till: Till) -> None:
    sale = till.sale(1_000, customer_id="ann")
    begun = till.charge(sale.id).payment
    till.pay(600, order_id="o-sale")
    till.credit(sale, 100)
    till.resolve(begun, "PAID")
    assert till.seen(sale.id) == ("SETTLED", "OVERPAID", -700)
    assert till.parts(begun) == {sale.id: 300}
    assert till.is_right()


def test_a_charge_that_comes_after_the_cancellation_is_owed_back(till: Till) -> None:
    sale = till.sale(1_000, customer_id="ann")
    begun = till.charge(sale.id).payment
    till.credit(sale)
    paid = till.resolve(begun, "PAID")
    assert till.seen(sale.id) == ("CANCELLED", "OVERPAID", -1_000)
    till.refund(paid)
    assert till.seen(sale.id) == ("CANCELLED", "PAID", 0)
    assert till.is_right()


@pytest.mark.parametrize(
    ("customer", "method", "gateways", "code"),
    [
        ("ann", None, ["sandbox"], "PAYMENT_METHOD_REQUIRED"),
        ("ann", "another", ["sandbox"], "PAYMENT_METHOD_NOT_FOUND"),
        ("bob", "auto", ["sandbox"], "PAYMENT_METHOD_NOT_FOUND"),
        ("ann", "auto", [], "GATEWAY_NOT_ENABLED"),
        ("ann", "auto", ["stripe"], "GATEWAY_NOT_ENABLED"),
        (None, "auto", ["sandbox"], "PAYMENT_METHOD_NOT_FOUND"),
    ],
)
def test_what_cannot_be_charged_is_refused(
    till: Till, customer: str | None, method: str | None, gateways: list[str], code: str
) -> None:
    till.buyer("bob", "spent")
    (spent,) = till.cards("bob")
    till.remove(spent.id)
    sale = till.sale(1_000, **({"customer_id": customer} if customer else {}))
    refused(code, "payment_method", till.charge, sale.id, method, gateways=gateways)
    assert till.rows(payments) == []


def test_a_method_that_its_gateway_gave_up_is_not_charged_again(till: Till) -> None:
    sale = till.sale(1_000, customer_id="ann")
    begun = till.charge(sale.id).payment
    till.resolve(begun, "FAILED", error="expired", is_method_spent=True)
    refused("PAYMENT_METHOD_NOT_FOUND", "payment_method", till.charge, sale.id)
    newer = till.card("ann", "newer")
    assert till.charge(sale.id).payment.payment_method_id == newer.id
