"""A prepared statement does what SQLAlchemy would do with it, on both kinds of database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from psycopg.pq import ExecStatus
from sqlalchemy import Connection, Engine, Insert, Table, bindparam, event, func, insert, select, text, update
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from invoicing.access import Principal
from invoicing.errors import ValidationError
from invoicing.storage import changes, rows
from invoicing.storage.compiled_for_postgresql import CompiledForPostgreSQL
from invoicing.storage.compiled_for_sqlite import TOGETHER
from invoicing.storage.database import Database
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.postgresql_session import PREPARED_AFTER
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import (
    Order,
    OrderItem,
    accounts,
    customers,
    invoices,
    order_items,
    orders,
    violated_constraint,
)
from tests.support import factories
from tests.support.factories import item
from tests.support.prepared_statements import prepared_statements

ITEMS = Prepared(
    select(order_items)
    .where(order_items.c.account_id == bindparam("account"), is_one_of(order_items.c.sku, id_list("ids")))
    .order_by(order_items.c.id)
)
RENAME = (
    update(order_items)
    .where(order_items.c.account_id == bindparam("account"), is_one_of(order_items.c.sku, id_list("ids")))
    .values(name=bindparam("becomes"))
)
RENAMED = Prepared(RENAME.returning(order_items.c.sku))
ODD = ["a", "b", 'qu"ote', "back\\slash", "sla/sh", "é𝄞", "[]"]


@pytest.fixture
def ordered(database: Database, principal: Principal) -> Database:
    items = [item(id=f"i{place}", sku=sku) for place, sku in enumerate(ODD)]
    factories.order(database, principal, id="o", items=items, meta={"a": [1]})
    return database


@pytest.fixture
def listener() -> Iterator[list[str]]:
    """Listens to SQLAlchemy's events, so that SQLAlchemy executes everything; has the statements."""
    heard: list[str] = []

    def hear(_: Any, __: Any, statement: str, *___: Any) -> None:
        heard.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    yield heard
    event.remove(Engine, "before_cursor_execute", hear)


def items(connection: Connection, principal: Principal, ids: Sequence[str]) -> list[OrderItem]:
    return rows.all_(connection, ITEMS, {"account": principal.account_id, "ids": ids}, as_=OrderItem)


def test_columns_of_every_kind_are_read_and_written_as_sqlalchemy_does(
    ordered: Database, principal: Principal
) -> None:
    factories.invoice(ordered, principal)
    for table in (accounts, orders, order_items, invoices):
        everything = select(table).order_by(*table.primary_key)
        expected = ordered.read(
            lambda connection, given: [*map(tuple, connection.execute(given))], everything
        )
        assert expected
        assert [*map(tuple, ordered.read(rows.plain, Prepared(everything)))] == expected

    def copied(connection: Connection, row: Mapping[str, Any]) -> Order:
        Prepared(insert(orders)).run(connection, row)
        return rows.one(connection, select(orders).where(orders.c.id == row["id"]), as_=Order)

    (first, *_) = ordered.read(rows.mappings, Prepared(select(orders)))
    row = {**first, "id": "copy", "number": "copy"}
    assert ordered.write(copied, row)._asdict() == row  # type: ignore[attr-defined]


HALF = "caf\udce9"
"""As Python reads the name of a file that is not UTF-8."""
ONE = [[id] for id in (*ODD, "", "A", "1", "a\0b", "a\0", "\0", HALF)]
"""Lists of one id have a form of their own."""


@pytest.mark.parametrize(
    "ids",
    [[], ODD, [*map(str, range(2_000)), "a"], ["a\0b", "b\0"], ["a", HALF, "é"], ("a",), *ONE],
    ids=ascii,
)
def test_a_list_of_ids_finds_these_and_no_others(
    ordered: Database, principal: Principal, ids: Sequence[str]
) -> None:
    found = {each.sku for each in ordered.read(items, principal, ids)}
    assert found == {*ids} & {*ODD}


def test_who_listens_to_sqlalchemy_hears_prepared_statements_too(
    ordered: Database, principal: Principal, listener: list[str]
) -> None:
    heard = ordered.read(items, principal, ODD)
    assert [statement.split()[0] for statement in listener if "order_items" in statement] == ["SELECT"]
    assert [each.sku for each in heard] == ODD


@pytest.mark.parametrize(
    "moment", ["before_execute", "after_execute", "before_cursor_execute", "after_cursor_execute"]
)
def test_who_listens_to_one_connection_misses_nothing(
    ordered: Database, principal: Principal, moment: str
) -> None:
    heard: list[object] = []

    def hear(*given: object) -> None:
        heard.append(given)

    with ordered._engine.connect() as connection:
        items(connection, principal, ODD)
        event.listen(connection, moment, hear, named=False)
        items(connection, principal, ODD)
        event.remove(connection, moment, hear)
    assert len(heard) == 1


