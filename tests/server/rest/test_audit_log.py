"""Every call of a REST door that changes something leaves the entry of the mutation that does the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from invoicing.storage.database import Database
from tests.server.rest.polar.shop import PORTAL, SESSIONS, Shop, opened
from tests.support import factories
from tests.support.audit_trail import actions_of, entries_of
from tests.support.client import ADD_METHOD, Client, client
from tests.support.rest_door import basic, full_document

BILLING = {"billing_name": "Ann Baker"}
LINES = [{"ordertext": "Advice", "amount": 1_000}]
PAID = {"method": "cash", "payment_date": "2025-06-02"}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    shop = client(database, tmp_path, sandbox=True)
    factories.customer(database, shop.principal, id="ann", handle="ann")
    return shop


def reepay(shop: Client) -> list[tuple[str, list[str]]]:
    """The paths that were called, and the entries that each left."""
    card = shop.ask(ADD_METHOD, input={"customer_id": "ann", "gateway": "sandbox", "reference": "approve"})
    invoice = "/v1/customer/{handle}/invoice"
    lines = {"order_lines": LINES}
    charge = {"payment_method": card["addPaymentMethod"]["payment_method"]["id"]}
    calls: list[tuple[str, str, Any]] = [
        (invoice, "/v1/customer/ann/invoice", {"handle": "a", **lines}),
        ("/v1/invoice/{id}/settle", "/v1/invoice/a/settle", charge),
        ("/v1/refund", "/v1/refund", {"invoice": "a", "amount": 100, "key": "k"}),
        (invoice, "/v1/customer/ann/invoice", {"handle": "b", **lines}),
        ("/v1/invoice/{id}/manual_settle", "/v1/invoice/b/manual_settle", PAID),
        (invoice, "/v1/customer/ann/invoice", {"handle": "c", **lines}),
        ("/v1/invoice/{id}/cancel", "/v1/invoice/c/cancel", None),
    ]
    headers = basic(str(shop.token))
    return [(template, left_by(shop, "POST", path, body, headers)) for template, path, body in calls]


def left_by(
    shop: Client, method: str, path: str, body: Any, headers: dict[str, str] | None = None
) -> list[str]:
    """The actions that a call adds to the log. With `headers` it is sent without the client's own token."""
    before = len(entries_of(shop.database, shop.principal.account_id))
    sender = shop.without_key() if headers else shop
    given: dict[str, Any] = {} if body is None else {"json": body}
    answer = sender.request(method, path, **given, headers=headers or {})
    assert answer.status_code < 300, answer.text
    return actions_of(shop.database, shop.principal.account_id)[before:]


def order_invoices(shop: Client) -> list[tuple[str, list[str]]]:
    factories.order(shop.database, shop.principal, id="o")
    token = {"accessToken": f"Bearer {shop.token}"}
    return [("/invoices", left_by(shop, "POST", "/invoices", {"orderId": "o"}, token))]


def polar(shop: Shop) -> list[tuple[str, list[str]]]:
    found = []
    for asker, base in ((shop.merchant, "/v1/orders"), (shop.session("ann"), PORTAL)):
        path = f"{base}/{shop.order()}"
        for method, tail, body in (("PATCH", "", BILLING), ("POST", "/invoice", None)):
            found.append((f"{base}/{{id}}{tail}", left_by(asker, method, path + tail, body)))
    return [*found, (SESSIONS.rstrip("/"), left_by(shop.merchant, "POST", SESSIONS, {"customer_id": "ann"}))]


def test_every_call_that_changes_something_leaves_its_entry(shop: Client, tmp_path: Path) -> None:
    portal = polar(opened(shop.database, tmp_path / "polar"))
    done = [*reepay(shop), *order_invoices(shop), *portal]
    left = dict(done)
    assert left == {
        "/v1/customer/{handle}/invoice": ["createInvoice"],
        "/v1/invoice/{id}/settle": ["settleInvoice", "resolvePayment"],
        "/v1/invoice/{id}/manual_settle": ["settleInvoiceManually"],
        "/v1/invoice/{id}/cancel": ["cancelInvoice"],
        "/v1/refund": ["refundInvoice", "resolvePayment"],
        "/invoices": ["invoiceOrder"],
        "/v1/orders/{id}": ["updateOrder"],
        "/v1/orders/{id}/invoice": ["invoiceOrder"],
        f"{PORTAL}/{{id}}": ["updateOrder"],
        f"{PORTAL}/{{id}}/invoice": ["invoiceOrder"],
        SESSIONS.rstrip("/"): ["createCustomerSession"],
    }
    assert left.keys() == {
        path
        for path, item in full_document()["paths"].items()
        if item.keys() & {"post", "put", "patch", "delete"}
    }


def test_a_customer_acts_in_a_session(database: Database, tmp_path: Path) -> None:
    shop = opened(database, tmp_path)
    left_by(shop.session("ann"), "PATCH", f"{PORTAL}/{shop.order()}", BILLING)
    (entry,) = entries_of(database, shop.merchant.principal.account_id)
    assert (entry.actor_type, entry.customer_id) == ("customer", "ann")
    assert entry.actor_id != "ann"
