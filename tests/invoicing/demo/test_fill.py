"""The demo shop: created once, with an example of everything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from invoicing.access import Principal, Scope
from invoicing.accounts import api_keys
from invoicing.accounts import settings as account_settings
from invoicing.demo import fill
from invoicing.invoices import from_orders
from invoicing.invoices.lists import invoices_page
from invoicing.orders.actions import Action, Block, ItemActions
from invoicing.orders.intake import find_order, items_of
from invoicing.orders.lists import orders_page
from invoicing.storage.database import Database
from invoicing.storage.pages import Window
from invoicing.storage.tables import Order
from invoicing.verify.books import verify
from server.commands.demo import demo as command
from tests.support import factories
from tests.support.factories import NOW

TOKEN = "inv_demo_token"
ALL = Window(first=100)


@pytest.fixture
def shop(database: Database) -> Principal:
    database.write(fill.create_demo_shop, token=TOKEN, now=NOW)
    who = database.read(api_keys.find_principal, TOKEN)
    assert who is not None
    return who


def invoiceable(database: Database, shop: Principal) -> list[Order]:
    return list(database.read(orders_page, shop, {"invoiceable": True}, ALL).rows)


def test_the_shop_is_created_once(database: Database) -> None:
    first = database.write(fill.create_demo_shop, token=TOKEN, now=NOW)
    again = database.write(fill.create_demo_shop, token=TOKEN, now=NOW + timedelta(days=1))
    assert first is not None
    assert again is not None
    assert (first.is_new, again.is_new) == (True, False)
    assert (first.customers, first.orders, first.invoices) == (6, 12, 5)
    assert (again.account_id, again.orders) == (first.account_id, first.orders)
    assert len(database.read(account_settings.accounts_named, None)) == 1


def test_its_key_may_do_everything(shop: Principal) -> None:
    assert shop.scopes == frozenset(Scope)


def test_a_key_that_was_revoked_stays_revoked(database: Database, shop: Principal) -> None:
    database.write(api_keys.revoke_api_key, shop, shop.actor.id, now=NOW)
    assert database.write(fill.create_demo_shop, token=TOKEN, now=NOW) is None
    assert database.read(fill.invoiceable_example, TOKEN) == {}


def test_its_books_are_right(database: Database, shop: Principal) -> None:
    assert database.read(verify, shop.account_id).findings == []


def test_its_invoices_have_many_rates_discounts_and_languages(database: Database, shop: Principal) -> None:
    issued = [row.frozen() for row in database.read(invoices_page, shop, {}, ALL).rows]
    assert {row.rate for invoice in issued for row in invoice.vat} == {0, 90_000, 200_000, 210_000}
    assert any(line.discount for invoice in issued for line in invoice.lines)
    assert {invoice.locale for invoice in issued} == {"nl", "de", "fr"}
    assert {invoice.is_including_vat for invoice in issued} == {True, False}


def test_one_order_waits_for_its_shipment(database: Database, shop: Principal) -> None:
    waiting = [
        order
        for order in database.read(orders_page, shop, {}, ALL).rows
        for block in ItemActions(
            order, database.read(items_of, shop, order.id), factories.parties(database, shop, order)
        ).blocked()
        if block.action is Action.INVOICE and block.reason is Block.NOT_SHIPPED
    ]
    assert {order.number for order in waiting} == {"1007"}


def test_two_open_orders_of_one_customer_go_on_one_invoice(database: Database, shop: Principal) -> None:
    open_orders = [order for order in invoiceable(database, shop) if order.number in ("1011", "1012")]
    items = [item.id for order in open_orders for item in database.read(items_of, shop, order.id)]
    issued = database.write(from_orders.invoice_items, shop, items, now=NOW)
    assert len(issued.frozen().orders) == 2


def test_the_example_can_be_invoiced_until_nothing_is_left(database: Database, shop: Principal) -> None:
    left = len(invoiceable(database, shop))
    for _ in range(left):
        example = database.read(fill.invoiceable_example, TOKEN)
        assert database.read(find_order, shop, example["order_id"])
        issued = database.write(
            from_orders.invoice_items, shop, example["item_ids"], invoice_id=example["invoice_id"], now=NOW
        )
        assert issued.id == example["invoice_id"]
    assert left > 3
    assert database.read(fill.invoiceable_example, TOKEN) == {}


def test_there_is_no_example_for_a_stranger(database: Database) -> None:
    assert database.read(fill.invoiceable_example, "inv_unknown") == {}


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("INVOICING_DATABASE_URL", database_url)
    app = Typer()
    app.command()(command)
    return lambda *words: CliRunner().invoke(app, [*words])


def test_the_command_says_what_it_created_and_prints_the_key_last(
    run: Callable[..., Result], database: Database
) -> None:
    result = run("--token", TOKEN)
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{TOKEN}\n"
    assert "Made the account Atelier Noord" in result.stderr
    assert "6 customers, 12 orders, 5 invoices" in result.stderr
    assert run("--token", TOKEN).stderr.startswith("There is the account Atelier Noord")
    assert len(database.read(account_settings.accounts_named, None)) == 1


def test_the_command_says_that_the_key_was_revoked(
    run: Callable[..., Result], database: Database, shop: Principal
) -> None:
    database.write(api_keys.revoke_api_key, shop, shop.actor.id, now=NOW)
    result = run("--token", TOKEN)
    assert (result.exit_code, result.stderr) == (1, "The demo account's key was revoked.\n")