def test_what_changes_rows_is_noted_and_what_does_not_is_not(ordered: Database, principal: Principal) -> None:
    def renames(connection: Connection, statement: Prepared, ids: Sequence[str]) -> bool:
        changes.forget(connection)
        key = {"account": principal.account_id, "ids": ids, "becomes": "Pot"}
        if statement is RENAMED:
            assert sorted(rows.values(connection, statement, key)) == sorted(ids)
        else:
            statement.run(connection, key)
        return changes.were_made(connection)

    assert ordered.write(renames, Prepared(RENAME), ["a", "b"])
    assert ordered.write(renames, RENAMED, ["a", "b"])
    assert {each.name for each in ordered.read(items, principal, ["a", "b"])} == {"Pot"}
    assert not ordered.write(renames, Prepared(RENAME), [])
    assert not ordered.write(renames, RENAMED, [])


@pytest.mark.parametrize("many", [TOGETHER - 1, TOGETHER, TOGETHER + 1, 2 * TOGETHER + 2])
def test_as_many_rows_as_there_are_are_inserted_each_once(ordered: Database, many: int) -> None:
    (first, *_) = ordered.read(rows.mappings, Prepared(select(order_items)))
    copies = [{**first, "id": f"copy{place:04}", "position": place} for place in range(many)]
    ordered.write(lambda connection: Prepared(insert(order_items)).run(connection, *copies))
    stored = select(order_items).where(order_items.c.id.startswith("copy")).order_by(order_items.c.id)
    assert ordered.read(rows.mappings, stored) == copies


def test_texts_of_every_kind_are_stored_as_they_are_alone_and_together(ordered: Database) -> None:
    (first, *_) = ordered.read(rows.mappings, Prepared(select(order_items)))
    copies = [
        {**first, "id": f"copy{place}", "position": place, "name": text, "service_period": {text: text}}
        for place, text in enumerate(
            [*ODD, "", "%", "%(a)s", "$1", "line\n\ttab", "{a,b}", "NULL", "\\u0041"]
        )
    ]
    ordered.write(lambda connection: Prepared(insert(order_items)).run(connection, copies[0]))
    ordered.write(lambda connection: Prepared(insert(order_items)).run(connection, *copies[1:]))
    stored = select(order_items).where(order_items.c.id.startswith("copy")).order_by(order_items.c.position)
    assert ordered.read(rows.mappings, stored) == copies


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("many", [1, 2])
def test_u0000_is_refused_and_not_cut_off(ordered: Database, many: int) -> None:
    (first, *_) = ordered.read(rows.mappings, Prepared(select(order_items)))
    copies = [{**first, "id": f"copy{place}", "name": "a\0b"} for place in range(many)]
    with pytest.raises(ValidationError):
        ordered.write(lambda connection: Prepared(insert(order_items)).run(connection, *copies))
    with pytest.raises(DataError), ordered._engine.connect() as connection:
        Prepared(insert(order_items)).run(connection, *copies)


def test_statements_are_used_again_after_refusals(ordered: Database, principal: Principal) -> None:
    def read_and_refuse(connection: Connection) -> None:
        with pytest.raises(IntegrityError), connection.begin_nested():
            _clash(connection)
        assert [each.sku for each in items(connection, principal, ODD)] == ODD
        raise ZeroDivisionError

    for _ in range(3 * PREPARED_AFTER):
        with pytest.raises(ZeroDivisionError):
            ordered.write(read_and_refuse)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_statements_that_postgresql_has_forgotten_are_prepared_again(
    ordered: Database, principal: Principal
) -> None:
    with ordered._engine.connect() as connection:
        for _ in range(PREPARED_AFTER + 2):
            items(connection, principal, ODD)
        connection.exec_driver_sql("DEALLOCATE ALL")
        with pytest.raises(ProgrammingError):
            items(connection, principal, ODD)
        connection.rollback()
        for _ in range(PREPARED_AFTER + 2):
            assert [each.sku for each in items(connection, principal, ODD)] == ODD


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_nobody_is_told_that_postgresql_has_forgotten_what_was_prepared(
    ordered: Database, principal: Principal
) -> None:
    """As a pooler makes it, which gives a connection to somebody else meanwhile."""

    async def each_way(work: Callable[[Connection], list[str | None]]) -> list[list[str | None]]:
        return [
            ordered.read(work),
            ordered.write(work),
            await ordered.write_for(principal.account_id, work),
            await ordered.read_for(principal.account_id, work),
        ]

    def skus(connection: Connection) -> list[str | None]:
        return [each.sku for each in items(connection, principal, ODD)]

    def forget(connection: Connection) -> list[str | None]:
        connection.exec_driver_sql("DEALLOCATE ALL")
        return []

    for _ in range(PREPARED_AFTER + 2):
        assert asyncio.run(each_way(skus)) == 4 * [ODD]
    asyncio.run(each_way(forget))
    assert asyncio.run(each_way(skus)) == 4 * [ODD]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("prepared", [True, False])  # by us, or by the driver
