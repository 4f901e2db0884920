"""Money is spread over invoices so that nothing is created and nothing is lost."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from invoicing.ledger.distribution import Allocation, Available, OpenInvoice, spread, spread_payments

ORDERS = ("o", "p", "q")
amounts = st.integers(0, 10_000)
some_purses = st.lists(st.tuples(st.sampled_from(ORDERS), st.integers(-500, 10_000)), max_size=6).map(
    lambda given: [Available(f"payment-{place}", order, left) for place, (order, left) in enumerate(given)]
)
some_invoices = st.lists(
    st.tuples(st.integers(-500, 10_000), st.dictionaries(st.sampled_from(ORDERS), st.integers(-500, 10_000))),
    max_size=6,
).map(
    lambda given: [
        OpenInvoice(f"invoice-{place}", asked, shares) for place, (asked, shares) in enumerate(given)
    ]
)


def summed(parts: list[Allocation], by: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for part in parts:
        found[getattr(part, by)] += part.amount
    return found


@given(some_purses, some_invoices)
def test_nothing_is_created_and_nothing_is_lost(
    payments: list[Available], invoices: list[OpenInvoice]
) -> None:
    before, asked = deepcopy(payments), deepcopy(invoices)
    parts = spread_payments(payments, invoices)
    assert all(part.amount > 0 for part in parts)
    spent, got = summed(parts, "source"), summed(parts, "invoice_id")
    for was, payment in zip(before, payments, strict=True):
        assert was.left - payment.left == spent[payment.payment_id] <= max(was.left, 0)
    for wanted, invoice in zip(asked, invoices, strict=True):
        assert (
            wanted.outstanding - invoice.outstanding == got[invoice.invoice_id] <= max(wanted.outstanding, 0)
        )


@given(some_purses, some_invoices)
def test_an_order_pays_no_more_than_its_share(payments: list[Available], invoices: list[OpenInvoice]) -> None:
    shares = {invoice.invoice_id: dict(invoice.shares) for invoice in invoices}
    orders = {payment.payment_id: payment.order_id for payment in payments}
    paid: Counter[tuple[str, str]] = Counter()
    for part in spread_payments(payments, invoices):
        paid[part.invoice_id, orders[part.source]] += part.amount
    for (invoice_id, order_id), amount in paid.items():
        assert amount <= shares[invoice_id][order_id]


@given(some_purses, some_invoices)
def test_no_more_could_have_been_paid(payments: list[Available], invoices: list[OpenInvoice]) -> None:
    shares = {invoice.invoice_id: Counter(dict(invoice.shares)) for invoice in invoices}
    orders = {payment.payment_id: payment.order_id for payment in payments}
    for part in spread_payments(payments, invoices):
        shares[part.invoice_id][orders[part.source]] -= part.amount
    for invoice in invoices:
        for payment in payments:
            assert min(payment.left, invoice.outstanding, shares[invoice.invoice_id][payment.order_id]) <= 0


@given(st.integers(1, 10_000), st.lists(st.integers(0, 5_000), min_size=1, max_size=6))
def test_an_earlier_invoice_is_paid_before_a_later_one(left: int, asked: list[int]) -> None:
    invoices = [OpenInvoice(str(place), amount, {"o": amount}) for place, amount in enumerate(asked)]
    spread_payments([Available("payment", "o", left)], invoices)
    still = [invoice.outstanding for invoice in invoices]
    first_open = next((place for place, amount in enumerate(still) if amount), len(still))
    assert still[first_open + 1 :] == asked[first_open + 1 :]


@given(amounts, st.lists(st.tuples(st.uuids().map(str), st.integers(-500, 10_000)), max_size=6))
def test_what_is_spread_goes_where_there_is_room_in_order(amount: int, room: list[tuple[str, int]]) -> None:
    parts = spread("refund", amount, room)
    most = dict(room)
    assert sum(part.amount for part in parts) == min(amount, sum(max(each, 0) for _, each in room))
    assert all(0 < part.amount <= most[part.invoice_id] for part in parts)
    assert [part.invoice_id for part in parts] == [id for id, each in room if each > 0][: len(parts)]
    assert all(part.amount == most[part.invoice_id] for part in parts[:-1])


def test_one_cent_is_one_cent() -> None:
    assert spread_payments([Available("a", "o", 1)], [OpenInvoice("x", 2, {"o": 2})]) == [
        Allocation("a", "x", 1)
    ]
    assert spread("c", 1, [("x", 0), ("y", 1), ("z", 1)]) == [Allocation("c", "y", 1)]
