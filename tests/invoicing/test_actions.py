"""What an order's actions list is what the commands accept: no less, and no more."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import Connection

from invoicing import actions, issuing, orders, shipping
from invoicing.access import Principal
from invoicing.actions import Action, Block
from invoicing.database import Database
from invoicing.errors import InvoicingError, ItemAlreadyInvoiced, ItemAlreadyShipped, ItemNotShipped
from invoicing.tables import Order, OrderItem
from tests import factories
from tests.factories import item

REFUSALS: dict[Block, type[InvoicingError]] = {
    Block.ALREADY_INVOICED: ItemAlreadyInvoiced,
    Block.NOT_SHIPPED: ItemNotShipped,
    Block.ALREADY_SHIPPED: ItemAlreadyShipped,
}


class Undone(Exception):
    pass


def made(database: Database, principal: Principal, *, after_shipment: bool) -> tuple[Order, list[OrderItem]]:
    """An order with an item in every state that it allows."""
    given = [item(id=id) for id in ("open", "shipped", "invoiced", "both")]
    factories.order(database, principal, id="o", items=given, invoice_after_shipment=after_shipment)
    moment = {"shipped_at": factories.NOW}
    database.write(shipping.ship_items, principal, "o", [("both", None), ("shipped", None)], **moment)
    first = ["both"] if after_shipment else ["both", "invoiced"]
    database.write(issuing.invoice_items, principal, first, now=factories.NOW)
    order = database.read(orders.find_order, principal, "o")
    return order, list(database.read(orders.items_of, principal, "o"))


def attempted(database: Database, principal: Principal, action: Action, id: str, now: datetime) -> object:
    """What comes of the action when it is tried, and undone again."""

    def attempt(connection: Connection) -> None:
        if action is Action.INVOICE:
            issuing.invoice_items(connection, principal, [id], now=now)
        else:
            shipping.ship_items(connection, principal, "o", [(id, None)], shipped_at=now)
        raise Undone

    try:
        database.write(attempt)
    except (InvoicingError, Undone) as end:
        return type(end)
    return None


@pytest.mark.parametrize("after_shipment", [False, True])
@pytest.mark.parametrize("action", Action)
def test_each_item_is_listed_or_refused_for_the_reason_that_is_told(
    database: Database, principal: Principal, action: Action, after_shipment: bool, now: datetime
) -> None:
    order, items = made(database, principal, after_shipment=after_shipment)
    listed = {id for entry in actions.possible(order, items) if entry.action is action for id in entry.ids}
    told = {entry.id: entry.reason for entry in actions.blocked(order, items) if entry.action is action}
    assert listed | told.keys() == {row.id for row in items}
    assert not listed & told.keys()
    for row in items:
        expected = Undone if row.id in listed else REFUSALS[told[row.id]]
        assert attempted(database, principal, action, row.id, now) is expected


def test_an_item_is_listed_until_it_is_done(database: Database, principal: Principal) -> None:
    order, items = made(database, principal, after_shipment=False)
    assert actions.possible(order, items) == [
        actions.Possible(Action.INVOICE, ["open", "shipped"]),
        actions.Possible(Action.SHIP, ["open", "invoiced"]),
    ]
    assert [(entry.action, entry.id, entry.reason) for entry in actions.blocked(order, items)] == [
        (Action.INVOICE, "invoiced", Block.ALREADY_INVOICED),
        (Action.INVOICE, "both", Block.ALREADY_INVOICED),
        (Action.SHIP, "shipped", Block.ALREADY_SHIPPED),
        (Action.SHIP, "both", Block.ALREADY_SHIPPED),
    ]


def test_after_shipment_what_is_not_shipped_waits(database: Database, principal: Principal) -> None:
    order, items = made(database, principal, after_shipment=True)
    assert actions.possible(order, items)[0] == actions.Possible(Action.INVOICE, ["shipped"])
    reasons = {
        entry.id: entry.reason for entry in actions.blocked(order, items) if entry.action is Action.INVOICE
    }
    assert reasons == {
        "open": Block.NOT_SHIPPED,
        "invoiced": Block.NOT_SHIPPED,
        "both": Block.ALREADY_INVOICED,
    }


def test_an_action_that_is_open_to_nothing_has_no_entry(
    database: Database, principal: Principal, now: datetime
) -> None:
    order = factories.order(database, principal, invoice_after_shipment=True, items=[item(id="a")])

    def listed() -> list[Action]:
        return [
            entry.action
            for entry in actions.possible(order, database.read(orders.items_of, principal, order.id))
        ]

    def closed() -> bool:
        return actions.is_closed(database.read(orders.items_of, principal, order.id))

    assert (listed(), closed()) == ([Action.SHIP], False)
    database.write(shipping.ship_items, principal, order.id, [("a", None)], shipped_at=now)
    assert (listed(), closed()) == ([Action.INVOICE], False)
    database.write(issuing.invoice_items, principal, ["a"], now=now)
    assert (listed(), closed()) == ([], True)


@pytest.mark.parametrize("block", Block)
def test_every_reason_has_a_sentence(block: Block) -> None:
    assert block.message.endswith(".")
    assert len(block.message) > 20
