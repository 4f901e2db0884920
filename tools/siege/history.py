"""What a client does, at random: it asks what can be done with an order, and does some of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tools.siege import calls
from tools.siege.calls import Call
from tools.siege.client import Client, Wrong

NEWEST = 8
"""A client goes on with so many of its newest orders, invoices and payments."""
ADDRESS = {
    "organisation": "Mug & Co",
    "address_line_1": "Keizersgracht 1",
    "postal_code": "1015 CJ",
    "locality": "Amsterdam",
    "country_code": "NL",
}
EVENTS = ["INVOICE_CREATED", "INVOICE_SETTLED", "INVOICE_CREDITED", "PAYMENT_REFUNDED"]
CARDS = ("approve", "approve", "decline", "late", "fail-after", "approve-refund-late")
HANGS = ("hang",)
_MONEY_REFUSED: tuple[str, ...] = (
    "NOTHING_OWED",
    "ALREADY_SETTLED",
    "NOT_PAYABLE",
    "PAYMENT_UNDER_WAY",
    "NOT_REFUNDABLE",
)
_MONEY_REFUSED += ("REFUND_TOO_HIGH", "NOT_SETTLED", "PAYMENT_METHOD_REQUIRED", "PAYMENT_METHOD_NOT_FOUND")


class History:
    def __init__(self, client: Client, *, hook: str, hangs: bool) -> None:
        """`hook` is where webhooks are to go; `hangs` lets some charges hang at the gateway."""
        self._client, self._random = client, client.random
        self._hook, self._hangs = hook, hangs
        self._customers: list[str] = []
        self._orders: list[str] = []
        self._invoices: list[str] = []
        self._payments: list[str] = []
        self._sessions: list[str] = []
        self._endpoint: str | None = None

    async def run(self, until: asyncio.Event) -> None:
        names = list(MOVES)
        with contextlib.suppress(Wrong):
            await self.new_customer()
            while not until.is_set():
                (name,) = self._random.choices(names, [MOVES[name][0] for name in names])
                await MOVES[name][1](self)

    # ------------------------------------------------------------ things

    async def new_customer(self) -> None:
        id = self._client.new_id("c")
        given = {"id": id, "name": f"Buyer {id}", "billing_address": ADDRESS, "idempotency_key": id}
        await self._client.ask(Call("createCustomer", given))
        self._customers.append(id)
        card = self._random.choice(CARDS + (HANGS if self._hangs else ()))
        given = {"customer_id": id, "gateway": "sandbox", "reference": card}
        await self._client.ask(Call("addPaymentMethod", given, has_key=False))

    async def new_order(self) -> None:
        id = self._client.new_id("o")
        items = [
            {
                "id": f"{id}-{at}",
                "name": "Mug",
                "quantity": self._random.randint(1, 5),
                "unit_price": self._random.randint(100, 5_000),
                "vat_rate": self._random.choice((21, 9)),
            }
            for at in range(self._random.randint(1, 4))
        ]
        if self._random.random() < 0.3:
            items.append(
                {"id": f"{id}-s", "type": "SHIPPING", "name": "Parcel", "quantity": 1, "unit_price": 495}
            )
        given = {
            "id": id,
            "number": id,
            "customer_id": self._random.choice(self._customers[-NEWEST:]),
            "invoice_after_shipment": self._random.random() < 0.3,
            "items": items,
            "idempotency_key": id,
        }
        await self._client.ask(Call("createOrder", given))
        self._orders.append(id)

    async def change_order(self) -> None:
        """Something that the order says can be done with it."""
        if not self._orders:
            return
        id = self._random.choice(self._orders[-NEWEST:])
        order = await self._client.ask(Call("order", query=calls.ORDER, variables={"id": id}))
        if not order["actions"]:
            self._orders.remove(id)
            return
        chosen = self._random.choice(order["actions"])
        ids = self._random.sample(chosen["ids"], self._random.randint(1, len(chosen["ids"])))
        if chosen["action"] == "INVOICE":
            await self._invoice(order, ids)
        elif chosen["action"] in ("CANCEL", "RETURN"):
            await self._undo(order, chosen["action"], ids)
        else:
            await self._handle(id, chosen["action"], ids)

    async def _invoice(self, order: Any, ids: list[str]) -> None:
        contras = {item["id"] for item in order["items"] if item["contra_of"]}
        alike = [id for id in ids if (id in contras) == (ids[0] in contras)]
        new = self._client.new_id("i")
        if self._random.random() < 0.2:
            await self._invoice_by_rest(order["id"])
            return
        if self._random.random() < 0.4:
            call = Call("invoiceOrder", {"order_id": order["id"], "invoice_id": new})
        else:
            call = Call("invoiceItems", {"items": alike, "invoice_id": new}, refusals=("NEGATIVE_TOTAL",))
        self._keep_invoice(await self._client.ask(call))

    async def _invoice_by_rest(self, order_id: str) -> None:
        """It takes no key: when it is refused after a lost answer, the order tells what was made."""
        call = Call("POST /invoices", {"orderId": order_id}, path="/invoices", done=("400",))
        made = await self._client.ask(call)
        if made is not None:
            self._invoices.append(made["invoice"]["id"])
            return
        order = await self._client.ask(Call("order", query=calls.ORDER, variables={"id": order_id}))
        self._invoices.append(order["invoices"][-1]["id"])

    async def _undo(self, order: Any, action: str, ids: list[str]) -> None:
        """Of what was invoiced, perhaps a part: its contra item has an id of the client's own."""
        quantities = {item["id"]: item["quantity"] for item in order["items"] if item["invoice"]}
        items = []
        for id in ids:
            part = self._random.choice((None, 1)) if quantities.get(id, 1) > 1 else None
            items.append({"item_id": id, "quantity": part, "contra_item_id": self._client.new_id("x")})
        name, done = {
            "CANCEL": ("cancelOrderItems", ("ITEM_CANCELLED", "DUPLICATE_ID")),
            "RETURN": ("returnOrderItems", ("ITEM_RETURNED", "DUPLICATE_ID")),
        }[action]
        await self._client.ask(Call(name, {"order_id": order["id"], "items": items}, done=done))

    async def _handle(self, order_id: str, action: str, ids: list[str]) -> None:
        if action == "SHIP":
            parcels = [{"item_id": id} for id in ids]
            shipped = Call(
                "shipOrderItems", {"order_id": order_id, "items": parcels}, done=("ITEM_ALREADY_SHIPPED",)
            )
            await self._client.ask(shipped)
            return
        name = {
            "HANDLE_RECEIPT": "receiveOrderItems",
            "HANDLE_APPROVAL": "approveOrderItems",
            "HANDLE_FINISH": "finishOrderItems",
        }[action]
        given = {"order_id": order_id, "items": ids}
        await self._client.ask(Call(name, given, done=("ITEM_ALREADY_HANDLED",)))

    async def one_time(self) -> None:
        id = self._client.new_id("h")
        lines = [
            {"text": "Advice", "amount": self._random.randint(100, 90_000), "vat_rate": 21}
            for _ in range(self._random.randint(1, 3))
        ]
        how = self._random.choice(({}, {"settle": {"payment_method": "auto"}}, {"manual_transfer": _cash()}))
        given = {
            "customer_id": self._random.choice(self._customers[-NEWEST:]),
            "handle": id,
            "idempotency_key": id,
            "order_lines": lines,
            **how,
        }
        self._keep_invoice(await self._client.ask(Call("createInvoice", given, refusals=_MONEY_REFUSED)))

    async def credit(self) -> None:
        if (id := self._one(self._invoices)) is None:
            return
        invoice = await self._client.ask(Call("invoice", query=calls.INVOICE, variables={"id": id}))
        lines = [line for line in invoice["lines"] if line["total"] > 2]
        given: dict[str, Any] = {
            "invoice_id": id,
            "credit_invoice_id": self._client.new_id("n"),
            "reason": "Broken",
        }
        if lines and self._random.random() < 0.7:
            line = self._random.choice(lines)
            given["lines"] = [{"line_id": line["id"], "amount": self._random.randint(1, line["total"] // 2)}]
        refusals = ("NOT_CREDITABLE", "CREDIT_TOO_HIGH", "NOTHING_TO_CREDIT", "PAYMENT_UNDER_WAY")
        await self._client.ask(Call("creditInvoice", given, refusals=refusals))

    # ------------------------------------------------------------ money

    async def pay(self) -> None:
        given = {"amount": self._random.randint(1, 20_000), "method": "iDEAL"}
        on_order, id = self._random.random() < 0.4, self._one(self._invoices)
        if on_order and self._orders:
            given["order_id"] = self._random.choice(self._orders[-NEWEST:])
        elif id is not None:
            given["invoice_id"] = id
        else:
            return
        given["idempotency_key"] = self._client.new_id("k")
        self._keep_payment(await self._client.ask(Call("recordPayment", given, refusals=_MONEY_REFUSED)))

    async def settle(self) -> None:
        if (id := self._one(self._invoices)) is None:
            return
        key = self._client.new_id("k")
        if self._random.random() < 0.5:
            given = {"id": id, "payment_method": "auto", "idempotency_key": key}
            call = Call("settleInvoice", given, refusals=_MONEY_REFUSED)
        else:
            call = Call(
                "settleInvoiceManually",
                {"id": id, "idempotency_key": key, **_cash()},
                refusals=_MONEY_REFUSED,
            )
        self._keep_payment(await self._client.ask(call))

    async def refund(self) -> None:
        if (id := self._one(self._payments)) is None:
            return
        given: dict[str, Any] = {"payment_id": id, "idempotency_key": self._client.new_id("k")}
        if self._random.random() < 0.8:
            given["amount"] = self._random.randint(1, 300)
        if self._random.random() < 0.5:
            given["manual_transfer"] = _cash()
        refusals = (*_MONEY_REFUSED, "VALIDATION_ERROR", "GATEWAY_NOT_ENABLED")
        await self._client.ask(Call("refundPayment", given, refusals=refusals))

    # ------------------------------------------------------------ others

    async def read_back(self) -> None:
        """What was acknowledged a while ago is still there: the journal compares it."""
        if self._invoices:
            id = self._random.choice(self._invoices)
            await self._client.ask(Call("invoice", query=calls.INVOICE, variables={"id": id}))

    async def print_again(self) -> None:
        if (id := self._one(self._invoices)) is not None:
            await self._client.ask(Call("retryInvoicePdf", {"invoice_id": id}))

    async def session(self) -> None:
        if self._sessions and self._random.random() < 0.4:
            await self._client.ask(Call("revokeCustomerSession", {"id": self._sessions.pop()}))
            return
        given = {"customer_id": self._random.choice(self._customers[-NEWEST:])}
        made = await self._client.ask(Call("createCustomerSession", given, has_key=False))
        self._sessions.append(made["customer_session"]["id"])

    async def webhook(self) -> None:
        if self._endpoint is None:
            await self._new_endpoint()
        elif self._random.random() < 0.5:
            await self._client.ask(Call("sendTestWebhook", {"id": self._endpoint}, has_key=False))
        else:
            given = {"id": self._endpoint, "description": self._client.new_id("d")}
            await self._client.ask(Call("updateWebhookEndpoint", given))

    async def _new_endpoint(self) -> None:
        """It takes no key: before it is made again, the client looks whether it was made."""
        url = f"{self._hook}/{self._client.name}"
        made = await self._client.ask_once(Call("createWebhookEndpoint", {"url": url, "events": EVENTS}))
        if made is None:
            found = await self._client.ask(Call("webhookEndpoints", query=calls.ENDPOINTS))
            mine = [each["id"] for each in found if each["url"] == url]
            self._endpoint = mine[0] if mine else None
        else:
            self._endpoint = made["webhook_endpoint"]["id"]

    def _one(self, among: list[str]) -> str | None:
        return self._random.choice(among[-NEWEST:]) if among else None

    def _keep_invoice(self, made: Any) -> None:
        if made is not None:
            self._invoices.append(made["invoice"]["id"])
            self._payments += [each["id"] for each in made["invoice"]["reimbursement"]["payments"]]

    def _keep_payment(self, made: Any) -> None:
        if made is not None:
            self._payments.append(made["payment"]["id"])


def _cash() -> dict[str, str]:
    """Long ago: also for a server whose clock is behind."""
    return {"method": "CASH", "payment_date": "2024-01-15"}


Move = Callable[[History], Awaitable[None]]
MOVES: Mapping[str, tuple[float, Move]] = {
    move.__name__: (weight, move)
    for move, weight in {
        History.new_customer: 1,
        History.new_order: 12,
        History.change_order: 40,
        History.one_time: 6,
        History.credit: 5,
        History.pay: 8,
        History.settle: 6,
        History.refund: 5,
        History.read_back: 10,
        History.print_again: 0.5,
        History.session: 1,
        History.webhook: 1,
    }.items()
}
