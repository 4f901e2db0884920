"""A client is answered in the version of Polar's API that it asks for, or that it was generated from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from invoicing.storage.database import Database
from invoicing.storage.tables import new_id
from server.rest.polar.versions import VERSIONS
from tests.server.rest.polar.shop import ORDERS, PORTAL, SESSIONS, Shop, ask, opened
from tests.support.client import Client

PYTHON_029 = "speakeasy-sdk/python 0.29.0 2.737.0 0.1.0 polar-sdk"
PYTHON_032 = "speakeasy-sdk/python 0.32.0 2.737.0 2026-04 polar-sdk"
TYPESCRIPT_049 = "speakeasy-sdk/typescript 0.49.0 2.918.3 2026-04 @polar-sh/sdk"
OF_A_VERSION = [
    *({"Polar-Version": version} for version in VERSIONS),
    {"user-agent": PYTHON_032},
    {"user-agent": TYPESCRIPT_049},
    {"user-agent": PYTHON_029, "Polar-Version": "2026-10"},
]
OF_NONE: list[dict[str, str]] = [{}, {"user-agent": PYTHON_029}, {"user-agent": "a shop of 2026-04"}]
NEWEST = {"Polar-Version": VERSIONS[-1]}


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


def refused(asker: Client, path: str, headers: dict[str, str]) -> tuple[int, Any]:
    answer = ask(asker, "POST", path, headers=headers)
    return answer.status_code, answer.json()


def test_an_order_that_is_not_paid_is_refused_in_the_clients_words(
    shop: Shop, asker: Client, path: str
) -> None:
    order = shop.order(paid=0)
    for headers in OF_A_VERSION:
        assert refused(asker, f"{path}/{order}/invoice", headers) == (
            409,
            {"error": "OrderNotEligibleForInvoice", "detail": "The order has not been paid."},
        )
    for headers in OF_NONE:
        assert refused(asker, f"{path}/{order}/invoice", headers) == (
            422,
            {"error": "NotPaidOrder", "detail": "The order has not been paid."},
        )


def test_whatever_else_closes_an_order_has_the_one_name_that_clients_of_a_version_read(
    shop: Shop, asker: Client, path: str
) -> None:
    order = shop.order(invoice_after_shipment=True)
    status, told = refused(asker, f"{path}/{order}/invoice", NEWEST)
    assert (status, told["error"]) == (409, "OrderNotEligibleForInvoice")
    assert told["detail"].startswith("Nothing on the order can be invoiced now")
    shop.merchant.ask("mutation { updateAccount(input: {vat_number: null}) { account { missing } } }")
    status, told = refused(asker, f"{path}/{shop.order()}/invoice", NEWEST)
    assert (status, told["error"]) == (409, "OrderNotEligibleForInvoice")
    assert "vat_number (or tax_number)" in told["detail"]


def test_missing_billing_details_have_one_name_in_all_versions(shop: Shop) -> None:
    order = shop.order(customer_id="bob")
    for headers in (*OF_A_VERSION, *OF_NONE):
        status, told = refused(shop.merchant, f"{ORDERS}/{order}/invoice", headers)
        assert (status, told["error"]) == (422, "MissingInvoiceBillingDetails")


def test_to_issue_what_is_not_there_is_404_in_every_version_and_without_one_422_for_no_uuid(
    asker: Client, path: str
) -> None:
    for id in ("first", "%00", new_id()):
        status, told = refused(asker, f"{path}/{id}/invoice", NEWEST)
        assert (status, told["error"]) == (404, "ResourceNotFound")
    assert refused(asker, f"{path}/first/invoice", {})[0] == 422
    for method in ("GET", "PATCH"):
        answer = ask(asker, method, f"{path}/first", headers=NEWEST, json={})
        assert (answer.status_code, answer.json()["detail"][0]["type"]) == (422, "uuid_parsing")


def test_what_no_version_changes(shop: Shop, path: str, asker: Client) -> None:
    order = shop.order()
    for headers in OF_A_VERSION:
        assert refused(asker.without_key(), f"{path}/{order}/invoice", headers)[0] == 401
        answer = ask(asker, "POST", f"{path}/{order}/invoice", headers=headers)
        assert (answer.status_code, answer.content) == (202, b"null")


@pytest.mark.parametrize("version", ["2025-10", "2028-01", "1", ""])
def test_a_version_that_is_not_known_is_refused_by_name(shop: Shop, version: str) -> None:
    calls = (("GET", f"{ORDERS}/"), ("POST", f"{ORDERS}/{shop.order()}/invoice"), ("POST", SESSIONS))
    asked = {"Polar-Version": version}, {"user-agent": PYTHON_032.replace("2026-04", "2028-01")}
    for headers in asked:
        for method, path in calls:
            answer = ask(shop.merchant, method, path, headers=headers)
            assert (answer.status_code, answer.json()["error"]) == (400, "UnknownVersion")
            assert all(known in answer.json()["detail"] for known in VERSIONS)


def test_an_organization_that_is_not_the_tokens_is_refused(shop: Shop, path: str, asker: Client) -> None:
    mine = {"Polar-Organization": shop.merchant.principal.account_id}
    assert ask(asker, "GET", f"{path}/", headers=mine).status_code == 200
    answer = ask(asker, "GET", f"{path}/", headers={"Polar-Organization": "another"})
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


def test_what_is_not_there_is_null_and_empty_to_clients_that_read_no_null(shop: Shop) -> None:
    order = shop.order(customer_id="bob")
    for headers, nothing in (*((each, None) for each in OF_A_VERSION), *((each, "") for each in OF_NONE)):
        shown = ask(shop.merchant, "GET", f"{ORDERS}/{order}", headers=headers).json()
        assert (shown["invoice_number"], shown["customer"]["avatar_url"]) == (nothing, nothing)
        assert shown["customer"]["email"] == nothing
        (listed,) = ask(shop.merchant, "GET", f"{ORDERS}/", headers=headers).json()["items"]
        assert listed == shown
        answer = ask(shop.session("bob"), "GET", f"{PORTAL}/{order}", headers=headers).json()
        assert answer["invoice_number"] == nothing
        session = ask(shop.merchant, "POST", SESSIONS, json={"customer_id": "bob"}, headers=headers).json()
        assert (session["customer"]["email"], session["customer"]["avatar_url"]) == ("", nothing)
