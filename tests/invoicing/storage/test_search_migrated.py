"""The migration that makes the indexes of searches, where the database has them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from sqlalchemy import URL, Connection, text

from invoicing.access import Principal
from invoicing.storage import migrations
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from invoicing.storage.search import Search
from invoicing.storage.tables import customers
from tests.invoicing.storage.test_search import fill, found, texts
from tests.support import factories

TABLES = ("customers", "orders", "invoices")
TRIGGERS = [f"DROP TRIGGER {{0}}_found_{change}" for change in ("insert", "update", "delete")]
BEFORE = {
    "sqlite": ["DROP TABLE {0}_found", *TRIGGERS],
    "postgresql": ["DROP INDEX IF EXISTS {0}_found"],
}


@pytest.fixture(params=["sqlite", "postgresql", "debian"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    with request.getfixturevalue(f"fresh_{request.param}")() as url:
        yield url


def migrate_from_0021(connection: Connection) -> None:
    settings = running.config()
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    for table in TABLES:
        for statement in BEFORE[connection.dialect.name]:
            connection.execute(text(statement.format(table)))
    if connection.dialect.name == "postgresql":
        connection.execute(text("DROP EXTENSION IF EXISTS pg_trgm"))
    connection.execute(text("UPDATE alembic_version SET version_num = '0021'"))
    settings.attributes["connection"] = connection
    command.upgrade(settings, "0022")
    connection.execute(text("UPDATE alembic_version SET version_num = :last"), {"last": version})


def has_index(database: Database) -> bool:
    kinds = {"sqlite": "SELECT name FROM sqlite_master", "postgresql": "SELECT indexname FROM pg_indexes"}
    statement = text(kinds["sqlite" if database.is_sqlite else "postgresql"])
    return "customers_found" in database.read(
        lambda connection: connection.execute(statement).scalars().all()
    )


def test_what_was_there_is_found(
    database: Database, principal: Principal, request: pytest.FixtureRequest
) -> None:
    factories.customer(database, principal, id="zoe", name="Zoe")
    fill(database, customers, texts(seed=4))
    database.write(migrate_from_0021)
    assert has_index(database) is ("[postgresql]" not in request.node.name)
    assert found(database, principal, "customers", "zoe") == ["zoe"]
    assert found(database, principal, "customers", "n-00017") == ["c000017"]

    def candidates(connection: Connection) -> int:
        search = Search(connection, customers, principal.account_id, "n-00017")
        return len(connection.execute(search.candidates).all())

    assert database.read(candidates) >= 1
    factories.customer(database, principal, id="yan", name="Yann Zola")
    assert found(database, principal, "customers", "yann z") == ["yan"]


def test_who_may_not_make_extensions_migrates_without(debian_server: URL) -> None:
    name = f"plain_{uuid4().hex[:12]}"
    with psycopg.connect(debian_server.render_as_string(hide_password=False), autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {name} LOGIN".encode())
        owner.execute(f"CREATE DATABASE {name}".encode())
        url = debian_server.set(database=name)
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as inside:
            inside.execute(f"GRANT ALL ON SCHEMA public TO {name}".encode())
        plain = Database(url.set(username=name).render_as_string(hide_password=False))
        migrations.upgrade(plain)
        assert migrations.is_current(plain)
        assert not has_index(plain)
        plain.close()
        owner.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        owner.execute(f"DROP ROLE {name}".encode())
