"""What is in books of before a discount belonged to its goods: discounts that were invoiced on their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, update

from invoicing.invoices.covered import find_orders_and_items
from invoicing.invoices.draft import Draft, draft
from invoicing.invoices.issue import issue
from invoicing.invoices.queries import Issued
from invoicing.invoices.values import BY_DEFAULT
from invoicing.storage.tables import order_items
from invoicing.vat.breakdown import vat_breakdown
from tests.support import factories
from tests.support.factories import NOW, item
from tests.support.till import Till

_SUMS = ("subtotal", "total", "total_ex_vat", "total_vat")
_NEGATED = ("unit_price", "subtotal", "total", "total_ex_vat", "vat_amount")


def order_with_discount(till: Till, *items: dict[str, Any], id: str = "o", off: int, **values: Any) -> None:
    """An order with an item `off` as DISCOUNTs were: with a price below zero and no shares of it."""
    given = [*items, item(id="off", type="FEE", unit_price=0)]
    factories.order(till.database, till.principal, id=id, items=given, **values)
    change(till, "off", unit_price=-off, subtotal=-off)


def sale_with_discount(
    till: Till, *items: dict[str, Any], off: int, sale: str = "sale", **values: Any
) -> Issued:
    """An invoice of such an order, the discount on a line of its own."""
    order_with_discount(till, *items, off=off, **values)
    issued = till.invoice(*[each["id"] for each in items], "off", id=sale)
    change(till, "off", type="DISCOUNT")
    return issued


def invoice_in_the_buyers_favour(till: Till, order_id: str = "o") -> Issued:
    """The invoice of the discount alone, which comes to less than zero: it is no longer issued."""

    def write(connection: Connection) -> Issued:
        covered, items = find_orders_and_items(connection, till.principal, ["off"], lock=True)
        plan = draft(connection, till.principal, covered, items, terms=BY_DEFAULT, now=NOW)
        return issue(connection, till.principal, _negated(plan), "favour", now=NOW)

    (off,) = [row for row in till.rows(order_items) if row.id == "off" and row.order_id == order_id]
    change(till, "off", unit_price=-off.unit_price, subtotal=-off.subtotal)
    issued: Issued = till.database.write(write)
    change(till, "off", unit_price=off.unit_price, subtotal=off.subtotal, type="DISCOUNT")
    return issued


def change(till: Till, item_id: str, **values: Any) -> None:
    """Changes an item's row behind the server's back."""
    mine = order_items.c.account_id == till.principal.account_id
    statement = update(order_items).where(mine, order_items.c.id == item_id).values(**values)
    till.database.write(lambda connection: connection.execute(statement))


def _negated(plan: Draft) -> Draft:
    paper = plan.snapshot
    lines = tuple(replace(line, **{name: -getattr(line, name) for name in _NEGATED}) for line in paper.lines)
    sums: dict[str, Any] = {name: -getattr(paper, name) for name in _SUMS}
    sums["vat_in_tax_currency"] = None  # as it was before
    return replace(plan, snapshot=replace(paper, lines=lines, vat=vat_breakdown(lines), **sums))
