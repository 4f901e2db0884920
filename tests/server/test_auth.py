"""Who may come in: a key that is known and not ended, on every request."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from invoicing.access import Principal, Scope
from invoicing.accounts import api_keys
from invoicing.customers import sessions
from invoicing.errors import Unauthorized
from invoicing.storage.database import Database
from server.auth import Authenticator
from tests.support import factories
from tests.support.client import Client, client

QUERY = {"query": "{ account { id } }"}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def authorized(shop: Client, value: str | None) -> Any:
    headers = {} if value is None else {"authorization": value}
    return shop.without_key().request("POST", json=QUERY, headers=headers)


def test_a_known_key_opens_its_account(shop: Client) -> None:
    for scheme in ("Bearer", "bearer", "BEARER"):
        answer = authorized(shop, f"{scheme} {shop.token}")
        assert answer.json() == {"data": {"account": {"id": shop.principal.account_id}}}
        assert answer.status_code == 200


def test_a_key_that_happens_to_look_like_a_session_opens_its_account_too(shop: Client) -> None:
    token = f"{sessions.PREFIX}{'x' * 40}"
    account_id = shop.principal.account_id
    shop.database.write(
        api_keys.create_api_key, account_id, name="Odd", scopes=Scope, now=factories.NOW, token=token
    )
    assert authorized(shop, f"Bearer {token}").json() == {"data": {"account": {"id": account_id}}}


def test_without_a_known_key_nothing_is_told(shop: Client) -> None:
    known = shop.token
    for value in (
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Basic {known}",
        f"{known}",
        f"Bearer {known}x",
        f"Bearer {known} x",
        f"Bearer {known}".upper(),
        "Bearer " + "x" * 10_000,
    ):
        answer = authorized(shop, value)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/json"
        (error,) = answer.json()["errors"]
        assert error["extensions"] == {"code": "UNAUTHORIZED"}
        assert "data" not in answer.json()
        assert re.search("API key|token", error["message"])
        assert str(known) not in answer.text


def test_a_key_in_the_address_is_no_key(shop: Client) -> None:
    answer = shop.without_key().request("GET", f"/graphql?query={{account{{id}}}}&token={shop.token}")
    assert answer.status_code == 401


def test_a_revoked_key_is_unknown_from_then_on(shop: Client) -> None:
    other = shop.limited_to(Scope.ACCOUNT_READ)
    assert other.ask("{ account { id } }")
    mutation = (
        f'mutation {{ revokeApiKey(input: {{id: "{other.principal.actor.id}"}}) {{ api_key {{ id }} }} }}'
    )
    assert shop.ask(mutation)
    assert other.post("{ account { id } }").status_code == 401
    assert shop.ask("{ account { id } }")


def test_a_key_can_end_itself(shop: Client) -> None:
    mutation = (
        f'mutation {{ revokeApiKey(input: {{id: "{shop.principal.actor.id}"}}) {{ api_key {{ id }} }} }}'
    )
    assert shop.ask(mutation)
    assert shop.post("{ account { id } }").status_code == 401


def test_a_key_that_another_process_revoked_ends_within_a_second(
    shop: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock is moved on; nothing of ours is replaced."""
    clock = [1_000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    assert authorized(shop, f"Bearer {shop.token}").status_code == 200
    database.write(api_keys.revoke_api_key, shop.principal, shop.principal.actor.id, now=factories.NOW)
    clock[0] += 1.01
    assert authorized(shop, f"Bearer {shop.token}").status_code == 401


def test_each_key_acts_for_its_own_account(shop: Client) -> None:
    neighbour = shop.neighbour()
    for one in (shop, neighbour, replace(shop), neighbour):
        assert one.ask("{ account { id } }")["account"]["id"] == one.principal.account_id


@pytest.mark.anyio
async def test_who_comes_after_a_key_was_revoked_does_not_get_what_was_looked_up_before(
    shop: Client, database: Database
) -> None:
    authenticator = Authenticator(database)
    token = str(shop.token)
    looking = asyncio.create_task(authenticator.principal_of(token))
    await asyncio.sleep(0)
    database.write(api_keys.revoke_api_key, shop.principal, shop.principal.actor.id, now=factories.NOW)
    authenticator.forget()
    for _ in range(2):
        with pytest.raises(Unauthorized):
            await authenticator.principal_of(token)
        await asyncio.gather(looking, return_exceptions=True)


@pytest.mark.anyio
async def test_what_was_looked_up_while_a_key_was_revoked_is_not_remembered(
    shop: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    authenticator = Authenticator(database)
    find = api_keys.find_principal

    def find_and_revoke(connection: Connection, token: str) -> Principal | None:
        found = find(connection, token)
        authenticator.forget()
        return found

    monkeypatch.setattr(api_keys, "find_principal", find_and_revoke)
    await authenticator.principal_of(str(shop.token))
    assert not authenticator.has_found(str(shop.token))


@pytest.mark.anyio
async def test_all_who_come_at_once_with_one_key_are_looked_up_once(
    shop: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    authenticator = Authenticator(database)
    looked_up: list[str] = []
    find = api_keys.find_principal

    def counted(connection: Connection, token: str) -> Principal | None:
        looked_up.append(token)
        return find(connection, token)

    monkeypatch.setattr(api_keys, "find_principal", counted)
    found = await asyncio.gather(*(authenticator.principal_of(str(shop.token)) for _ in range(20)))
    assert found == [shop.principal] * 20
    assert looked_up == [shop.token]
