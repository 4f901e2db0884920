"""The database's tables are those of the code, and their constraints refuse invalid rows."""

from __future__ import annotations

import re
from contextlib import closing
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table, insert, inspect, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from invoicing.access import Principal
from invoicing.storage import migrations
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from invoicing.storage.tables import invoice_lines, invoices, new_id, order_items
from tests.support import factories


def copy(database: Database, table: Table, **changes: Any) -> None:
    """Inserts a changed copy of the table's only row."""

    def insert_copy(connection: Connection) -> None:
        row = connection.execute(select(table)).mappings().one()
        connection.execute(insert(table).values({**row, **changes}))

    database.write(insert_copy)


def is_of_code(name: str | None, *_: object) -> bool:
    """The indexes of a search are the databases' own, and not of all of them."""
    return name is None or ("_found" not in name and name != "unindexed")


def test_the_migrations_create_the_tables_of_the_code(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        compared = {"compare_server_default": True, "include_name": is_of_code}
        context = MigrationContext.configure(connection, opts=compared)
        return list(compare_metadata(context, SQLModel.metadata))

    assert database.read(differences) == []


def test_the_migrations_create_the_indexes_of_some_rows(database: Database) -> None:
    """Their conditions, which Alembic does not compare; PostgreSQL tells them with types and brackets."""
    kind = database.url.get_backend_name()

    def conditions(connection: Connection) -> dict[str, str]:
        found = inspect(connection).get_multi_indexes()
        return {
            f"{index['name']}": str(index["dialect_options"][f"{kind}_where"])
            for indexes in found.values()
            for index in indexes
            if f"{kind}_where" in index.get("dialect_options", {}) and is_of_code(index["name"])
        }

    stored = database.read(conditions)
    ours = {
        f"{index.name}": index.info["where"]
        for table in SQLModel.metadata.tables.values()
        for index in table.indexes
        if "where" in index.info
    }
    if database.is_sqlite:  # which tells what the migration has said
        assert stored == ours
    assert {name: plain(each) for name, each in stored.items()} == {
        name: plain(each) for name, each in ours.items()
    }


def plain(condition: str) -> str:
    return re.sub(r"::text|[()]", "", condition)


def test_the_newest_version_is_the_head_of_the_migrations() -> None:
    assert migrations.newest() == ScriptDirectory.from_config(running.config()).get_current_head()


def test_migrating_again_changes_nothing(database: Database, principal: Principal) -> None:
    issued = factories.invoice(database, principal)
    migrations.upgrade(database)
    assert migrations.is_current(database)
    assert database.read(lambda connection: connection.execute(select(invoices.c.id)).scalars().all()) == [
        issued.id
    ]


def test_a_database_of_an_older_version_is_not_current(database: Database) -> None:
    database.write(
        lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    )
    assert not migrations.is_current(database)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL's statistics count nulls
def test_credits_of_an_invoice_are_found_by_the_index_also_when_there_are_none(
    database: Database, principal: Principal
) -> None:
    factories.invoice(database, principal, items=[factories.item() for _ in range(50)])
    database.write(lambda connection: connection.exec_driver_sql("ANALYZE"))
    statement = (
        "EXPLAIN QUERY PLAN SELECT id FROM invoice_lines WHERE account_id = ? AND credited_invoice_id IN (?)"
    )
    values = (principal.account_id, "i")
    with closing(Database(str(database.url))) as restarted:  # a new connection uses what ANALYZE found
        (step,) = restarted.read(lambda connection: connection.exec_driver_sql(statement, values).all())
    assert "USING INDEX invoice_lines_crediting" in step[3]


def test_the_database_refuses_a_number_twice(database: Database, principal: Principal) -> None:
    factories.invoice(database, principal)
    with pytest.raises(IntegrityError, match="number"):
        copy(database, invoices, id=new_id(), sequence=2)


def test_the_database_refuses_a_sequence_in_a_series_twice(database: Database, principal: Principal) -> None:
    factories.invoice(database, principal)
    with pytest.raises(IntegrityError, match="sequence"):
        copy(database, invoices, id=new_id(), number="another")


def test_the_database_refuses_a_handle_twice(database: Database, principal: Principal) -> None:
    factories.invoice(database, principal, invoice_id="mine")
    with pytest.raises(IntegrityError, match="handle"):
        copy(database, invoices, id=new_id(), number="another", sequence=2)


def test_the_database_refuses_an_item_on_two_invoices(database: Database, principal: Principal) -> None:
    factories.invoice(database, principal)
    copy(database, invoices, id="second", number="another", sequence=2)
    with pytest.raises(IntegrityError, match="order_item_id"):
        copy(database, invoice_lines, invoice_id="second")


@pytest.mark.parametrize(
    "changes",
    [
        {"total": 1},
        {"total_ex_vat": 1},
        {"total_vat": 1},
        {"sequence": 0},
        {"type": "RECEIPT"},
        {"state": "LOST"},
    ],
)
def test_the_database_refuses_an_invoice_that_contradicts_itself(
    database: Database, principal: Principal, changes: dict[str, Any]
) -> None:
    factories.invoice(database, principal)
    with pytest.raises(IntegrityError):
        copy(database, invoices, **{"id": new_id(), "number": "another", "sequence": 2, **changes})


def test_the_database_refuses_a_line_whose_total_is_wrong(database: Database, principal: Principal) -> None:
    factories.invoice(database, principal)
    with pytest.raises(IntegrityError, match="total"):
        copy(database, invoice_lines, position=1, order_item_id=None, total=1)


def test_the_database_refuses_an_item_with_quantity_0(database: Database, principal: Principal) -> None:
    factories.order(database, principal)
    with pytest.raises(IntegrityError, match="quantity"):
        database.write(lambda connection: connection.execute(update(order_items).values(quantity=0)))


@pytest.mark.parametrize(
    ("table", "changes"),
    [
        (order_items, {"order_id": "unknown"}),
        (order_items, {"invoice_id": "unknown"}),
        (invoice_lines, {"invoice_id": "unknown", "order_item_id": None}),
        (invoices, {"customer_id": "unknown", "number": "another", "sequence": 2}),
    ],
)
def test_the_database_refuses_a_reference_to_nothing(
    database: Database, principal: Principal, table: Table, changes: dict[str, Any]
) -> None:
    factories.invoice(database, principal)
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        copy(database, table, **{"id": new_id(), **changes})


def test_an_item_cannot_be_on_the_invoice_of_another_account(
    database: Database, principal: Principal
) -> None:
    factories.order(database, principal)
    theirs = factories.invoice(database, factories.principal(database))
    mine = order_items.c.account_id == principal.account_id
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        database.write(
            lambda connection: connection.execute(
                update(order_items).where(mine).values(invoice_id=theirs.id)
            )
        )
