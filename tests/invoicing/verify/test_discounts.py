"""Verifying finds discounts that were not given and invoices below zero, planted in the tables directly."""

from __future__ import annotations

import pytest

from invoicing.access import Principal
from invoicing.orders import returns
from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.storage.database import Database
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.factories import item
from tests.support.own_line_discounts import (
    invoice_in_the_buyers_favour,
    order_with_discount,
    sale_with_discount,
)
from tests.support.planted_faults import has_finding, plant, unprotected
from tests.support.till import Till


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    """Order 1: `a` is invoiced and returned, of `b` a part is shipped and invoiced; a discount of 100."""
    till = Till(database, principal)
    given = [
        item(id="a", unit_price=1_000),
        item(id="b", unit_price=500, quantity=2, discount=10),
        item(id="off", type="DISCOUNT", unit_price=-100),
    ]
    factories.order(database, principal, id="o", items=given)
    till.write(returns.undo_items, Action.CANCEL, "o", [Contra("b", 1)])
    till.invoice("a", "b", id="sale")
    till.write(returns.undo_items, Action.CANCEL, "o", [Contra("a", None, "a-back")])
    return till


def test_discounts_that_were_given_have_no_findings(till: Till) -> None:
    assert till.is_right()


@pytest.mark.parametrize(
    ("change", "subject", "says"),
    [
        (
            "UPDATE order_items SET allocated_discount = 0, discount = 60 WHERE id = 'a'",
            "order 1",
            "discounts come to 100, the shares to 50",
        ),
        (
            "UPDATE order_items SET unit_price = 2 * unit_price, subtotal = 2 * subtotal WHERE id = 'off'",
            "order 1",
            "discounts come to 200, the shares to 100",
        ),
        ("DELETE FROM order_items WHERE id = 'off'", "order 1", "discounts come to 0, the shares to 100"),
        ("UPDATE order_items SET allocated_discount = 1 WHERE id = 'off'", "off", "no share"),
        ("UPDATE order_items SET allocated_discount = -1 WHERE id = 'b'", "b", "-1 of the order's discounts"),
        ("UPDATE order_items SET allocated_discount = 501 WHERE id = 'b'", "b", "no share"),
        (
            "UPDATE order_items SET allocated_discount = 0 WHERE id = 'a-back'",
            "a-back",
            "Its share is 0, that of the item it undoes 50",
        ),
        (
            "UPDATE invoice_lines SET discount = 5 WHERE order_item_id = 'b'",
            "INV-2025-00001",
            "has a discount of 5, its items of 30",
        ),
    ],
)
def test_a_discount_that_was_not_given_is_found(till: Till, change: str, subject: str, says: str) -> None:
    findings = plant(unprotected(till.database), change)
    assert has_finding(findings, subject, "discounts", says), findings


def test_a_discount_that_was_not_shared_out_in_proportion_is_found(till: Till) -> None:
    given = [
        item(id="c", unit_price=100_000),
        item(id="d", unit_price=10_000),
        item(id="rebate", type="DISCOUNT", unit_price=-22_000),
    ]
    factories.order(till.database, till.principal, id="p", items=given)
    assert till.is_right()
    shifted = "UPDATE order_items SET allocated_discount = CASE id WHEN 'c' THEN 21995 ELSE 5 END"
    findings = plant(unprotected(till.database), f"{shifted} WHERE id IN ('c', 'd')")
    says = "Its share is 5; in proportion to others of its rate it is about 2000."
    assert has_finding(findings, "d", "discounts", says), findings


def test_an_invoice_below_zero_is_found(till: Till) -> None:
    findings = plant(unprotected(till.database), "UPDATE invoices SET total = -1 WHERE id = 'sale'")
    assert has_finding(findings, "INV-2025-00001", "total", "-1: an invoice never asks for less than nothing")


def test_a_discount_of_before_on_a_line_of_its_own_is_right(database: Database, principal: Principal) -> None:
    till = Till(database, principal)
    sale_with_discount(till, item(id="mug"), off=200)
    till.credit(till.sale(500, id="other"))
    assert database.read(verify).findings == []


def test_an_invoice_of_such_a_discount_alone_is_right(database: Database, principal: Principal) -> None:
    till = Till(database, principal)
    order_with_discount(till, item(id="mug"), off=200)
    assert invoice_in_the_buyers_favour(till).total == -200
    assert database.read(verify).findings == []
