"""What a client does besides: customers, sessions, webhooks, and reading what was told."""

from __future__ import annotations

from tools.siege import calls
from tools.siege.calls import Call
from tools.siege.history import ADDRESS, NEWEST, History

EVENTS = ["INVOICE_CREATED", "INVOICE_SETTLED", "INVOICE_CREDITED", "PAYMENT_REFUNDED"]
CARDS = ("approve", "approve", "decline", "late", "fail-after", "approve-refund-late")
HANGS = ("hang",)


async def new_customer(history: History) -> None:
    id = history.client.new_id("c")
    given = {"id": id, "name": f"Buyer {id}", "billing_address": ADDRESS, "idempotency_key": id}
    await history.client.ask(Call("createCustomer", given))
    history.customers.append(id)
    card = history.random.choice(CARDS + (HANGS if history.hangs else ()))
    given = {"customer_id": id, "gateway": "sandbox", "reference": card}
    await history.client.ask(Call("addPaymentMethod", given, has_key=False))


async def read_back(history: History) -> None:
    """What was acknowledged a while ago is still there: the journal compares it."""
    if history.invoices:
        id = history.random.choice(history.invoices)
        await history.client.ask(Call("invoice", query=calls.INVOICE, variables={"id": id}))


async def print_again(history: History) -> None:
    if (id := history.one(history.invoices)) is not None:
        await history.client.ask(Call("retryInvoicePdf", {"invoice_id": id}))


async def session(history: History) -> None:
    if history.sessions and history.random.random() < 0.4:
        await history.client.ask(Call("revokeCustomerSession", {"id": history.sessions.pop()}))
        return
    given = {"customer_id": history.random.choice(history.customers[-NEWEST:])}
    made = await history.client.ask(Call("createCustomerSession", given, has_key=False))
    history.sessions.append(made["customer_session"]["id"])


async def webhook(history: History) -> None:
    if history.endpoint is None:
        await _new_endpoint(history)
    elif history.random.random() < 0.5:
        await history.client.ask(Call("sendTestWebhook", {"id": history.endpoint}, has_key=False))
    else:
        given = {"id": history.endpoint, "description": history.client.new_id("d")}
        await history.client.ask(Call("updateWebhookEndpoint", given))


async def _new_endpoint(history: History) -> None:
    """It takes no key: before it is made again, the client looks whether it was made."""
    url = f"{history.hook}/{history.client.name}"
    made = await history.client.ask_once(Call("createWebhookEndpoint", {"url": url, "events": EVENTS}))
    if made is None:
        found = await history.client.ask(Call("webhookEndpoints", query=calls.ENDPOINTS))
        mine = [each["id"] for each in found if each["url"] == url]
        history.endpoint = mine[0] if mine else None
    else:
        history.endpoint = made["webhook_endpoint"]["id"]
