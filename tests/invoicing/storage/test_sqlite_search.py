"""SQLite's indexes of searches: what a transaction has changed is indexed at its end, all of it together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from alembic import command
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select, text

from invoicing.access import Principal
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from invoicing.storage.tables import customers
from tests.conftest import FreshUrl
from tests.support import factories

WORDS = ("ann baker", "bob cook", "ann cook", "eva")
TABLES = ("customers", "orders", "invoices")
IDS = ("c1", "c2", "c3")

Change = tuple[str, str, str]
"""What is done, the id and the text of a row."""
CHANGES = st.tuples(
    st.sampled_from(("insert", "update", "delete")), st.sampled_from(IDS), st.sampled_from(WORDS)
)


class Refused(Exception):
    """Raised by a command after what it has done."""


@pytest.fixture
def database(fresh_sqlite: FreshUrl) -> Iterator[Database]:
    with fresh_sqlite() as url:
        database = Database(url)
        yield database
        database.close()


def apply(connection: Connection, changes: Sequence[Change], *, is_refused: bool = False) -> None:
    for kind, id, words in changes:
        own = customers.c.id == id
        if kind == "delete":
            connection.execute(customers.delete().where(own))
        elif kind == "update":
            connection.execute(customers.update().where(own).values(search_text=words))
        elif not connection.execute(select(customers.c.id).where(own)).all():
            row = connection.execute(select(customers).where(customers.c.id == "zoe")).mappings().one()
            copy = {**row, "id": id, "handle": id, "search_text": words}
            connection.execute(customers.insert().values(copy))
    if is_refused:
        raise Refused


def by_index(connection: Connection, words: str) -> set[int]:
    """The rows that the index has for the trigrams of these words."""
    trigrams = " AND ".join(f'search_text : "{words[at : at + 3]}"' for at in range(len(words) - 2))
    found = text("SELECT rowid FROM customers_found WHERE customers_found MATCH :wanted")
    return {*connection.execute(found, {"wanted": trigrams}).scalars()}


def by_text(connection: Connection, words: str) -> set[int]:
    """The rows that have all trigrams of these words."""
    rows = connection.execute(text("SELECT rowid, search_text FROM customers")).all()
    trigrams = {words[at : at + 3] for at in range(len(words) - 2)}
    return {row for row, has in rows if all(each in has for each in trigrams)}


def unindexed(connection: Connection) -> int:
    count: int = connection.exec_driver_sql("SELECT count(*) FROM unindexed").scalar_one()
    return count


def parts(connection: Connection) -> int:
    """Of which the index of customers is made."""
    count: int = connection.exec_driver_sql(
        "SELECT count(DISTINCT segid) FROM customers_found_idx"
    ).scalar_one()
    return count


def write_together(database: Database, works: Sequence[Any]) -> list[BaseException | None]:
    """Has the commands share a transaction: all of them wait behind the first."""
    outcomes = []

    def first(_: Connection) -> None:
        outcomes.extend(database._writer.submit_each(works, None))

    database.write(first)
    return [each.exception() for each in outcomes]


@settings(max_examples=60)
@given(data=st.data())
def test_the_index_has_what_the_texts_have_after_every_transaction(
    fresh_sqlite: FreshUrl, data: st.DataObject
) -> None:
    with fresh_sqlite() as url:
        database = Database(url)
        try:
            factories.customer(database, factories.principal(database), id="zoe", name="Zoe")
            for _ in range(data.draw(st.integers(1, 4))):
                commands = data.draw(
                    st.lists(st.tuples(st.lists(CHANGES, max_size=4), st.booleans()), max_size=3)
                )
                works = [
                    partial(apply, changes=changes, is_refused=is_refused) for changes, is_refused in commands
                ]
                refused = write_together(database, works)
                assert list(map(bool, refused)) == [is_refused for _, is_refused in commands]
                assert database.read(unindexed) == 0
                for words in (*WORDS, "zoe"):
                    assert database.read(by_index, words) == database.read(by_text, words)
        finally:
            database.close()


def test_commands_that_share_a_commit_add_one_part(database: Database) -> None:
    factories.customer(database, factories.principal(database), id="zoe", name="Zoe")
    before = database.read(parts)
    works = [partial(apply, changes=[("insert", id, words)]) for id, words in zip(IDS, WORDS, strict=False)]
    assert write_together(database, works) == [None] * 3
    assert database.read(parts) == before + 1


def test_a_transaction_that_fails_leaves_nothing_to_index(database: Database) -> None:
    factories.customer(database, factories.principal(database), id="zoe", name="Zoe")
    with suppress(Refused):
        database.write(apply, [("insert", "c1", "ann baker")], is_refused=True)
    assert database.read(unindexed) == 0
    assert database.read(by_index, "ann baker") == set()


def test_what_somebody_else_has_written_is_indexed_with_the_next_commit(database: Database) -> None:
    factories.customer(database, factories.principal(database), id="zoe", name="Zoe")
    with database._engine.begin() as connection:
        apply(connection, [("insert", "c1", "ann baker")])
    assert database.read(by_index, "ann baker") == set()
    factories.customer(database, factories.principal(database), id="yan", name="Yann")
    assert database.read(by_index, "ann baker") == database.read(by_text, "ann baker") != set()


def migrate_from_0028(connection: Connection) -> None:
    """As the triggers of revision 0022 were."""
    for table in TABLES:
        columns, values = "rowid, account, search_text", "substr('000' || {0}account_id, -3), {0}search_text"
        add = f"INSERT INTO {table}_found ({columns}) VALUES (new.rowid, {values.format('new.')})"  # noqa: S608
        take = (
            f"INSERT INTO {table}_found ({table}_found, {columns}) "  # noqa: S608
            f"VALUES ('delete', old.rowid, {values.format('old.')})"
        )
        for change, condition, done in (
            ("INSERT", "", add),
            ("DELETE", "", take),
            ("UPDATE", "WHEN old.search_text <> new.search_text", f"{take}; {add}"),
        ):
            name = f"{table}_found_{change.lower()}"
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
            connection.exec_driver_sql(
                f"CREATE TRIGGER {name} AFTER {change} ON {table} {condition} BEGIN {done}; END"
            )
    connection.exec_driver_sql("DROP TABLE unindexed")
    connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0028'")


def migrate(connection: Connection) -> None:
    config = running.config()
    config.attributes["connection"] = connection
    command.upgrade(config, "0029")


def test_what_was_there_before_is_found_changed_and_taken(fresh_sqlite: FreshUrl) -> None:
    with fresh_sqlite() as url:
        older = Database(url)
        seller: Principal = factories.principal(older)
        factories.customer(older, seller, id="zoe", name="Zoe")
        with older._engine.begin() as connection:
            migrate_from_0028(connection)
        older.close()
        database = Database(url)
        database.write(apply, [("insert", id, words) for id, words in zip(IDS, WORDS, strict=False)])
        assert database.read(by_index, "ann") == database.read(by_text, "ann") != set()
        database.write(migrate)
        changes = [("update", "c1", "eva"), ("delete", "c3", ""), ("insert", "c4", "ann cook")]
        for done in ([], *[[each] for each in changes]):
            database.write(apply, done)
            for words in ("ann", "eva", *WORDS):
                assert database.read(by_index, words) == database.read(by_text, words)
        database.close()
