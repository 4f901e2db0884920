"""What a client does without orders, and with money: one-time invoices, credits, payments and refunds."""

from __future__ import annotations

from typing import Any

from tools.siege import calls
from tools.siege.calls import Call
from tools.siege.history import NEWEST, History

_MONEY_REFUSED: tuple[str, ...] = (
    "NOTHING_OWED",
    "ALREADY_SETTLED",
    "NOT_PAYABLE",
    "PAYMENT_UNDER_WAY",
    "NOT_REFUNDABLE",
)
_MONEY_REFUSED += ("REFUND_TOO_HIGH", "NOT_SETTLED", "PAYMENT_METHOD_REQUIRED", "PAYMENT_METHOD_NOT_FOUND")


async def one_time(history: History) -> None:
    id = history.client.new_id("h")
    lines = [
        {"text": "Advice", "amount": history.random.randint(100, 90_000), "vat_rate": 21}
        for _ in range(history.random.randint(1, 3))
    ]
    how = history.random.choice(({}, {"settle": {"payment_method": "auto"}}, {"manual_transfer": _cash()}))
    given = {
        "customer_id": history.random.choice(history.customers[-NEWEST:]),
        "handle": id,
        "idempotency_key": id,
        "order_lines": lines,
        **how,
    }
    history.keep_invoice(await history.client.ask(Call("createInvoice", given, refusals=_MONEY_REFUSED)))


async def credit(history: History) -> None:
    if (id := history.one(history.invoices)) is None:
        return
    invoice = await history.client.ask(Call("invoice", query=calls.INVOICE, variables={"id": id}))
    lines = [line for line in invoice["lines"] if line["total"] > 2]
    given: dict[str, Any] = {
        "invoice_id": id,
        "credit_invoice_id": history.client.new_id("n"),
        "reason": "Broken",
    }
    if lines and history.random.random() < 0.7:
        line = history.random.choice(lines)
        given["lines"] = [{"line_id": line["id"], "amount": history.random.randint(1, line["total"] // 2)}]
    refusals = ("NOT_CREDITABLE", "CREDIT_TOO_HIGH", "NOTHING_TO_CREDIT", "PAYMENT_UNDER_WAY")
    await history.client.ask(Call("creditInvoice", given, refusals=refusals))


async def pay(history: History) -> None:
    given = {"amount": history.random.randint(1, 20_000), "method": "iDEAL"}
    on_order, id = history.random.random() < 0.4, history.one(history.invoices)
    if on_order and history.orders:
        given["order_id"] = history.random.choice(history.orders[-NEWEST:])
    elif id is not None:
        given["invoice_id"] = id
    else:
        return
    given["idempotency_key"] = history.client.new_id("k")
    history.keep_payment(await history.client.ask(Call("recordPayment", given, refusals=_MONEY_REFUSED)))


async def settle(history: History) -> None:
    if (id := history.one(history.invoices)) is None:
        return
    key = history.client.new_id("k")
    if history.random.random() < 0.5:
        given = {"id": id, "payment_method": "auto", "idempotency_key": key}
        call = Call("settleInvoice", given, refusals=_MONEY_REFUSED)
    else:
        call = Call(
            "settleInvoiceManually",
            {"id": id, "idempotency_key": key, **_cash()},
            refusals=_MONEY_REFUSED,
        )
    history.keep_payment(await history.client.ask(call))


async def refund(history: History) -> None:
    if (id := history.one(history.payments)) is None:
        return
    given: dict[str, Any] = {"payment_id": id, "idempotency_key": history.client.new_id("k")}
    if history.random.random() < 0.8:
        given["amount"] = history.random.randint(1, 300)
    if history.random.random() < 0.5:
        given["manual_transfer"] = _cash()
    refusals = (*_MONEY_REFUSED, "VALIDATION_ERROR", "GATEWAY_NOT_ENABLED")
    await history.client.ask(Call("refundPayment", given, refusals=refusals))


def _cash() -> dict[str, str]:
    """Long ago: also for a server whose clock is behind."""
    return {"method": "CASH", "payment_date": "2024-01-15"}
