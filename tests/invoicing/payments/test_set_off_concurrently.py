"""What is owed is set off and paid back at once: it is given once."""

from __future__ import annotations

from typing import Any

import pytest

from invoicing.access import Principal
from invoicing.errors import InvoicingError
from invoicing.storage.database import Database
from invoicing.storage.tables import payments
from tests.invoicing.invoices.test_from_orders_concurrently import at_once
from tests.support import factories
from tests.support.till import Till

CALLERS = 24


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    """Ann has two open invoices, `b` and `c`."""
    factories.customer(database, principal, id="ann")
    till = Till(database, principal)
    for id in ("b", "c"):
        till.sale(1_000, id=id, customer_id="ann")
    return till


def test_a_credit_is_given_once_whoever_asks_for_it(till: Till) -> None:
    sale = till.sale(1_000, id="a", customer_id="ann")
    paid = till.pay(1_000, invoice_id="a")
    credit = till.credit(sale)

    def act(caller: int) -> Any:
        if caller % 3 == 2:
            return till.refund(paid, 100)
        return till.apply(credit.id, "bc"[caller % 3], 100)

    told = at_once(act, CALLERS)
    refused = {one.code for one in told if isinstance(one, InvoicingError)}
    assert refused <= {"NOTHING_OWED", "REFUND_TOO_HIGH"}
    assert len([one for one in told if not isinstance(one, InvoicingError)]) == 10
    back = [each for each in till.rows(payments) if each.type == "REFUND"]
    assert (till.outstanding(credit.id), sum(each.amount for each in back)) == ([0], 1_000)
    assert till.is_right()


def test_two_invoices_that_were_overpaid_pay_a_third_only_once(till: Till) -> None:
    for id in ("x", "y"):
        till.sale(100, id=id, customer_id="ann")
        till.pay(900, invoice_id=id)

    def act(caller: int) -> Any:
        if caller % 4 == 3:
            return till.settle("b", key=f"settle-{caller}")
        return till.apply("xy"[caller % 2], "b")

    told = at_once(act, CALLERS)
    refused = {one.code for one in told if isinstance(one, InvoicingError)}
    assert refused <= {"NOTHING_OWED", "ALREADY_SETTLED"}
    assert till.seen("b") == ("SETTLED", "PAID", 0)
    assert till.is_right()


def test_the_same_request_at_once_moves_money_once(till: Till) -> None:
    till.sale(100, id="x", customer_id="ann")
    till.pay(900, invoice_id="x")
    told = at_once(lambda _: till.apply("x", "b", 300, key="k"), CALLERS)
    assert len({each.id for each in told}) == 1
    assert till.outstanding("x", "b") == [-500, 700]
    assert till.is_right()
