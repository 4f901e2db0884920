"""What is owed to a customer pays another of their invoices: once, never more than is owed or asked."""

from __future__ import annotations

from typing import Any

import pytest

from invoicing import errors
from invoicing.access import Principal
from invoicing.errors import InvoicingError
from invoicing.invoices import queries
from invoicing.invoices.queries import Issued
from invoicing.ledger import queries as ledger_queries
from invoicing.storage.database import Database
from invoicing.storage.tables import allocations, payments
from tests.support import factories
from tests.support.factories import order_line
from tests.support.planted_faults import plant, unprotected
from tests.support.till import Till
from tests.support.webhook_listener import deliveries, endpoint


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    """Ann has an open invoice `b` of 1500; `bob` is somebody else."""
    till = Till(database, principal)
    till.buyer("ann")
    till.buyer("bob")
    till.sale(1_500, id="b", customer_id="ann")
    return till


def credited(till: Till, amount: int | None = None, *, id: str = "a", **values: Any) -> str:
    """An invoice of 1000 that Ann has paid, and a credit of it that owes money; returns the credit's id."""
    sale = till.sale(1_000, id=id, **{"customer_id": "ann", **values})
    till.pay(1_000, invoice_id=id)
    return till.credit(sale, amount).id


def listed(till: Till, invoice_id: str) -> list[tuple[str, str, int, str | None]]:
    found = till.database.read(ledger_queries.payments_by_invoice, till.principal, [invoice_id])
    return [(each.type, each.method, each.amount, each.reference) for each in found.get(invoice_id, [])]


def read(till: Till, invoice_id: str) -> Issued:
    return till.database.read(queries.found_invoice, till.principal, invoice_id)


def test_a_credit_pays_as_much_as_possible_of_an_open_invoice(till: Till) -> None:
    credit = credited(till)
    assert till.apply(credit, "b").amount == 1_000
    assert till.seen(credit) == ("SETTLED", "REFUNDED", 0)
    assert till.seen("b") == ("PENDING", "PARTIALLY_PAID", 500)
    assert till.seen("a") == ("SETTLED", "PAID", 0)
    assert listed(till, credit) == [("REFUND", "SET_OFF", 1_000, read(till, "b").number)]
    assert listed(till, "b") == [("PAYMENT", "SET_OFF", 1_000, read(till, credit).number)]
    assert till.is_right()


def test_a_part_is_set_off_and_the_rest_later(till: Till) -> None:
    credit = credited(till, 700)
    till.apply(credit, "b", 300)
    assert (till.seen(credit), till.seen("b")) == (
        ("PENDING", "PARTIALLY_PAID", -400),
        ("PENDING", "PARTIALLY_PAID", 1_200),
    )
    till.apply(credit, "b")
    assert (till.outstanding(credit, "b"), till.seen(credit)[0]) == ([0, 800], "SETTLED")
    assert till.is_right()


def test_no_more_is_set_off_than_is_asked_and_the_invoice_is_settled(till: Till) -> None:
    till.pay(1_400, invoice_id="b")
    credit = credited(till)
    assert till.apply(credit, "b").amount == 100
    assert till.seen("b") == ("SETTLED", "PAID", 0)
    assert till.seen(credit) == ("PENDING", "PARTIALLY_PAID", -900)
    assert till.is_right()


def test_what_was_overpaid_pays_another_invoice(till: Till) -> None:
    till.sale(1_000, id="a", customer_id="ann")
    first, second = till.pay(1_300, invoice_id="a"), till.pay(900, invoice_id="a")
    assert till.apply("a", "b").amount == 1_200
    assert (till.seen("a"), till.outstanding("b")) == (("SETTLED", "PAID", 0), [300])
    back = [each for each in till.rows(payments) if each.type == "REFUND"]
    assert {each.refund_of: each.amount for each in back} == {second.id: 900, first.id: 300}
    assert till.is_right()


def test_what_was_set_off_is_not_paid_back_too(till: Till) -> None:
    sale = till.sale(1_000, id="a", customer_id="ann")
    paid = till.pay(1_000, invoice_id="a")
    credit = till.credit(sale, 600)
    till.apply(credit.id, "b", 500)
    with pytest.raises(errors.RefundTooHigh, match="500 of the payment"):
        till.refund(paid, 501)
    till.refund(paid, 100)
    assert till.seen(credit.id) == ("SETTLED", "REFUNDED", 0)
    with pytest.raises(errors.NothingOwed):
        till.apply(credit.id, "b")
    assert till.is_right()


def test_a_refund_under_way_is_not_set_off(till: Till) -> None:
    till.sale(1_000, id="a", customer_id="ann")
    paid = till.resolve(till.charge("a").payment, "PAID", reference="ch_1")
    credit = till.credit(read(till, "a"), 600)
    pending = till.begin_refund(paid, 400)
    with pytest.raises(errors.CreditTooHigh, match="200 can be set off"):
        till.apply(credit.id, "b", 600)
    assert till.apply(credit.id, "b").amount == 200
    till.resolve(pending, "PAID", reference="re_1")
    assert till.seen(credit.id) == ("SETTLED", "REFUNDED", 0)
    assert till.is_right()


