"""API keys: shown once, stored as a hash, revoked at once; none gives scopes that it lacks."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, select

from invoicing.access import Actor, Principal, Scope
from invoicing.accounts import api_keys as keys
from invoicing.errors import ApiKeyTooDeep, Forbidden, NotFound, TooManyApiKeys, ValidationError
from invoicing.invoices import from_orders
from invoicing.storage.database import Database
from invoicing.storage.tables import api_keys
from tests.support import factories

READ = [Scope.ORDERS_READ, Scope.INVOICES_READ]


def made_key(database: Database, principal: Principal, now: datetime, *scopes: Scope) -> Principal:
    """The principal of a new key of the account."""
    _, token = database.write(keys.create_api_key, principal.account_id, name="Shop", scopes=scopes, now=now)
    found = database.read(keys.find_principal, token)
    assert found is not None
    return found


def ends_of_keys(database: Database, principal: Principal) -> dict[str, datetime | None]:
    return {key.id: end for key, end in database.read(keys.api_keys_of, principal.account_id)}


def keys_made_before(database: Database, principal: Principal, now: datetime, *makers: str | None) -> None:
    """Keys "key 0", "key 1" and so on, as there may be from before there were limits."""
    kept = {"account_id": principal.account_id, "name": "Old", "scopes": READ, "created_at": now}
    made = [
        {**kept, "id": f"key {number}", "token_hash": f"{number}", "made_by": maker}
        for number, maker in enumerate(makers)
    ]
    database.write(lambda connection: connection.execute(insert(api_keys), made))


def test_only_the_hash_of_a_token_is_kept(database: Database, principal: Principal, now: datetime) -> None:
    _, token = database.write(keys.create_api_key, principal.account_id, name="Shop", scopes=READ, now=now)
    assert token.startswith("inv_")
    assert len(token) == len("inv_") + 43
    (row,) = database.read(lambda connection: connection.execute(select(api_keys)).all())
    assert token not in [str(value) for value in row]
    assert row.token_hash == hashlib.sha256(token.encode()).hexdigest()


def test_a_token_has_its_account_and_scopes(database: Database, principal: Principal, now: datetime) -> None:
    key, token = database.write(
        keys.create_api_key, principal.account_id, name="Shop", scopes=[*READ, *READ], now=now
    )
    found = database.read(keys.find_principal, token)
    assert found is not None
    assert (found.account_id, found.scopes) == (principal.account_id, frozenset(READ))
    assert (found.actor.id, found.actor.name, found.actor.type) == (key.id, "Shop", "api_key")


def test_an_unknown_token_has_no_principal(database: Database, principal: Principal, now: datetime) -> None:
    database.write(keys.create_api_key, principal.account_id, name="Shop", scopes=READ, now=now)
    for token in ("", "inv_", "inv_unknown", "é", "\x00", "x" * 10_000):
        assert database.read(keys.find_principal, token) is None


def test_a_revoked_key_has_no_principal(database: Database, principal: Principal, now: datetime) -> None:
    key, token = database.write(keys.create_api_key, principal.account_id, name="Shop", scopes=READ, now=now)
    _, other = database.write(keys.create_api_key, principal.account_id, name="Other", scopes=READ, now=now)
    revoked = database.write(keys.revoke_api_key, principal, key.id, now=now)
    again = database.write(keys.revoke_api_key, principal, key.id, now=now + timedelta(days=1))
    assert revoked.revoked_at == again.revoked_at == now
    assert database.read(keys.find_principal, token) is None
    assert database.read(keys.find_principal, other) is not None


def test_a_key_ends_with_those_above_it(database: Database, principal: Principal, now: datetime) -> None:
    line, tokens = [made_key(database, principal, now, *READ)], []
    for name in ("child", "grandchild", "great-grandchild"):
        _, token = database.write(keys.delegate_api_key, line[-1], name=name, scopes=READ, now=now)
        found = database.read(keys.find_principal, token)
        assert found is not None
        line.append(found)
        tokens.append(token)
    database.write(keys.revoke_api_key, principal, line[1].actor.id, now=now)
    assert [database.read(keys.find_principal, token) for token in tokens] == [None] * 3
    ends = ends_of_keys(database, principal)
    assert [ends[each.actor.id] for each in line] == [None, now, now, now]


def test_a_key_that_was_revoked_before_its_maker_keeps_its_end(
    database: Database, principal: Principal, now: datetime
) -> None:
    maker, later = made_key(database, principal, now, *READ), now + timedelta(days=1)
    child, _ = database.write(keys.delegate_api_key, maker, name="Child", scopes=READ, now=now)
    database.write(keys.revoke_api_key, principal, child.id, now=now)
    database.write(keys.revoke_api_key, principal, maker.actor.id, now=later)
    assert ends_of_keys(database, principal)[child.id] == now


def test_what_a_revoked_key_makes_at_the_last_moment_does_not_work(
    database: Database, principal: Principal, now: datetime
) -> None:
    """A server remembers a key for a second after another one has revoked it."""
    maker = made_key(database, principal, now, *READ)
    database.write(keys.revoke_api_key, principal, maker.actor.id, now=now)
    _, token = database.write(keys.delegate_api_key, maker, name="Late", scopes=READ, now=now)
    assert database.read(keys.find_principal, token) is None


def test_an_account_has_so_many_keys_that_work(
    database: Database, principal: Principal, now: datetime
) -> None:
    maker = made_key(database, principal, now, *READ)
    child, _ = database.write(keys.delegate_api_key, maker, name="Child", scopes=READ, now=now)
    keys_made_before(database, principal, now, *[child.id] * (keys.MAX_KEYS - 2))
    with pytest.raises(TooManyApiKeys, match="at most 100 API keys that work"):
        made_key(database, principal, now, *READ)
    with pytest.raises(TooManyApiKeys):
        database.write(keys.delegate_api_key, maker, name="Another", scopes=READ, now=now)
    made_key(database, factories.principal(database), now, *READ)
    database.write(keys.revoke_api_key, principal, child.id, now=now)
    for _ in range(keys.MAX_KEYS - 1):
        made_key(database, principal, now, *READ)
    with pytest.raises(TooManyApiKeys):
        made_key(database, principal, now, *READ)


def test_a_line_of_keys_is_so_deep(database: Database, principal: Principal, now: datetime) -> None:
    line = [made_key(database, principal, now, *READ)]
    while len(line) < keys.MAX_DEPTH:
        _, token = database.write(keys.delegate_api_key, line[-1], name="Next", scopes=READ, now=now)
        found = database.read(keys.find_principal, token)
        assert found is not None
        line.append(found)
    with pytest.raises(ApiKeyTooDeep) as refusal:
        database.write(keys.delegate_api_key, line[-1], name="Last", scopes=READ, now=now)
    assert refusal.value.ids == (line[-1].actor.id,)
    database.write(keys.delegate_api_key, line[-2], name="Beside", scopes=READ, now=now)


def test_a_long_line_from_before_the_limit_is_listed_with_its_ends(
    database: Database, principal: Principal, now: datetime
) -> None:
    length = 3_000
    keys_made_before(database, principal, now, None, *(f"key {number}" for number in range(length - 1)))
    with pytest.raises(TooManyApiKeys):
        made_key(database, principal, now, *READ)
    database.write(keys.revoke_api_key, principal, "key 1000", now=now)
    ends = ends_of_keys(database, principal)
    assert [ends[f"key {number}"] for number in range(length)] == [None] * 1_000 + [now] * 2_000
    database.write(keys.revoke_api_key, principal, "key 10", now=now)
    made_key(database, principal, now, *READ)


def test_a_key_of_another_account_is_not_found(
    database: Database, principal: Principal, now: datetime
) -> None:
    theirs, token = database.write(
        keys.create_api_key, factories.principal(database).account_id, name="Shop", scopes=READ, now=now
    )
    for id in (theirs.id, "nothing"):
        with pytest.raises(NotFound, match=f"There is no API key {id}."):
            database.write(keys.revoke_api_key, principal, id, now=now)
    assert database.read(keys.find_principal, token) is not None
    assert database.read(keys.api_keys_of, principal.account_id) == []


def test_a_key_gives_no_scope_that_it_lacks(database: Database, principal: Principal, now: datetime) -> None:
    reader = made_key(database, principal, now, *READ)
    created, _ = database.write(keys.delegate_api_key, reader, name="Less", scopes=READ[:1], now=now)
    assert created.scopes == ["orders:read"]
    beyond = [Scope.ORDERS_READ, Scope.ORDERS_WRITE, Scope.ACCOUNT_WRITE]
    with pytest.raises(Forbidden) as refusal:
        database.write(keys.delegate_api_key, reader, name="More", scopes=beyond, now=now)
    assert refusal.value.field == "scopes"
    assert set(refusal.value.ids) == {"orders:write", "account:write"}
    assert len(database.read(keys.api_keys_of, principal.account_id)) == 2


def test_a_key_without_scopes_or_name_is_refused(
    database: Database, principal: Principal, now: datetime
) -> None:
    for name, scopes, field in (("Shop", [], "scopes"), (" ", READ, "name"), ("x" * 101, READ, "name")):
        with pytest.raises(ValidationError) as refusal:
            database.write(keys.delegate_api_key, principal, name=name, scopes=scopes, now=now)
        assert refusal.value.field == field


@pytest.mark.parametrize("scope", Scope)
def test_a_principal_may_do_what_it_has_the_scope_for(scope: Scope) -> None:
    principal = Principal("account", Actor("key", "Till", "api_key"), frozenset(Scope))
    principal.require(scope)
    others = Principal(principal.account_id, principal.actor, principal.scopes - {scope})
    with pytest.raises(Forbidden, match=f"lacks the scope {scope}.") as refusal:
        others.require(scope)
    assert refusal.value.ids == (scope,)


def test_an_invoice_remembers_the_key_that_issued_it(
    database: Database, principal: Principal, now: datetime
) -> None:
    key, token = database.write(
        keys.create_api_key, principal.account_id, name="Till 7", scopes=Scope, now=now
    )
    principal_of_key = database.read(keys.find_principal, token)
    assert principal_of_key is not None
    order = factories.order(database, principal)
    issued = database.write(from_orders.invoice_order, principal_of_key, order.id, now=now)
    assert (issued.actor_id, issued.actor_name, issued.actor_type) == (key.id, "Till 7", "api_key")
