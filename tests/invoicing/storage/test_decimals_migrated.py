"""The migration to decimals: a filled database of the version before shows every amount as it did.

`filled_0007.json` has all rows of a database that an earlier version filled (its migrations ended at 0007),
and what its GraphQL API showed of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from sqlalchemy import URL, Connection, RowMapping, Table, select
from sqlalchemy.exc import DBAPIError

from invoicing.access import Scope
from invoicing.decimals import subtotal_of
from invoicing.invoices import from_orders
from invoicing.storage import migrations
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from invoicing.storage.tables import invoice_lines, order_items
from invoicing.verify.books import verify
from tests.support.client import CREATE_INVOICE, Client, client

FILLED = json.loads((Path(__file__).parent / "filled_0007.json").read_text(encoding="utf-8"))
SHOWN = FILLED["shown"]
LATER = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'old.db'}")
        yield database
        database.close()
        return
    server: URL = request.getfixturevalue("postgresql_server")
    name = f"old_{uuid4().hex[:12]}"
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        database = Database(server.set(database=name).render_as_string(hide_password=False))
        yield database
        database.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def migrated(empty: Database) -> Database:
    """Filled at the version before, and brought to the newest."""

    def fill(connection: Connection) -> None:
        settings = running.config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, FILLED["version"])
        for table, rows in FILLED["tables"].items():
            names = list(rows[0])
            values = ", ".join("?" if empty.is_sqlite else "%s" for _ in names)
            statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})"  # noqa: S608
            for row in rows:
                connection.exec_driver_sql(statement, tuple(row.values()))

    empty.write(fill)
    migrations.upgrade(empty)
    return empty


@pytest.fixture
def shop(migrated: Database, tmp_path: Path) -> Client:
    """A client of the account that was there before."""
    shop = client(migrated, tmp_path)
    (account,) = FILLED["tables"]["accounts"]
    principal = replace(shop.principal, account_id=account["id"])
    return replace(shop, principal=principal).limited_to(*Scope)


def _rows(connection: Connection, table: Table) -> Sequence[RowMapping]:
    return connection.execute(select(table)).mappings().all()


def test_every_invoice_and_order_shows_what_it_showed(shop: Client) -> None:
    queries = FILLED["queries"]
    for invoice, was in zip(
        shop.ask(queries["invoices"])["invoices"]["nodes"], SHOWN["invoices"], strict=True
    ):
        assert invoice == was
    orders = shop.ask(queries["orders"])["orders"]["nodes"]
    for order, was in zip(orders, SHOWN["orders"], strict=True):
        if order["id"] == "f":  # its discount is in the price of its other item now
            assert (order["total"], order["vat"]) == (was["total"], was["vat"])
        else:
            assert {**order, "actions": None} == {**was, "actions": None}  # which follow later rules
    assert shop.ask(queries["account"])["account"] == SHOWN["account"]


def test_the_columns_are_the_same_amounts_in_their_new_units(migrated: Database) -> None:
    for table in (order_items, invoice_lines):
        before = FILLED["tables"][table.name]
        ids = {row["id"]: row for row in before}
        rows = migrated.read(_rows, table)
        assert len(rows) == len(before)
        for row in rows:
            was = ids[row["id"]]
            units = {"quantity": 1_000_000, "vat_rate": 100, "credited_quantity": 1_000_000}
            for column in was.keys() - {
                "shipped_at",
                "undone_at",
                "received_at",
                "approved_at",
                "finished_at",
            }:
                scaled = was[column] and was[column] * units.get(column, 1)
                assert row[column] == scaled, column
            assert row["unit_price_rest"] == 0
            assert row["subtotal"] == subtotal_of(was["unit_price"] * 1_000_000, row["quantity"])


def test_the_books_are_right_and_issued_invoices_are_still_frozen(migrated: Database) -> None:
    assert migrated.read(verify).findings == []
    for statement in ("UPDATE invoice_lines SET quantity = 1", "DELETE FROM invoice_lines"):
        with pytest.raises(DBAPIError, match="an issued invoice is frozen"):
            migrated.write(Connection.exec_driver_sql, statement)


def test_a_request_of_before_is_recognised(shop: Client) -> None:
    lines: list[dict[str, Any]] = [
        {"text": "Advice", "amount": 9_950, "quantity": 3},
        {"text": "Rebate", "amount": -1_000},
        {"text": "Paper", "amount": 7, "quantity": 11, "vat_rate": 9},
    ]
    again = {
        "customer_id": "ann",
        "handle": "one",
        "idempotency_key": "k1",
        "order_lines": lines,
        "manual_transfer": {"method": "CASH", "payment_date": "2025-06-02"},
    }
    made = shop.ask(CREATE_INVOICE, input=again)["createInvoice"]["invoice"]
    assert made["id"] == "one"
    lines[0]["quantity"] = 2.5
    assert shop.refused(CREATE_INVOICE, input=again).code == "IDEMPOTENCY_KEY_REUSED"


def test_what_was_sold_before_is_credited_to_the_cent(shop: Client) -> None:
    database, principal = shop.database, shop.principal
    for sale in ("a-inv", "b-inv", "c-inv", "d-inv", "one"):
        database.write(from_orders.credit_invoice, principal, sale, None, reason=None, now=LATER)
    by_id = {row["id"]: row for row in shop.ask(FILLED["queries"]["invoices"])["invoices"]["nodes"]}
    for row in by_id.values():
        if row["id"] in ("a-inv", "b-inv", "c-inv", "d-inv", "one", "two"):
            for amount in ("total", "total_ex_vat", "total_vat"):
                assert sum(by_id[credit["id"]][amount] for credit in row["credited_by"]) == -row[amount]
    assert database.read(verify).findings == []