def test_a_payment_on_an_order_is_where_the_money_came_from(till: Till) -> None:
    ids = till.order("o", 1_000, customer_id="ann")
    till.pay(1_000, order_id="o")
    sale = till.invoice(*ids, id="a")
    credit = till.credit(sale)
    till.apply(credit.id, "b")
    assert till.outstanding("a", credit.id, "b") == [0, 0, 500]
    assert till.left("o") == [0]
    assert till.is_right()


def test_what_was_set_off_can_be_credited_and_set_off_again(till: Till) -> None:
    till.apply(credited(till), "b")
    back = till.credit(read(till, "b"))
    till.sale(400, id="c", customer_id="ann")
    assert till.outstanding(back.id) == [-1_000]
    till.apply(back.id, "c")
    assert till.outstanding("b", back.id, "c") == [0, -600, 0]
    (moved,) = [each for each in till.rows(payments) if each.type == "PAYMENT" and each.invoice_id == "b"]
    assert till.refund(moved, 600).amount == 600
    assert till.outstanding(back.id) == [0]
    assert till.is_right()


def test_the_same_request_again_moves_nothing(till: Till) -> None:
    credit = credited(till)
    first = till.apply(credit, "b", 400, key="k")
    moved = till.rows(payments), till.rows(allocations)
    assert till.apply(credit, "b", 400, key="k").id == first.id
    assert (till.rows(payments), till.rows(allocations)) == moved
    with pytest.raises(errors.IdempotencyKeyReused):
        till.apply(credit, "b", 401, key="k")
    with pytest.raises(errors.IdempotencyKeyReused):
        till.pay(400, key="k", invoice_id="b")


def test_a_guests_invoices_are_set_off_within_their_order(till: Till) -> None:
    one, two = till.order("o", 1_000, 500)
    sale = till.invoice(one, id="a")
    till.invoice(two, id="c")
    till.pay(1_000, invoice_id="a")
    credit = till.credit(sale)
    till.apply(credit.id, "c")
    assert till.outstanding(credit.id, "c") == [-500, 0]
    till.sale(300, id="d")
    assert refused(till, credit.id, "d") == ("MIXED_CUSTOMERS", "to_invoice_id")
    assert till.is_right()


def refused(till: Till, *asked: Any) -> tuple[str, str | None]:
    moved = till.rows(payments), till.rows(allocations)
    with pytest.raises(InvoicingError) as refusal:
        till.apply(*asked)
    assert (till.rows(payments), till.rows(allocations)) == moved
    return refusal.value.code, refusal.value.field


def test_what_cannot_be_set_off_is_refused_with_its_field(till: Till) -> None:
    credit = credited(till)
    other = credited(till, id="of-bob", customer_id="bob")
    factories.one_time_invoice(
        till.database, till.principal, order_line(), customer_id="ann", currency="USD", handle="usd"
    )
    till.sale(200, id="charging", customer_id="ann")
    till.charge("charging")
    till.sale(200, id="settled", customer_id="ann")
    till.settle("settled")
    assert refused(till, other, "b") == ("MIXED_CUSTOMERS", "to_invoice_id")
    assert refused(till, credit, "usd") == ("MIXED_CURRENCIES", "to_invoice_id")
    assert refused(till, "b", "charging") == ("PAYMENT_UNDER_WAY", "to_invoice_id")
    assert refused(till, "settled", "b") == ("NOTHING_OWED", "invoice_id")
    assert refused(till, "b", "settled") == ("ALREADY_SETTLED", "to_invoice_id")
    assert refused(till, credit, credit) == ("VALIDATION_ERROR", "to_invoice_id")
    assert refused(till, "b", credit) == ("NOT_PAYABLE", "to_invoice_id")
    assert refused(till, "nowhere", "b") == ("NOT_FOUND", "invoice_id")
    assert refused(till, credit, "nowhere") == ("NOT_FOUND", "to_invoice_id")
    assert refused(till, credit, "b", 0) == ("VALIDATION_ERROR", "amount")
    assert refused(till, credit, "b", 1_001) == ("CREDIT_TOO_HIGH", "amount")
    assert refused(till, credit, "b", 2_000) == ("CREDIT_TOO_HIGH", "amount")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            "UPDATE payments SET amount = amount + 1 WHERE type = 'PAYMENT' AND method = 'SET_OFF'",
            "1000 was set off",
        ),
        ("DELETE FROM payments WHERE type = 'PAYMENT' AND method = 'SET_OFF'", "pays nothing"),
        ("UPDATE invoices SET customer_id = 'bob' WHERE id = 'b'", "another customer"),
    ],
)
def test_a_wrong_set_off_is_found_in_the_books(till: Till, change: str, says: str) -> None:
    till.apply(credited(till), "b")
    findings = plant(unprotected(till.database), change)
    assert [each for each in findings if each.kind == "set-off" and says in each.detail]


def test_webhooks_are_told_of_it_as_of_money(till: Till) -> None:
    endpoint(till.database, till.principal)
    credit = credited(till)
    till.pay(500, invoice_id="b")
    before = len(deliveries(till.database, till.principal))
    till.apply(credit, "b")
    told = deliveries(till.database, till.principal)[before:]
    assert sorted(each.event for each in told) == ["invoice.settled", "invoice.settled", "payment.refunded"]
