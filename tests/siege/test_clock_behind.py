"""A clock that is behind: nothing is issued, and every door says that it is the server's fault."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from invoicing.storage.database import Database
from invoicing.storage.tables import number_series
from tests.server.rest.polar.shop import ORDERS, ask, opened
from tests.support import factories
from tests.support.client import INVOICE_ORDER, Client, client
from tests.support.rest_door import Door, basic

LINES = [{"ordertext": "Oak table", "amount": 100, "quantity": 1, "vat": 0.21}]


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    shop = client(database, tmp_path, sandbox=True)
    factories.customer(database, shop.principal, id="ann", handle="ann")
    factories.order(database, shop.principal, id="first", customer_id="ann")
    factories.order(database, shop.principal, id="second", customer_id="ann")
    shop.ask(INVOICE_ORDER, input={"order_id": "first"})
    _date_series_ahead(database)
    return shop


def _date_series_ahead(database: Database) -> None:
    database.write(lambda connection: connection.execute(update(number_series).values(issued_on=date.max)))


def test_graphql_has_a_code_for_it(shop: Client) -> None:
    refusal = shop.refused(INVOICE_ORDER, input={"order_id": "second"})
    assert refusal.code == "CLOCK_BEHIND"
    assert "dated 9999-12-31" in refusal.message


def test_a_series_dated_in_the_future_goes_on_as_the_documentation_says(shop: Client) -> None:
    page = Path("docs/guide/deployment.md").read_text()
    (statement,) = re.findall(r"UPDATE number_series .*;", page)
    today = str(datetime.now(UTC).date())
    filled = statement.replace("TODAY", today).replace("ACCOUNT", shop.principal.account_id)
    shop.database.write(lambda connection: connection.exec_driver_sql(filled))
    invoice = shop.ask(INVOICE_ORDER, input={"order_id": "second"})["invoiceOrder"]["invoice"]
    assert invoice["number"].endswith("2")


def test_post_invoices_answers_503(shop: Client) -> None:
    status, told = Door(shop, {"accessToken": str(shop.token)}).refused(
        "POST", "/invoices", {"orderId": "second"}
    )
    assert (status, told["success"]) == (503, False)
    assert "dated 9999-12-31" in told["message"]


def test_reepays_door_answers_503(shop: Client) -> None:
    door = Door(shop, basic(str(shop.token)))
    asked = {"handle": "i-1", "order_lines": LINES}
    status, told = door.refused("POST", "/v1/customer/ann/invoice", asked)
    assert (status, told["http_status"], told["code"]) == (503, 503, 2)
    assert "dated 9999-12-31" in told["message"]


def test_polars_door_answers_503(database: Database, tmp_path: Path) -> None:
    shop = opened(database, tmp_path)
    first, second = shop.order(), shop.order()
    assert ask(shop.merchant, "POST", f"{ORDERS}/{first}/invoice").status_code == 202
    _date_series_ahead(database)
    answer = ask(shop.merchant, "POST", f"{ORDERS}/{second}/invoice")
    assert (answer.status_code, answer.json()["error"]) == (503, "ServiceUnavailable")
