"""What a client does with orders: it makes them, asks what can be done with one, and does some of it."""

from __future__ import annotations

from typing import Any

from tools.siege import calls
from tools.siege.calls import Call
from tools.siege.history import NEWEST, History


async def new_order(history: History) -> None:
    id = history.client.new_id("o")
    items = [
        {
            "id": f"{id}-{at}",
            "name": "Mug",
            "quantity": history.random.randint(1, 5),
            "unit_price": history.random.randint(100, 5_000),
            "vat_rate": history.random.choice((21, 9)),
        }
        for at in range(history.random.randint(1, 4))
    ]
    if history.random.random() < 0.3:
        items.append(
            {"id": f"{id}-s", "type": "SHIPPING", "name": "Parcel", "quantity": 1, "unit_price": 495}
        )
    given = {
        "id": id,
        "number": id,
        "customer_id": history.random.choice(history.customers[-NEWEST:]),
        "invoice_after_shipment": history.random.random() < 0.3,
        "items": items,
        "idempotency_key": id,
    }
    await history.client.ask(Call("createOrder", given))
    history.orders.append(id)


async def change_order(history: History) -> None:
    """Something that the order says can be done with it."""
    if not history.orders:
        return
    id = history.random.choice(history.orders[-NEWEST:])
    order = await history.client.ask(Call("order", query=calls.ORDER, variables={"id": id}))
    if not order["actions"]:
        history.orders.remove(id)
        return
    chosen = history.random.choice(order["actions"])
    ids = history.random.sample(chosen["ids"], history.random.randint(1, len(chosen["ids"])))
    if chosen["action"] == "INVOICE":
        await _invoice(history, order, ids)
    elif chosen["action"] in ("CANCEL", "RETURN"):
        await _undo(history, order, chosen["action"], ids)
    else:
        await _handle(history, id, chosen["action"], ids)


async def _invoice(history: History, order: Any, ids: list[str]) -> None:
    contras = {item["id"] for item in order["items"] if item["contra_of"]}
    alike = [id for id in ids if (id in contras) == (ids[0] in contras)]
    new = history.client.new_id("i")
    if history.random.random() < 0.2:
        await _invoice_by_rest(history, order["id"])
        return
    if history.random.random() < 0.4:
        call = Call("invoiceOrder", {"order_id": order["id"], "invoice_id": new})
    else:
        call = Call("invoiceItems", {"items": alike, "invoice_id": new}, refusals=("NEGATIVE_TOTAL",))
    history.keep_invoice(await history.client.ask(call))


async def _invoice_by_rest(history: History, order_id: str) -> None:
    """It takes no key: when it is refused after a lost answer, the order tells what was made."""
    call = Call("POST /invoices", {"orderId": order_id}, path="/invoices", done=("NOTHING_TO_INVOICE",))
    made = await history.client.ask(call)
    if made is not None:
        history.invoices.append(made["invoice"]["id"])
        return
    order = await history.client.ask(Call("order", query=calls.ORDER, variables={"id": order_id}))
    history.invoices.append(order["invoices"][-1]["id"])


async def _undo(history: History, order: Any, action: str, ids: list[str]) -> None:
    """Of what was invoiced, perhaps a part: its contra item has an id of the client's own."""
    quantities = {item["id"]: item["quantity"] for item in order["items"] if item["invoice"]}
    items = []
    for id in ids:
        part = history.random.choice((None, 1)) if quantities.get(id, 1) > 1 else None
        items.append({"item_id": id, "quantity": part, "contra_item_id": history.client.new_id("x")})
    name, done = {
        "CANCEL": ("cancelOrderItems", ("ITEM_CANCELLED", "DUPLICATE_ID")),
        "RETURN": ("returnOrderItems", ("ITEM_RETURNED", "DUPLICATE_ID")),
    }[action]
    await history.client.ask(Call(name, {"order_id": order["id"], "items": items}, done=done))


async def _handle(history: History, order_id: str, action: str, ids: list[str]) -> None:
    if action == "SHIP":
        parcels = [{"item_id": id} for id in ids]
        shipped = Call(
            "shipOrderItems", {"order_id": order_id, "items": parcels}, done=("ITEM_ALREADY_SHIPPED",)
        )
        await history.client.ask(shipped)
        return
    name = {
        "HANDLE_RECEIPT": "receiveOrderItems",
        "HANDLE_APPROVAL": "approveOrderItems",
        "HANDLE_FINISH": "finishOrderItems",
    }[action]
    given = {"order_id": order_id, "items": ids}
    await history.client.ask(Call(name, given, done=("ITEM_ALREADY_HANDLED",)))
