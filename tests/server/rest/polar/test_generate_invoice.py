"""“Generate Order Invoice”, as its reference says: every answer, at both doors: customer's and merchant's."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from invoicing.access import Scope
from invoicing.storage.database import Database
from invoicing.storage.tables import invoices, new_id
from tests.server.rest.polar.shop import ORDERS, PORTAL, Shop, ask, opened
from tests.support.client import Client


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Shop:
    return opened(database, tmp_path)


@pytest.fixture(params=[PORTAL, ORDERS])
def path(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def asker(shop: Shop, path: str) -> Client:
    """Who may ask for Ann's orders at this door."""
    return shop.session("ann") if path == PORTAL else shop.merchant


def numbers(database: Database) -> int:
    return database.read(
        lambda connection: connection.execute(select(func.count()).select_from(invoices)).scalar_one()
    )


def test_202_it_is_triggered(shop: Shop, asker: Client, path: str) -> None:
    answer = ask(asker, "POST", f"{path}/{shop.order()}/invoice")
    assert (answer.status_code, answer.content) == (202, b"null")
    assert answer.headers["content-type"] == "application/json"


def test_202_again_and_nothing_is_made_twice(shop: Shop, asker: Client, path: str) -> None:
    order = shop.order()
    answers = asker.at_once([{"method": "POST", "url": f"{path}/{order}/invoice"}] * 5)
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b"null")}
    assert numbers(shop.database) == 1


def test_422_missing_invoice_billing_details(shop: Shop, path: str) -> None:
    asker = shop.session("bob") if path == PORTAL else shop.merchant
    answer = ask(asker, "POST", f"{path}/{shop.order(customer_id='bob')}/invoice")
    assert answer.status_code == 422
    assert answer.json() == {
        "error": "MissingInvoiceBillingDetails",
        "detail": "The buyer has no name, or no address with a country.",
    }


def test_422_not_paid_order(shop: Shop, asker: Client, path: str) -> None:
    answer = ask(asker, "POST", f"{path}/{shop.order(paid=1_209)}/invoice")
    assert answer.status_code == 422
    assert answer.json() == {"error": "NotPaidOrder", "detail": "The order has not been paid."}
    assert numbers(shop.database) == 0


def test_422_what_is_no_order_id(asker: Client, path: str) -> None:
    answer = ask(asker, "POST", f"{path}/first/invoice")
    (entry,) = answer.json()["detail"]
    assert (answer.status_code, entry["loc"], entry["type"]) == (422, ["path", "id"], "uuid_parsing")


def test_404_an_unknown_order(asker: Client, path: str) -> None:
    answer = ask(asker, "POST", f"{path}/{new_id()}/invoice")
    assert (answer.status_code, answer.json()["error"]) == (404, "ResourceNotFound")


def test_another_customers_order_is_like_none(shop: Shop) -> None:
    ann = shop.session("ann")
    for bobs, nobodys in (
        (shop.order(customer_id="bob"), new_id()),
        (shop.order(customer_id="bob", id="bobs-own"), "nobodys"),
    ):
        told = [ask(ann, "POST", f"{PORTAL}/{id}/invoice") for id in (bobs, nobodys)]
        assert told[0].status_code == told[1].status_code
        assert told[0].text.replace(bobs, nobodys) == told[1].text


def test_401_no_token(asker: Client, shop: Shop, path: str) -> None:
    answer = ask(asker.without_key(), "POST", f"{path}/{shop.order()}/invoice")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json() == {"error": "Unauthorized", "detail": "Unauthorized"}


def test_403_a_token_that_may_not(shop: Shop) -> None:
    order = shop.order()
    reader = shop.merchant.limited_to(Scope.ORDERS_READ, Scope.INVOICES_READ)
    for asker, path in ((reader, ORDERS), (shop.merchant, PORTAL), (shop.session("ann"), ORDERS)):
        answer = ask(asker, "POST", f"{path}/{order}/invoice")
        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        assert answer.json().keys() == {"error", "error_description"}


def test_409_nothing_can_be_invoiced_yet(shop: Shop, asker: Client, path: str) -> None:
    answer = ask(asker, "POST", f"{path}/{shop.order(invoice_after_shipment=True)}/invoice")
    assert (answer.status_code, answer.json()["error"]) == (409, "NothingToInvoice")


def test_409_the_seller_is_incomplete(shop: Shop, asker: Client, path: str) -> None:
    shop.merchant.ask("mutation { updateAccount(input: {vat_number: null}) { account { missing } } }")
    answer = ask(asker, "POST", f"{path}/{shop.order()}/invoice")
    assert (answer.status_code, answer.json()["error"]) == (409, "SellerIncomplete")
    assert "vat_number (or tax_number)" in answer.json()["detail"]
    assert numbers(shop.database) == 0
