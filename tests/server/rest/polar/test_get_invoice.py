"""“Get Order Invoice”, as its reference says: the link, and every refusal, at both doors."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pypdf
import pytest

from invoicing.access import Scope
from invoicing.storage.database import Database
from invoicing.storage.tables import new_id
from tests.server.rest.polar.shop import ORDERS, PORTAL, Shop, ask, opened
from tests.support.client import Client
from tests.support.factories import item


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


def paper(asker: Client, url: str) -> str:
    answer = asker.without_key().request("GET", url)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    return pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()


def test_200_a_link_that_opens_the_paper(shop: Shop, asker: Client, path: str) -> None:
    invoice = f"{path}/{shop.order(number='1001')}/invoice"
    ask(asker, "POST", invoice)
    waiting = ask(asker, "GET", invoice)
    assert (waiting.status_code, waiting.json()["error"]) == (404, "ResourceNotFound")

    shop.make_pdfs()
    answer = ask(asker, "GET", invoice)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json().keys() == {"url"}
    text = paper(asker, answer.json()["url"])
    assert "1001" in text
    assert "Oude Delft 1" in text


def test_of_several_invoices_it_is_the_newest(shop: Shop, asker: Client, path: str) -> None:
    items = [item(id="mug"), item(id="pot", name="Teapot")]
    order = shop.order(items=items, paid=2_420, invoice_after_shipment=True)
    for id in ("mug", "pot"):
        shop.merchant.ask(
            "mutation ($input: ShipOrderItemsInput!) { shipOrderItems(input: $input) { items { id } } }",
            input={"order_id": order, "items": [{"item_id": id}]},
        )
        assert ask(asker, "POST", f"{path}/{order}/invoice").status_code == 202
        assert ask(asker, "GET", f"{path}/{order}/invoice").status_code == 404
        shop.make_pdfs()
    text = paper(asker, ask(asker, "GET", f"{path}/{order}/invoice").json()["url"])
    assert "Teapot" in text
    assert "Mug" not in text.replace("Mug & Co", "")


def test_404_no_invoice_an_unknown_order_and_another_customers(shop: Shop) -> None:
    ann = shop.session("ann")
    for id in (shop.order(), new_id(), shop.order(customer_id="bob")):
        answer = ask(ann, "GET", f"{PORTAL}/{id}/invoice")
        assert answer.status_code == 404
        assert answer.json() == {"error": "ResourceNotFound", "detail": answer.json()["detail"]}


@pytest.mark.parametrize("id", ["first", "0", "%00", "%F0%9F%93%84", "12345678-1234-1234-1234-12345678901"])
def test_422_what_is_no_order_id(asker: Client, path: str, id: str) -> None:
    answer = ask(asker, "GET", f"{path}/{id}/invoice")
    assert answer.status_code == 422
    assert answer.json() == {
        "detail": [
            {
                "loc": ["path", "id"],
                "msg": "Input should be a valid UUID, or the id of an order",
                "type": "uuid_parsing",
            }
        ]
    }


def test_an_order_is_found_by_the_id_its_shop_gave_it(shop: Shop, asker: Client, path: str) -> None:
    shop.order(id="SO-1")
    assert ask(asker, "POST", f"{path}/SO-1/invoice").status_code == 202


def test_401_no_token(asker: Client, shop: Shop, path: str) -> None:
    answer = ask(asker.without_key(), "GET", f"{path}/{shop.order()}/invoice")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json() == {"error": "Unauthorized", "detail": "Unauthorized"}


def test_401_a_token_that_is_unknown_or_has_expired(shop: Shop, asker: Client, path: str) -> None:
    order = shop.order()
    late = shop.session("ann", began=timedelta(hours=1, seconds=1))
    for who in (late, *(replace(asker, token=token) for token in ("x", "inv_x", "inv_cs_x", "polar_cst_x"))):
        answer = ask(who, "GET", f"{path}/{order}/invoice")
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
        assert answer.json().keys() == {"error", "error_description"}
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_403_a_token_that_may_not(shop: Shop) -> None:
    order = shop.order()
    blind = shop.merchant.limited_to(Scope.ORDERS_READ)
    for asker, path in ((blind, ORDERS), (shop.merchant, PORTAL), (shop.session("ann"), ORDERS)):
        answer = ask(asker, "GET", f"{path}/{order}/invoice")
        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
