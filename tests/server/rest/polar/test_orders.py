"""Orders in Polar's words: what they come to, how they are listed, and where they are invoiced."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from invoicing.access import Scope
from invoicing.storage.database import Database
from resolvers import order_history
from tests.schema.execution.test_query_counts import counted
from tests.server.rest.polar.shop import ORDERS, PORTAL, Shop, ask, opened
from tests.support import factories
from tests.support.client import CANCEL, RECORD, REFUND, Client
from tests.support.factories import NOW, item
from tests.support.rest_door import without_table

DELFT = {
    "country": "NL",
    "line1": "Oude Delft 1",
    "line2": None,
    "postal_code": "2611 BA",
    "city": "Delft",
    "state": None,
}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Shop:
    return opened(database, tmp_path)


def shown(shop: Shop, order: str) -> Any:
    return ask(shop.merchant, "GET", f"{ORDERS}/{order}").json()


def page(asker: Client, path: str) -> tuple[list[str], dict[str, int]]:
    body = ask(asker, "GET", path).json()
    return [order["id"] for order in body["items"]], body["pagination"]


def changed(asker: Client, path: str, change: Any) -> tuple[int, Any]:
    answer = ask(asker, "PATCH", path, json=change)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("is_including_vat", "amounts"),
    [(True, (2_000, 17, 1_983, 417, 2_400)), (False, (2_420, 20, 2_400, 504, 2_904))],
)
def test_amounts_are_without_vat_and_add_up(
    shop: Shop, is_including_vat: bool, amounts: tuple[int, ...]
) -> None:
    items = [item(quantity=2, discount=20)]
    order = shown(shop, shop.order(items=items, is_including_vat=is_including_vat, paid=0))
    names = ("subtotal", "discount", "net", "tax", "total")
    assert tuple(order[f"{name}_amount"] for name in names) == amounts
    assert [(line["label"], line["amount"], line["tax_amount"]) for line in order["items"]] == [
        ("2 × Mug", amounts[0], amounts[3])
    ]


def test_an_orders_discount_is_a_discount_and_no_item(shop: Shop) -> None:
    items = [item(id="mug", unit_price=2_420), item(type="DISCOUNT", unit_price=-1_210)]
    order = shown(shop, shop.order(items=items, paid=0))
    names = ("subtotal", "discount", "net", "tax", "total")
    assert tuple(order[f"{name}_amount"] for name in names) == (2_000, 1_000, 1_000, 210, 1_210)
    assert [(line["label"], line["amount"], line["tax_amount"]) for line in order["items"]] == [
        ("Mug", 2_000, 210)
    ]


def test_it_is_shown_how_far_an_order_is(shop: Shop) -> None:
    id = shop.order(paid=0, items=[item(id="mug"), item(id="pot")])
    before = shown(shop, id)
    assert (before["status"], before["paid"], before["invoice_number"]) == ("pending", False, "")
    given = {"order_id": id, "amount": 2_420, "method": "card", "idempotency_key": "paid"}
    payment = shop.merchant.ask(RECORD, input=given)["recordPayment"]["payment"]["id"]
    assert ask(shop.merchant, "POST", f"{ORDERS}/{id}/invoice").status_code == 202
    issued = shown(shop, id)
    assert (issued["status"], issued["is_invoice_generated"]) == ("paid", False)
    shop.make_pdfs()
    made = shown(shop, id)
    assert (made["is_invoice_generated"], made["invoice_number"]) == (True, issued["invoice_number"])
    shop.merchant.ask(CANCEL, input={"order_id": id, "items": [{"item_id": "pot"}]})
    refund = {
        "payment_id": payment,
        "amount": 1_210,
        "idempotency_key": "back",
        "manual_transfer": {"method": "CASH", "payment_date": "2025-06-03"},
    }
    shop.merchant.ask(REFUND, input=refund)
    part = shown(shop, id)
    assert (part["status"], part["refunded_amount"], part["refunded_tax_amount"]) == (
        "partially_refunded",
        1_000,
        210,
    )
    shop.merchant.ask(REFUND, input={**refund, "idempotency_key": "again"})
    assert shown(shop, id)["status"] == "refunded"


def refunds(order: Any) -> tuple[int, ...]:
    names = ("refunded", "refunded_tax", "refundable", "refundable_tax")
    return tuple(order[f"{name}_amount"] for name in names)


def test_what_was_paid_and_did_not_go_back_can_still_go_back(shop: Shop) -> None:
    id = shop.order(paid=0, items=[item(id="mug"), item(id="pot", unit_price=5)])
    assert refunds(shown(shop, id)) == (0, 0, 0, 0), "nothing was paid"
    shop.pay(id, 500)
    assert refunds(shown(shop, id)) == (0, 0, 413, 87)
    given = {"order_id": id, "amount": 715, "method": "card", "idempotency_key": "rest"}
    payment = shop.merchant.ask(RECORD, input=given)["recordPayment"]["payment"]["id"]
    paid = shown(shop, id)
    assert refunds(paid) == (0, 0, paid["net_amount"], paid["tax_amount"])
    transfer = {"method": "CASH", "payment_date": "2025-06-03"}
    shop.merchant.ask(CANCEL, input={"order_id": id, "items": [{"item_id": "pot"}]})
    back = {"payment_id": payment, "amount": 5, "idempotency_key": "back", "manual_transfer": transfer}
    shop.merchant.ask(REFUND, input=back)
    part = shown(shop, id)
    assert sum(refunds(part)) == part["total_amount"] == 1_210


def test_an_item_is_for_the_days_of_its_service_period(shop: Shop) -> None:
    period = {"start": date(2025, 6, 1), "end": date(2025, 6, 30)}
    items = [item(id="rent", service_period=period), item(id="mug")]
    times = [
        (each["start_timestamp"], each["end_timestamp"])
        for each in shown(shop, shop.order(items=items))["items"]
    ]
    assert times == [("2025-06-01T00:00:00+00:00", "2025-07-01T00:00:00+00:00"), (None, None)]


def test_a_customer_is_shown_with_language_and_the_name_that_invoices_have(shop: Shop) -> None:
    factories.customer(shop.database, shop.merchant.principal, id="eva", name="Eva", locale="de")
    customer = shown(shop, shop.order(customer_id="eva"))["customer"]
    assert (customer["locale"], customer["billing_name"], customer["type"]) == ("de", "Eva", "individual")


def test_a_guests_order_has_a_customer_without_an_id(shop: Shop) -> None:
    address = {"country_code": "XK", "email": "guest@shop.example"}
    order = shown(shop, shop.order(customer_id=None, billing_name="Guest", billing_address=address))
    assert (order["customer_id"], order["customer"]["name"], order["customer"]["email"]) == (
        "",
        "Guest",
        "guest@shop.example",
    )
    assert order["billing_address"] is None


def test_where_a_customer_is_invoiced_is_their_own_address_if_the_order_has_none(shop: Shop) -> None:
    order = shown(shop, shop.order())
    assert (order["billing_name"], order["billing_address"]) == ("Ann Baker", DELFT)
    assert order["customer"]["billing_address"] == DELFT


def test_pages_have_numbers(shop: Shop) -> None:
    for place in range(5):
        shop.order(id=f"o{place}", paid=0, now=NOW + timedelta(minutes=place))
    shop.order(customer_id="bob", id="bobs", paid=0)
    ann, found = shop.session("ann"), {"total_count": 5, "max_page": 3}
    assert page(ann, f"{PORTAL}/?limit=2") == (["o4", "o3"], found)
    assert page(ann, f"{PORTAL}/?limit=2&page=3") == (["o0"], found)
    assert page(ann, f"{PORTAL}/?limit=2&page=2147483647") == ([], found)
    assert page(ann, f"{PORTAL}/?limit=2&page=2&sorting=created_at") == (["o2", "o3"], found)
    assert page(ann, f"{PORTAL}/?limit=1000")[1] == {"total_count": 5, "max_page": 1}
    assert page(shop.merchant, f"{ORDERS}/?customer_id=bob") == (["bobs"], {"total_count": 1, "max_page": 1})
    assert page(ann, f"{PORTAL}/?query=nothing") == ([], {"total_count": 0, "max_page": 0})


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=x", "page"),
        ("page=99999999999999999999", "page"),
        ("limit=-1", "limit"),
        ("sorting=amount", "sorting"),
        ("product_id=1", "product_id"),
        ("page=1&page=2", "page"),
        ("query=%00", "query"),
    ],
)
def test_what_a_list_is_not_asked_for_is_refused(shop: Shop, query: str, field: str) -> None:
    answer = ask(shop.session("ann"), "GET", f"{PORTAL}/?{query}")
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["query", field])


def test_a_list_takes_the_same_statements_however_long_it_is(shop: Shop) -> None:
    for place in range(20):
        order = shop.order(id=f"o{place}")
        if place % 2:
            shop.merchant.request("POST", f"{ORDERS}/{order}/invoice")
    costs = []
    for size in (2, 20):
        page(shop.merchant, f"{ORDERS}/?limit=1")  # the key is known for the next second
        with counted() as statements:
            assert len(page(shop.merchant, f"{ORDERS}/?limit={size}")[0]) == size
        costs.append([statement for statement in statements if "FROM api_keys" not in statement])
    assert len(costs[0]) == len(costs[1]) <= 9


@pytest.mark.parametrize("path", [PORTAL, ORDERS])
def test_a_page_has_so_many_items(shop: Shop, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_history, "MOST_ITEMS", 6)
    for place, number in enumerate((7, 3, 3)):
        items = [item(id=f"i{place}-{each}") for each in range(number)]
        factories.order(
            shop.database,
            shop.merchant.principal,
            now=NOW + timedelta(days=place),
            id=f"o{place}",
            customer_id="ann",
            items=items,
        )
    asker = shop.session("ann") if path == PORTAL else shop.merchant
    refused = ask(asker, "GET", f"{path}/")
    assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, ["query", "limit"])
    assert "more than 6 items together: ask for a smaller limit" in refused.json()["detail"][0]["msg"]
    assert page(asker, f"{path}/?limit=2")[0] == ["o2", "o1"]
    assert page(asker, f"{path}/?limit=1&page=3")[0] == ["o0"], "a single order is shown, however long"


@pytest.mark.parametrize("path", [PORTAL, ORDERS])
def test_billing_details_are_corrected_until_the_order_is_invoiced(shop: Shop, path: str) -> None:
    order = shop.order()
    asker = shop.session("ann") if path == PORTAL else shop.merchant
    status, after = changed(asker, f"{path}/{order}", {"billing_name": "Ann's firm"})
    assert (status, after["billing_name"], after["billing_address"]) == (200, "Ann's firm", DELFT)
    elsewhere = {"country": "be", "city": "Gent"}
    _, after = changed(asker, f"{path}/{order}", {"billing_name": None, "billing_address": elsewhere})
    assert (after["billing_name"], after["billing_address"]["country"]) == ("Ann Baker", "BE")
    assert ask(asker, "POST", f"{path}/{order}/invoice").status_code == 202
    status, told = changed(asker, f"{path}/{order}", {"billing_name": "Too late"})
    assert (status, [entry["loc"] for entry in told["detail"]]) == (
        422,
        [["body", "billing_name"], ["body", "billing_address"]],
    )


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"billing_name": 5}, ["billing_name"]),
        ({"billing_name": ""}, ["billing_name"]),
        ({"billing_address": "Delft"}, ["billing_address"]),
        ({"billing_address": {"city": "Delft"}}, ["billing_address", "country"]),
        ({"billing_address": {"country": "Holland"}}, ["billing_address", "country"]),
        ({"billing_address": {"country": "NL", "line1": "x" * 201}}, ["billing_address", "line1"]),
        ([], []),
    ],
)
def test_what_is_no_address_is_refused_by_its_field(shop: Shop, change: Any, place: list[str]) -> None:
    status, told = changed(shop.session("ann"), f"{PORTAL}/{shop.order()}", change)
    assert (status, told["detail"][0]["loc"]) == (422, ["body", *place])


def test_another_customers_order_is_neither_shown_nor_changed(shop: Shop) -> None:
    ann, bobs = shop.session("ann"), shop.order(customer_id="bob")
    for method in ("GET", "PATCH"):
        answer = ask(ann, method, f"{PORTAL}/{bobs}", json={"billing_name": "Ann"})
        assert (answer.status_code, answer.json()["error"]) == (404, "ResourceNotFound")


def test_a_key_without_the_scopes_sees_nothing(shop: Shop) -> None:
    order = shop.order()
    for scopes in ([Scope.ORDERS_READ], [Scope.ORDERS_READ, Scope.INVOICES_READ], [Scope.CUSTOMERS_READ]):
        for path in (f"{ORDERS}/", f"{ORDERS}/{order}"):
            assert ask(shop.merchant.limited_to(*scopes), "GET", path).status_code == 403


def test_what_is_beside_the_paths_is_told_in_polars_words(shop: Shop) -> None:
    nothing = ask(shop.merchant, "GET", f"{ORDERS}/1/2/3")
    assert (nothing.status_code, nothing.json()["error"]) == (404, "ResourceNotFound")
    other = ask(shop.merchant, "DELETE", f"{ORDERS}/1")
    assert (other.status_code, other.headers["allow"]) == (405, "GET, HEAD, PATCH")
    text = ask(shop.merchant, "PATCH", f"{ORDERS}/{shop.order()}", content="billing_name=Ann")
    assert text.status_code == 415


def test_what_breaks_is_told_by_the_requests_id(shop: Shop) -> None:
    order = shop.order()
    with without_table(shop.merchant, "invoice_lines"):
        answer = ask(shop.merchant, "GET", f"{ORDERS}/{order}", headers={"X-Request-ID": "mine"})
    assert (answer.status_code, answer.json()["error"]) == (500, "InternalServerError")
    assert "mine" in answer.json()["detail"]
