"""SQLite plans for many rows from the first one on, although nobody collects statistics for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, Insert, select
from sqlmodel import SQLModel

from invoicing.access import Principal
from invoicing.storage import migrations
from invoicing.storage.database import Database
from invoicing.storage.tables import invoice_lines
from tests.support import factories
from tests.support.prepared_statements import prepared_statements

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

FEW = {"audit_heads", "webhook_endpoints"}  # an account has a handful
WHOLE = {
    "invoicing.orders.lists._COUNT_SOME_TO_INVOICE": "order_items",  # of those not invoiced, a thousand
    "invoicing.storage.outbox._BACKLOG": "outbox",  # counts all that waits, for the metrics
    "invoicing.storage.database._VERSION": "alembic_version",
    "invoicing.storage.search._COUNT_SOME_ACCOUNTS": "accounts",  # two
    "invoicing.storage.sqlite_search._IS_MIGRATED": "sqlite_schema",  # once for each process
    "invoicing.storage.sqlite_search._NOTED": "unindexed",  # has what one transaction has written
}


def test_every_index_has_statistics(database: Database) -> None:
    def of_table(connection: Connection, table: str) -> tuple[set[str], set[str]]:
        run = connection.exec_driver_sql
        indexes = {name for _, name, *_ in run(f"PRAGMA index_list({table})")}
        return indexes, {name for (name,) in run("SELECT idx FROM sqlite_stat1 WHERE tbl = ?", (table,))}

    for table in SQLModel.metadata.tables:
        indexes, known = database.read(of_table, table)
        assert indexes, table
        assert known == indexes


def test_no_prepared_statement_reads_all_rows_of_an_account(database: Database) -> None:
    def all_read(connection: Connection, text: str) -> set[str]:
        parameters = [None] * re.sub(r"'[^']*'", "", text).count("?")
        found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", tuple(parameters))
        return _read_as_a_whole([step for *_, step in found])

    whole: dict[str, str] = {}
    with database._engine.connect() as connection:
        for name, prepared in prepared_statements():
            if isinstance(prepared.statement, Insert) and prepared.statement.select is None:
                continue
            form: Any = prepared._form(connection, {})
            for text in {form._text, form._text_of_one}:
                if found := all_read(connection, text):
                    whole[name] = ", ".join(found)
    assert whole == WHOLE


def _read_as_a_whole(plan: Sequence[str]) -> set[str]:
    """The tables of which a plan reads all rows, or all of an account."""
    made = {step.split()[1] for step in plan if step.startswith(("CO-ROUTINE", "MATERIALIZE"))}
    read = set()
    for step in plan:
        found = re.fullmatch(r"SCAN (\w+)( USING .*)?|SEARCH (\w+) .*\(account_id=\?\)( LEFT-JOIN)?", step)
        if found is not None:
            read.add(found[1] or found[3])
    return read - made - FEW


def test_a_statement_that_is_ordered_otherwise_uses_the_index_of_what_it_looks_for(
    database: Database, principal: Principal
) -> None:
    factories.invoice(database, principal)
    lines = select(invoice_lines.c.invoice_id).order_by(invoice_lines.c.invoice_id).distinct()
    wanted = lines.where(invoice_lines.c.account_id == "a", invoice_lines.c.credited_invoice_id == "i")

    def plan(connection: Connection) -> str:
        text = str(wanted.compile(dialect=connection.dialect))
        return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ("a", "i")).all()[0][3])

    assert "invoice_lines_crediting (account_id=? AND credited_invoice_id=?)" in database.read(plan)


def counts(connection: Connection) -> dict[str, str]:
    found = connection.exec_driver_sql("SELECT idx, stat FROM sqlite_stat1")
    return {str(index): str(stat) for index, stat in found}


def test_what_analyze_has_counted_stays_and_what_it_found_empty_is_told_again(
    database: Database, principal: Principal
) -> None:
    factories.customer(database, principal, id="c")
    told = database.read(counts)
    assert told["customers_newest"] == "1000000 100000 10 1"
    database.write(lambda connection: connection.exec_driver_sql("ANALYZE"))
    assert "invoices_newest" not in database.read(counts)
    migrations.upgrade(database)
    found = database.read(counts)
    assert found["customers_newest"] == "1 1 1 1"
    assert found["invoices_newest"] == told["invoices_newest"]
    assert told.keys() <= found.keys()


def test_a_database_of_before_is_told_once(database: Database) -> None:
    told = database.read(counts)
    database.write(lambda connection: connection.exec_driver_sql("DROP TABLE sqlite_stat1"))
    migrations.upgrade(database)
    assert database.read(counts) == told
    before = database.read(written)
    migrations.upgrade(database)
    assert database.read(written) == before


def written(connection: Connection) -> Any:
    """A number that changes with each change of the tables of the statistics."""
    return connection.exec_driver_sql("SELECT max(rowid), count(*) FROM sqlite_stat1").one()
