"""Money goes back once, never more than came in, by hand or through the gateway that took it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from invoicing.access import Principal
from invoicing.errors import InvoicingError
from invoicing.payments import charges
from invoicing.payments import refunds as refunding
from invoicing.payments.charges import PATIENCE
from invoicing.storage.database import Database
from invoicing.storage.tables import payments
from tests.invoicing.invoices.test_from_orders_concurrently import at_once
from tests.invoicing.payments.test_manual import refused
from tests.support import factories
from tests.support.factories import NOW
from tests.support.till import CASH, Till


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    return Till(database, principal)


def refunds(till: Till) -> list[Any]:
    return [each for each in till.rows(payments) if each.type == "REFUND"]


def test_a_refund_by_hand_is_done_at_once(till: Till) -> None:
    paid = till.pay(1_000, invoice_id=till.sale(1_000).id)
    back = till.refund(paid, 400)
    assert (back.type, back.status, back.amount, back.method) == ("REFUND", "PAID", 400, "CASH")
    assert (back.refund_of, back.invoice_id, back.currency) == (paid.id, paid.invoice_id, "EUR")
    assert till.refund(paid).amount == 600
    assert till.seen("sale") == ("SETTLED", "REFUNDED", 1_000)
    assert till.is_right()


def test_no_more_goes_back_than_came_in(till: Till) -> None:
    paid = till.pay(1_000, invoice_id=till.sale(1_000).id)
    refused("REFUND_TOO_HIGH", "amount", till.refund, paid, 1_001)
    till.refund(paid, 999)
    refused("REFUND_TOO_HIGH", "amount", till.refund, paid, 2)
    till.refund(paid, 1)
    refused("REFUND_TOO_HIGH", "amount", till.refund, paid)
    assert till.is_right()


def test_of_twenty_refunds_at_once_none_is_too_much(till: Till) -> None:
    for id, paid in (
        ("o", till.pay(1_000, order_id=till.sale(900, id="o").frozen().orders[0].id)),
        ("i", till.pay(1_000, invoice_id=till.sale(900, id="i").id)),
    ):
        told = at_once(lambda _, paid=paid: till.refund(paid, 300), 20)  # type: ignore[misc]
        assert sum(not isinstance(one, InvoicingError) for one in told) == 3, id
        assert {one.code for one in told if isinstance(one, InvoicingError)} == {"REFUND_TOO_HIGH"}
    assert till.is_right()


def test_the_same_key_refunds_once(till: Till) -> None:
    paid = till.pay(1_000, invoice_id=till.sale(1_000).id)
    told = at_once(lambda _: till.refund(paid, 300, key="k"), 20)
    assert len({back.id for back in told}) == 1
    refused("IDEMPOTENCY_KEY_REUSED", "idempotency_key", till.refund, paid, 301, key="k")
    assert len(refunds(till)) == 1


def test_a_refusal_keeps_no_key(till: Till) -> None:
    till.buyer()
    begun = till.charge(till.sale(1_000, customer_id="ann").id).payment
    refused("NOT_REFUNDABLE", "payment_id", till.refund, begun, 300, key="k")
    paid = till.resolve(begun, "PAID")
    back = till.refund(paid, 300, key="k")
    assert till.refund(paid, 300, key="k") == back
    assert refunds(till) == [back]


def test_a_refund_through_the_gateway_counts_once_it_is_answered(till: Till) -> None:
    till.buyer()
    sale = till.sale(1_000, customer_id="ann")
    paid = till.resolve(till.charge(sale.id).payment, "PAID", reference="ch_1")
    credit = till.credit(sale, 400)
    begun = till.begin_refund(paid, 600)
    assert (begun.status, begun.method, begun.gateway) == ("PENDING", "sandbox", "sandbox")
    assert till.outstanding(sale.id, credit.id) == [0, -400]
    refused("REFUND_TOO_HIGH", "amount", till.begin_refund, paid, 401)
    assert till.is_right()
    till.resolve(begun, "PAID", reference="re_1")
    assert till.parts(begun) == {credit.id: 400, sale.id: 200}
    assert till.outstanding(sale.id, credit.id) == [200, 0]
    assert till.is_right()


def test_a_refund_that_failed_took_nothing_and_can_be_asked_for_again(till: Till) -> None:
    till.buyer()
    sale = till.sale(1_000, customer_id="ann")
    paid = till.resolve(till.charge(sale.id).payment, "PAID")
    till.resolve(till.begin_refund(paid), "FAILED", error="closed account")
    assert till.seen(sale.id) == ("SETTLED", "PAID", 0)
    assert till.begin_refund(paid).amount == 1_000
    assert till.is_right()


def test_whoever_asks_about_a_refund_knows_the_charge_that_it_is_of(till: Till) -> None:
    till.buyer()
    paid = till.resolve(till.charge(till.sale(1_000, customer_id="ann").id).payment, "PAID", reference="ch_1")
    begun = till.begin_refund(paid)
    (unanswered,) = till.database.write(
        charges.claim, most=10, now=NOW + PATIENCE, lease=timedelta(seconds=60)
    )
    assert (unanswered.begun.payment, unanswered.begun.charge) == (begun, "ch_1")


def test_only_a_payment_that_was_paid_is_refunded(till: Till) -> None:
    till.buyer()
    begun = till.charge(till.sale(1_000, customer_id="ann").id).payment
    refused("NOT_REFUNDABLE", "payment_id", till.refund, begun)
    till.resolve(begun, "FAILED")
    refused("NOT_REFUNDABLE", "payment_id", till.refund, begun)
    back = till.refund(till.settle("sale"), 100)
    refused("NOT_REFUNDABLE", "payment_id", till.refund, back)


def test_what_no_gateway_took_is_paid_back_by_hand(till: Till) -> None:
    paid = till.pay(1_000, invoice_id=till.sale(1_000).id)
    refused("VALIDATION_ERROR", "manual_transfer", till.begin_refund, paid)
    assert refunds(till) == []


def test_what_a_gateway_took_that_is_not_here_any_more_is_paid_back_by_hand(till: Till) -> None:
    till.buyer()
    paid = till.resolve(till.charge(till.sale(1_000, customer_id="ann").id).payment, "PAID")
    values = {"idempotency_key": "k"}
    with pytest.raises(InvoicingError, match="gateway"):
        till.write(refunding.begin_refund, paid.id, values, gateways=[])
    assert till.refund(paid).status == "PAID"
    assert till.is_right()


def test_another_accounts_payment_is_not_found(till: Till) -> None:
    paid = till.pay(1_000, invoice_id=till.sale(1_000).id)
    other = Till(till.database, factories.principal(till.database))
    refused("NOT_FOUND", "payment_id", other.refund, paid)
    refused("NOT_FOUND", "payment_id", other.resolve, paid, "FAILED")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -5}, "amount"),
        ({"comment": "x" * 1_001}, "comment"),
        ({"manual_transfer": {**CASH, "method": "x"}}, "manual_transfer.method"),
        (
            {"manual_transfer": {**CASH, "payment_date": NOW.date() + timedelta(days=1)}},
            "manual_transfer.payment_date",
        ),
    ],
)
def test_what_cannot_be_a_refund_is_refused(till: Till, values: dict[str, Any], field: str) -> None:
    paid = till.pay(1_000, invoice_id=till.sale(1_000).id)
    asked = {"idempotency_key": "k", "manual_transfer": CASH, **values}
    refused("VALIDATION_ERROR", field, till.write, refunding.begin_refund, paid.id, asked, gateways=[])
    assert refunds(till) == []


@pytest.mark.parametrize("on", ["invoice", "order"])
def test_what_an_order_has_left_pays_again_what_another_refund_opens(till: Till, on: str) -> None:
    """The invoice is of two orders; what was paid on one lies idle until the other money goes back."""
    till.buyer()
    (first,), (second,) = (till.order(id, 300, customer_id="ann") for id in ("o", "p"))
    shared = till.invoice(first, second, id="shared")
    if on == "invoice":
        other = till.pay(600, invoice_id=shared.id)
        till.pay(300, order_id="p")
    else:
        till.pay(300, order_id="p")
        other = till.pay(300, order_id="o")
        till.pay(300, order_id="o")
    assert till.seen("shared") == ("SETTLED", "PAID", 0)
    till.refund(other)
    assert till.left("p") + till.left("o") == ([0] if on == "invoice" else [0, 0, 0])
    assert till.outstanding("shared") == ([300] if on == "invoice" else [0])
    assert till.is_right()
