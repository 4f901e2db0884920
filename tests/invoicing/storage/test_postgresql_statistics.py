"""PostgreSQL looks at young tables as they grow, and not only once a minute."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, insert, select, text

from invoicing.access import Principal
from invoicing.storage import postgresql_statistics
from invoicing.storage.database import Database
from invoicing.storage.tables import customers
from tests.support import factories

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def _nobody_else_looks(database: Database) -> None:
    """PostgreSQL itself might, in any moment."""

    def turn_off(connection: Connection) -> None:
        for table in ("customers", "order_items"):
            connection.exec_driver_sql(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")

    database.write(turn_off)


def add(database: Database, who: Principal, start: int, end: int) -> None:
    factories.customer(database, who, id=f"c{start}")

    def work(connection: Connection) -> None:
        row = connection.execute(select(customers).limit(1)).mappings().one()
        rows = [{**row, "id": f"c{number}", "handle": None} for number in range(start + 1, end)]
        connection.execute(insert(customers), rows)
        connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")  # or it may count them a second later

    database.write(work)


def collected(database: Database) -> Sequence[str]:
    return database.read(postgresql_statistics.collect)


def rows_planned_for(database: Database) -> float:
    of_table = text("SELECT reltuples FROM pg_class WHERE oid = 'customers'::regclass")
    return float(database.read(lambda connection: connection.execute(of_table).scalar_one()))


def test_a_table_is_looked_at_once_it_has_doubled(database: Database, principal: Principal) -> None:
    add(database, principal, 0, 50)
    assert collected(database) == []  # so few are read at once
    add(database, principal, 50, 60)
    assert collected(database) == ["customers"]
    assert rows_planned_for(database) == 60
    assert collected(database) == []
    add(database, principal, 60, 110)
    assert collected(database) == []
    add(database, principal, 110, 130)
    assert collected(database) == ["customers"]
    assert rows_planned_for(database) == 130


def test_what_is_large_is_left_to_postgresql(
    database: Database, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_statistics, "LARGE", 60)
    add(database, principal, 0, 60)
    assert collected(database) == []


def test_a_statement_that_was_planned_for_an_empty_table_is_planned_anew(
    database: Database, principal: Principal
) -> None:
    statement = "EXPLAIN EXECUTE found('a', 'b')"
    prepare = "PREPARE found(text, text) AS SELECT id FROM customers WHERE account_id = $1 AND name = $2"
    with database._engine.connect() as connection:
        connection.exec_driver_sql("SET plan_cache_mode = force_generic_plan")
        connection.exec_driver_sql(prepare)
        before = connection.exec_driver_sql(statement).scalars().all()
        connection.commit()
        add(database, principal, 0, 100)
        assert collected(database) == ["customers"]
        after = connection.exec_driver_sql(statement).scalars().all()
    assert before != after


def test_a_table_that_somebody_vacuums_is_not_waited_for_and_has_its_turn_later(
    database: Database, principal: Principal
) -> None:
    factories.order(database, principal, items=[factories.item() for _ in range(60)])
    add(database, principal, 0, 60)
    with database._engine.connect() as other:
        other.exec_driver_sql("LOCK TABLE customers IN SHARE UPDATE EXCLUSIVE MODE")
        assert collected(database) == ["customers", "order_items"]
        other.rollback()
    assert rows_planned_for(database) == -1
    assert collected(database) == ["customers"]
    assert rows_planned_for(database) == 60


def test_tables_are_found_in_another_schema_too(database: Database, principal: Principal) -> None:
    """PostgreSQL's own `search_path` has the schema of the user's name first."""
    add(database, principal, 0, 60)

    def as_somebody_with_a_schema(connection: Connection) -> Sequence[str]:
        connection.exec_driver_sql("CREATE SCHEMA first")
        connection.exec_driver_sql("SET LOCAL search_path = first, public")
        found = postgresql_statistics.collect(connection)
        connection.exec_driver_sql("DROP SCHEMA first")
        return found

    assert database.write(as_somebody_with_a_schema) == ["customers"]


def test_tables_of_another_owner_are_left_alone(database: Database, principal: Principal) -> None:
    add(database, principal, 0, 60)

    def as_guest(connection: Connection) -> Sequence[str]:
        for each in (
            "CREATE ROLE guest_of_statistics",
            "GRANT pg_read_all_stats TO guest_of_statistics",
            "SET LOCAL ROLE guest_of_statistics",
        ):
            connection.exec_driver_sql(each)
        found = postgresql_statistics.collect(connection)
        connection.exec_driver_sql("RESET ROLE")
        connection.exec_driver_sql("DROP OWNED BY guest_of_statistics")
        connection.exec_driver_sql("DROP ROLE guest_of_statistics")
        return found

    assert database.write(as_guest) == []
    assert collected(database) == ["customers"]
