"""The migration by which keys and sessions know the key that made them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import Connection, text

from invoicing.access import Principal, Scope
from invoicing.accounts import api_keys as keys
from invoicing.customers import sessions
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from tests.support import factories
from tests.support.factories import NOW

BEFORE = (
    "DROP TABLE customer_sessions",
    "DROP TABLE api_keys",
    "CREATE TABLE api_keys (id VARCHAR NOT NULL CONSTRAINT api_keys_key PRIMARY KEY, account_id VARCHAR "
    "NOT NULL REFERENCES accounts (id), name VARCHAR NOT NULL, token_hash VARCHAR NOT NULL UNIQUE, "
    "scopes JSON NOT NULL, created_at TIMESTAMP NOT NULL, revoked_at TIMESTAMP)",
    "CREATE TABLE customer_sessions (id VARCHAR NOT NULL PRIMARY KEY, account_id VARCHAR NOT NULL, "
    "customer_id VARCHAR NOT NULL, token_hash VARCHAR NOT NULL UNIQUE, return_url TEXT, "
    "created_at TIMESTAMP NOT NULL, expires_at TIMESTAMP NOT NULL, revoked_at TIMESTAMP)",
    "UPDATE alembic_version SET version_num = '0017'",
)
KEY = text(
    "INSERT INTO api_keys (id, account_id, name, token_hash, scopes, created_at) "
    "VALUES (:id, :account, :id, :hash, :scopes, '2025-06-02 09:30:00.000000')"
)
SESSION = text(
    "INSERT INTO customer_sessions (id, account_id, customer_id, token_hash, created_at, expires_at) "
    "VALUES ('s', :account, 'ann', :hash, '2025-06-02 09:30:00.000000', '2025-06-02 10:30:00.000000')"
)
SHOP = ["customers:read", "customers:write", "invoices:read", "invoices:write", "orders:read", "orders:write"]


@pytest.fixture
def migrated(database: Database, principal: Principal) -> Database:
    """A database of before with two keys, whose tokens are their names, and Ann's session."""
    factories.customer(database, principal, id="ann")
    settings = running.config()

    def migrate(connection: Connection) -> None:
        for statement in BEFORE:
            connection.execute(text(statement))
        for id, scopes in (("shop", SHOP), ("desk", SHOP[1:])):
            given = {"id": id, "hash": keys.token_hash(id), "scopes": json.dumps(scopes)}
            connection.execute(KEY, {**given, "account": principal.account_id})
        anns = {"account": principal.account_id, "hash": keys.token_hash("inv_cs_ann")}
        connection.execute(SESSION, anns)
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0018")

    database.write(migrate)
    return database


def test_keys_that_could_do_all_of_it_may_give_sessions(migrated: Database) -> None:
    shop, desk = (migrated.read(keys.find_principal, token) for token in ("shop", "desk"))
    assert shop is not None
    assert desk is not None
    assert shop.scopes == {*map(Scope, SHOP), Scope.SESSIONS_WRITE}
    assert desk.scopes == set(map(Scope, SHOP[1:]))


def test_sessions_keep_what_they_may_do_until_they_expire(migrated: Database) -> None:
    found = migrated.read(sessions.find_principal, "inv_cs_ann", now=NOW)
    assert found is not None
    assert (found.customer_id, found.own_scopes) == ("ann", sessions.OWN_SCOPES)
    late = NOW + timedelta(hours=1)
    assert migrated.read(sessions.find_principal, "inv_cs_ann", now=late) is None


def test_keys_of_before_make_keys_that_end_with_them(migrated: Database, now: datetime) -> None:
    shop = migrated.read(keys.find_principal, "shop")
    assert shop is not None
    _, token = migrated.write(keys.delegate_api_key, shop, name="Till", scopes=[Scope.ORDERS_READ], now=now)
    assert migrated.read(keys.find_principal, token) is not None
    migrated.write(keys.revoke_api_key, shop, "shop", now=now)
    assert migrated.read(keys.find_principal, token) is None
