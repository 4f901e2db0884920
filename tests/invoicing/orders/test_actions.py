"""What an order's actions list is what the commands accept: no less, and no more."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import Connection

from invoicing.access import Principal
from invoicing.errors import InvoicingError
from invoicing.invoices import from_orders
from invoicing.orders import actions, intake, returns, shipping
from invoicing.orders.actions import Action, Block
from invoicing.orders.lawful import Parties
from invoicing.orders.returns import Contra
from invoicing.storage.database import Database
from invoicing.storage.tables import Order, OrderItem
from tests.support import factories
from tests.support.factories import NOW, item

CODES: dict[Block, str] = {
    Block.APPLIED: "ITEM_APPLIED",
    Block.ALREADY_INVOICED: "ITEM_ALREADY_INVOICED",
    Block.NOT_SHIPPED: "ITEM_NOT_SHIPPED",
    Block.ALREADY_SHIPPED: "ITEM_ALREADY_SHIPPED",
    Block.CANCELLED: "ITEM_CANCELLED",
    Block.RETURNED: "ITEM_RETURNED",
    Block.NOT_INVOICED: "ITEM_NOT_UNDONE",
    Block.NOT_RECEIVED: "ITEM_NOT_RECEIVED",
    Block.NOT_APPROVED: "ITEM_NOT_APPROVED",
    Block.NOT_FINISHED: "ITEM_NOT_FINISHED",
    Block.ALREADY_HANDLED: "ITEM_ALREADY_HANDLED",
    Block.SELLER_INCOMPLETE: "SELLER_INCOMPLETE",
    Block.VAT_TREATMENT_NOT_ALLOWED: "VAT_TREATMENT_NOT_ALLOWED",
}
Looked = tuple[Order, list[OrderItem], Parties]
STEPS = (Action.HANDLE_RECEIPT, Action.HANDLE_APPROVAL, Action.HANDLE_FINISH)
DONE = "DONE"


class Undone(Exception):
    pass


def made(database: Database, principal: Principal, *, after_shipment: bool) -> Looked:
    """An order with an item in every state that it allows before anything is undone."""
    given = [item(id=id) for id in ("open", "shipped", "invoiced", "both")]
    factories.order(database, principal, id="o", items=given, invoice_after_shipment=after_shipment)
    database.write(shipping.ship_items, principal, "o", [("both", None), ("shipped", None)], shipped_at=NOW)
    first = ["both"] if after_shipment else ["both", "invoiced"]
    database.write(from_orders.invoice_items, principal, first, now=NOW)
    return looked(database, principal)


def looked(database: Database, principal: Principal) -> Looked:
    order = database.read(intake.find_order, principal, "o")
    items = list(database.read(intake.items_of, principal, "o"))
    return order, items, factories.parties(database, principal, order)


def undone(database: Database, *, guided: bool) -> Principal:
    """An account whose order has items that were undone, before and after their invoice, at every step."""
    who = factories.principal(database, contra_flow="GUIDED" if guided else "DIRECT")
    sold = [f"returned-{step}" for step in range(5)]
    given = [item(id=id) for id in (*sold, "cancelled-sold", "cancelled", "returned", "open")]
    factories.order(database, who, id="o", items=given)
    database.write(shipping.ship_items, who, "o", [(id, None) for id in (*sold, "returned")], shipped_at=NOW)
    database.write(from_orders.invoice_items, who, [*sold, "cancelled-sold"], now=NOW)
    for action, ids in (
        (Action.CANCEL, ["cancelled-sold", "cancelled"]),
        (Action.RETURN, [*sold, "returned"]),
    ):
        contras = [Contra(id, contra_item_id=f"contra-{id}") for id in ids]
        database.write(returns.undo_items, who, action, "o", contras, now=NOW)
    for place, step in enumerate(STEPS if guided else (), 1):
        ids = [f"contra-returned-{number}" for number in range(place, 5)]
        database.write(returns.handle_items, who, step, "o", ids, now=NOW)
    database.write(from_orders.invoice_items, who, ["contra-returned-4"], now=NOW)
    return who


def attempted(database: Database, principal: Principal, action: Action, id: str, now: datetime) -> str:
    """What comes of the action when it is tried, and undone again."""

    def attempt(connection: Connection) -> None:
        if action is Action.INVOICE:
            from_orders.invoice_items(connection, principal, [id], now=now)
        elif action is Action.SHIP:
            shipping.ship_items(connection, principal, "o", [(id, None)], shipped_at=now)
        elif action in STEPS:
            returns.handle_items(connection, principal, action, "o", [id], now=now)
        else:
            returns.undo_items(connection, principal, action, "o", [Contra(id)], now=now)
        raise Undone

    try:
        database.write(attempt)
    except InvoicingError as refusal:
        return refusal.code
    except Undone:
        return DONE
    return "NOTHING"


def silent(action: Action, row: OrderItem) -> str:
    """What is refused without a word in `blocked`: what no item of its kind ever waits for."""
    if action in STEPS:
        assert row.contra_of is None
        return "ITEM_NOT_UNDONE"
    assert row.contra_of is not None
    return f"ITEM_{row.undone_as}"


def agrees(database: Database, principal: Principal, action: Action, now: datetime) -> None:
    order, items, parties = looked(database, principal)
    listed = {
        id
        for entry in actions.ItemActions(order, items, parties).possible()
        if entry.action is action
        for id in entry.ids
    }
    told = {
        entry.id: entry.reason
        for entry in actions.ItemActions(order, items, parties).blocked()
        if entry.action is action
    }
    assert not listed & told.keys()
    for row in items:
        expected = (
            DONE if row.id in listed else CODES[told[row.id]] if row.id in told else silent(action, row)
        )
        assert attempted(database, principal, action, row.id, now) == expected, row.id


@pytest.mark.parametrize("after_shipment", [False, True])
@pytest.mark.parametrize("action", Action)
def test_each_item_is_listed_or_refused_for_the_reason_that_is_told(
    database: Database, principal: Principal, action: Action, after_shipment: bool, now: datetime
) -> None:
    made(database, principal, after_shipment=after_shipment)
    agrees(database, principal, action, now)


@pytest.mark.parametrize("guided", [False, True])
def test_what_was_undone_is_listed_or_refused_for_the_reason_that_is_told(
    database: Database, guided: bool, now: datetime
) -> None:
    principal = undone(database, guided=guided)
    for action in Action:
        agrees(database, principal, action, now)


def test_each_step_has_the_items_that_wait_for_it(database: Database) -> None:
    order, items, parties = looked(database, undone(database, guided=True))
    listed = {
        entry.action.value: entry.ids for entry in actions.ItemActions(order, items, parties).possible()
    }
    assert listed == {
        "INVOICE": ["contra-returned-3", "open"],
        "SHIP": ["open"],
        "CANCEL": ["open"],
        "HANDLE_RECEIPT": ["contra-returned-0"],
        "HANDLE_APPROVAL": ["contra-returned-1", "contra-cancelled-sold"],
        "HANDLE_FINISH": ["contra-returned-2"],
    }
    reasons = {
        entry.id: entry.reason
        for entry in actions.ItemActions(order, items, parties).blocked()
        if entry.action == "INVOICE"
    }
    assert reasons["contra-returned-2"] is Block.NOT_FINISHED
    assert reasons["contra-returned-4"] is Block.ALREADY_INVOICED
    assert (reasons["cancelled"], reasons["returned"]) == (Block.CANCELLED, Block.RETURNED)


def test_an_item_is_listed_until_it_is_done(database: Database, principal: Principal) -> None:
    order, items, parties = made(database, principal, after_shipment=False)
    assert actions.ItemActions(order, items, parties).possible() == [
        actions.Possible(Action.INVOICE, ["open", "shipped"]),
        actions.Possible(Action.SHIP, ["open", "invoiced"]),
        actions.Possible(Action.CANCEL, ["open", "invoiced"]),
        actions.Possible(Action.RETURN, ["shipped", "both"]),
    ]
    assert [
        (entry.action, entry.id, entry.reason)
        for entry in actions.ItemActions(order, items, parties).blocked()
    ] == [
        (Action.INVOICE, "invoiced", Block.ALREADY_INVOICED),
        (Action.INVOICE, "both", Block.ALREADY_INVOICED),
        (Action.SHIP, "shipped", Block.ALREADY_SHIPPED),
        (Action.SHIP, "both", Block.ALREADY_SHIPPED),
        (Action.CANCEL, "shipped", Block.ALREADY_SHIPPED),
        (Action.CANCEL, "both", Block.ALREADY_SHIPPED),
        (Action.RETURN, "open", Block.NOT_SHIPPED),
        (Action.RETURN, "invoiced", Block.NOT_SHIPPED),
    ]


def test_after_shipment_what_is_not_shipped_waits(database: Database, principal: Principal) -> None:
    order, items, parties = made(database, principal, after_shipment=True)
    assert actions.ItemActions(order, items, parties).possible()[0] == actions.Possible(
        Action.INVOICE, ["shipped"]
    )
    reasons = {
        entry.id: entry.reason
        for entry in actions.ItemActions(order, items, parties).blocked()
        if entry.action is Action.INVOICE
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

    parties = factories.parties(database, principal, order)

    def listed() -> list[Action]:
        items = database.read(intake.items_of, principal, order.id)
        return [entry.action for entry in actions.ItemActions(order, items, parties).possible()]

    def closed() -> bool:
        return actions.is_done(database.read(intake.items_of, principal, order.id))

    assert (listed(), closed()) == ([Action.SHIP, Action.CANCEL], False)
    database.write(shipping.ship_items, principal, order.id, [("a", None)], shipped_at=now)
    assert (listed(), closed()) == ([Action.INVOICE, Action.RETURN], False)
    database.write(from_orders.invoice_items, principal, ["a"], now=now)
    assert (listed(), closed()) == ([Action.RETURN], True)
    (contra,) = database.write(
        returns.undo_items, principal, Action.RETURN, order.id, [Contra("a")], now=now
    )[1]
    assert (listed(), closed()) == ([Action.INVOICE], False)
    database.write(from_orders.invoice_items, principal, [contra.id], now=now)
    assert (listed(), closed()) == ([], True)


@pytest.mark.parametrize("block", Block)
def test_every_reason_has_a_sentence_and_a_refusal(block: Block) -> None:
    assert block.message.endswith(".")
    assert len(block.message) > 20
    assert block.refusal.code == CODES[block]
