"""Payments, invoices, credits and refunds at once: nobody waits for ever, and no cent is given twice."""

from __future__ import annotations

import random
from typing import Any

import pytest

from invoicing.access import Principal
from invoicing.errors import InvoicingError
from invoicing.ledger import balances
from invoicing.storage.database import Database
from invoicing.storage.tables import invoices, payments
from tests.invoicing.invoices.test_from_orders_concurrently import at_once
from tests.support import factories
from tests.support.till import Till

CALLERS = 24


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    factories.customer(database, principal, id="ann")
    return Till(database, principal)


def open_of(till: Till) -> list[int]:
    """What each invoice asks, in order of issue."""
    ids = [row.id for row in till.rows(invoices)]
    found = till.database.read(balances.balances_of, till.principal.account_id, ids)
    return [each.money.outstanding for each in found.values()]


def test_an_order_is_paid_while_it_is_invoiced(till: Till) -> None:
    items = till.order("o", *[1_000] * 12)

    def act(caller: int) -> Any:
        if caller % 2:
            return till.invoice(items[caller // 2])
        return till.pay(700, order_id="o")

    assert not [one for one in at_once(act, CALLERS) if isinstance(one, InvoicingError)]
    assert open_of(till) == [0] * 8 + [600] + [1_000] * 3
    assert sum(till.left("o")) == 0
    assert till.is_right()


def test_two_orders_are_paid_while_they_are_invoiced_together(till: Till) -> None:
    """One of them in the order of its items, the other against it."""
    pairs = list(
        zip(
            till.order("p", *[1_000] * 6, customer_id="ann"),
            till.order("q", *[500] * 6, customer_id="ann"),
            strict=True,
        )
    )

    def act(caller: int) -> Any:
        if caller % 2:
            pair = pairs[caller // 2 % 6]
            return till.invoice(*(pair if caller % 4 == 1 else pair[::-1]))
        return till.pay(500, order_id="pq"[caller % 4 // 2])

    told = at_once(act, CALLERS)
    refused = {one.code for one in told if isinstance(one, InvoicingError)}
    assert refused <= {"ITEM_ALREADY_INVOICED"}
    assert sum(open_of(till)) == 6 * 1_500 - 12 * 500
    assert (sum(till.left("p")), sum(till.left("q"))) == (0, 0)
    assert till.is_right()


def test_whatever_moves_money_at_once_nobody_waits_for_ever(till: Till) -> None:
    till.buyer("bob")
    orders = {
        id: till.order(id, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, customer_id="bob") for id in ("p", "q")
    }
    sales = [till.invoice(orders["p"][place], orders["q"][place]) for place in range(3)]
    paid = [till.pay(1_500, order_id=id) for id in ("p", "q")]
    paid += [till.pay(400, invoice_id=sale.id) for sale in sales]
    dice = random.Random(7)
    moves: list[Any] = [
        *(lambda place=place: till.invoice(orders["p"][place], orders["q"][place]) for place in (3, 4, 5)),
        *(lambda id=id, n=n: till.cancel(id, orders[id][n]) for id in ("p", "q") for n in range(3)),
        *(lambda sale=sale: till.credit(sale, 100) for sale in sales for _ in range(3)),
        *(lambda one=one: till.refund(one, 300) for one in paid for _ in range(5)),
        *(lambda id=id: till.pay(350, order_id=id) for id in ("p", "q") for _ in range(5)),
        *(lambda sale=sale: till.pay(100, invoice_id=sale.id) for sale in sales for _ in range(2)),
        *(lambda sale=sale: till.settle(sale.id) for sale in sales for _ in range(2)),
    ]
    dice.shuffle(moves)
    told = at_once(lambda caller: moves[caller](), len(moves))
    refused = {one.code for one in told if isinstance(one, InvoicingError)}
    assert refused <= {"REFUND_TOO_HIGH", "ALREADY_SETTLED", "CREDIT_TOO_HIGH", "ITEM_ALREADY_INVOICED"}
    for one in paid:
        back = sum(each.amount for each in till.rows(payments) if each.refund_of == one.id)
        assert back <= one.amount
    assert till.is_right()


def test_a_credit_and_a_refund_at_once_come_to_the_same_in_either_order(till: Till) -> None:
    sales = [till.sale(1_000, id=f"s{place}") for place in range(12)]
    paid = [till.pay(1_000, order_id=f"o-s{place}") for place in range(12)]

    def act(caller: int) -> Any:
        place = caller // 2
        return till.credit(sales[place]) if caller % 2 else till.refund(paid[place])

    told = at_once(act, CALLERS)
    assert not [one for one in told if isinstance(one, InvoicingError)]
    assert open_of(till) == [0] * CALLERS
    assert {row.state for row in till.rows(invoices)} == {"SETTLED"}
    assert till.is_right()