def test_reading_goes_on_after_a_migration_has_given_a_column_another_type(
    ordered: Database, principal: Principal, prepared: bool
) -> None:
    terms = select(orders.c.id, orders.c.payment_terms_days).where(orders.c.id == bindparam("id"))
    statement = Prepared(terms) if prepared else terms

    async def read_each_way() -> None:
        for _ in range(2 * PREPARED_AFTER):
            found = [
                ordered.read(rows.plain, statement, {"id": "o"}),
                ordered.write(rows.plain, statement, {"id": "o"}),
                await ordered.read_for(principal.account_id, rows.plain, statement, {"id": "o"}),
            ]
            assert [[*map(tuple, each)] for each in found] == 3 * [[("o", None)]]

    asyncio.run(read_each_way())
    wider = "ALTER TABLE orders ALTER COLUMN payment_terms_days TYPE BIGINT"
    ordered.write(lambda connection: connection.execute(text(wider)))
    asyncio.run(read_each_way())


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["read committed", "off"]),
        ({"isolation_level": "REPEATABLE READ"}, ["repeatable read", "off"]),
        (
            {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
            ["repeatable read", "on"],
        ),
    ],
)
def test_a_transaction_begins_as_it_was_asked_for(
    ordered: Database, principal: Principal, asked: dict[str, Any], found: list[str]
) -> None:
    with ordered._engine.connect() as connection:
        connection.execution_options(**asked)
        assert items(connection, principal, ["a"])
        settings = ("transaction_isolation", "transaction_read_only")
        shown = [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in settings]
    assert shown == found


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_plans_what_is_asked_for_one_id_once(ordered: Database, principal: Principal) -> None:
    with ordered._engine.connect() as connection:
        for _ in range(PREPARED_AFTER + 7):
            assert [each.sku for each in items(connection, principal, ["b"])] == ["b"]
        used = "SELECT generic_plans > 0 FROM pg_prepared_statements WHERE statement ~ 'order_items'"
        assert connection.exec_driver_sql(used).scalars().all() == [True]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_knows_the_types_of_all_parameters_by_the_statements_alone(database: Database) -> None:
    with database._engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        for name, prepared in prepared_statements():
            if not prepared.statement.is_insert and ".sqlite_" not in name:
                compiled = CompiledForPostgreSQL(prepared.statement, connection.dialect, ())
                for text in filter(None, (compiled._query, compiled._query_of_one)):
                    result = driver.pgconn.prepare(b"", text, compiled._types)
                    assert result.status == ExecStatus.COMMAND_OK, (name, result.get_error_message())


def _clash(connection: Connection) -> None:
    (first, *_) = rows.mappings(connection, Prepared(select(orders)))
    Prepared(insert(orders)).run(connection, first)


def test_a_clash_is_sqlalchemys_error_and_quotes_no_value(ordered: Database) -> None:
    row = {**ordered.read(rows.mappings, Prepared(select(orders)))[0], "meta": {"secret": "hush"}}
    with pytest.raises(IntegrityError) as clash:
        ordered.write(lambda connection: Prepared(insert(orders)).run(connection, row))
    assert "orders" in violated_constraint(clash.value)
    assert "hush" not in str(clash.value)
    assert ordered.read(rows.values, select(func.count()).select_from(orders)) == [1]


def test_a_parameter_that_is_missing_is_not_taken_for_null(ordered: Database) -> None:
    with pytest.raises(KeyError, match="ids"):
        ordered.read(rows.plain, ITEMS, {"account": "a"})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL reads few rows without one
@pytest.mark.parametrize("table", [customers, orders, order_items, invoices], ids=str)
def test_a_list_of_ids_is_looked_up_in_the_index(ordered: Database, table: Table) -> None:
    wanted = table.c.account_id == bindparam("account"), is_one_of(table.c.id, id_list("ids"))

    def plan(connection: Connection) -> str:
        text = str(select(table).where(*wanted).compile(dialect=connection.dialect))
        return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ("a", "[]")).all()[0][3])

    assert "(account_id=? AND id=?)" in ordered.read(plan)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_is_asked_for_one_id_as_for_any_value(database: Database) -> None:
    with database._engine.connect() as connection:
        for name, prepared in prepared_statements():
            if not isinstance(prepared.statement, Insert):
                compiled: Any = prepared._form(connection, {})
                assert compiled._has_form_of_one is bool(compiled._lists), name
                assert "json_each" not in compiled._text_of_one, name


def test_no_prepared_statement_has_a_list_that_sqlalchemy_would_write_out(database: Database) -> None:
    found = dict(prepared_statements())
    assert len(found) > 50
    dialect = database.read(lambda connection: connection.dialect)
    for name, prepared in found.items():
        compiled: Any = prepared.statement.compile(dialect=dialect)
        assert not [each for each in compiled.binds.values() if each.expanding and each.required], name
