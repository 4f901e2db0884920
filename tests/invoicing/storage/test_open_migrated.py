"""The migration that adds the indexes of what is open changes no list."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, inspect, text

from invoicing.access import Principal
from invoicing.invoices import lists as invoice_lists
from invoicing.orders import lists as order_lists
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from invoicing.storage.pages import Window
from tests.support import factories

INDEXES = {"invoices_not_settled", "order_items_to_invoice"}
ON_SQLITE = {"invoices_found_newest"}


def indexes(connection: Connection) -> set[str | None]:
    look = inspect(connection)
    return {each["name"] for table in ("invoices", "order_items") for each in look.get_indexes(table)}


def listed(connection: Connection, principal: Principal) -> list[list[str]]:
    window = Window(first=10)
    invoices = (
        invoice_lists.invoices_page(connection, principal, given, window)
        for given in ({"state": "PENDING"}, {"state": "SETTLED"}, {"search": "ann"})
    )
    orders = (
        order_lists.orders_page(connection, principal, {"invoiceable": wanted}, window)
        for wanted in (True, False)
    )
    return [[row.id for row in page.rows] for page in invoices] + [
        [row.id for row in page.rows] for page in orders
    ]


def test_what_was_open_before_is_listed_as_before(database: Database, principal: Principal) -> None:
    factories.order(database, principal, id="ready")
    factories.invoice(database, principal, billing_name="Ann Baker")
    before = database.read(listed, principal)
    names = INDEXES | (ON_SQLITE if database.is_sqlite else set())
    settings = running.config()

    def migrate(connection: Connection) -> set[str | None]:
        for name in names:
            connection.execute(text(f"DROP INDEX {name}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0029'"))
        assert not names & indexes(connection)
        assert listed(connection, principal) == before
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0030")
        return indexes(connection)

    assert names <= database.write(migrate)
    assert database.read(listed, principal) == before
    assert "ready" in before[3]
