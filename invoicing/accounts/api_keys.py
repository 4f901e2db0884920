"""API keys: shown once, stored as a hash, revocable. A key ends with the key that made it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, exists, insert, select, update

from invoicing import checks
from invoicing.access import Actor, ActorType, Principal, Scope
from invoicing.errors import ApiKeyTooDeep, Forbidden, NotFound, TooManyApiKeys, ValidationError
from invoicing.locks import lock_account
from invoicing.storage import rows
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import ApiKey, api_keys, new_id

PREFIX = "inv_"
MAX_KEYS = 100  # of an account that have not ended
MAX_DEPTH = 5  # of a line of keys that made each other


def is_revoked(key: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether this key was revoked, or the key that made it, or the one that made that one, and so on."""
    line = select(api_keys.c.made_by, api_keys.c.revoked_at).where(key).cte("line", recursive=True)
    maker = api_keys.alias()
    line = line.union_all(
        select(maker.c.made_by, maker.c.revoked_at).join(line, maker.c.id == line.c.made_by)
    )
    return exists().where(line.c.revoked_at.is_not(None))


_HAS_TOKEN = api_keys.c.token_hash == bindparam("hash")
_BY_HASH = Prepared(select(api_keys).where(_HAS_TOKEN, ~is_revoked(_HAS_TOKEN)))


def find_principal(connection: Connection, token: str) -> Principal | None:
    """The principal of a token; None if it is unknown, or revoked as `is_revoked` says."""
    key = rows.one_or_none(connection, _BY_HASH, {"hash": token_hash(token)}, as_=ApiKey)
    if key is None:
        return None
    actor = Actor(key.id, key.name, ActorType.API_KEY)
    return Principal(key.account_id, actor, frozenset(Scope(scope) for scope in key.scopes))


def create_api_key(
    connection: Connection,
    account_id: str,
    *,
    name: str,
    scopes: Iterable[Scope],
    now: datetime,
    token: str | None = None,
    made_by: str | None = None,
) -> tuple[ApiKey, str]:
    """Creates a key, which ends with the key that made it. The account is locked, as its keys are counted.

    Returns it with its token, which cannot be read again later.
    """
    token = token or PREFIX + secrets.token_urlsafe(32)
    granted = sorted(set(scopes))
    if not granted:
        raise ValidationError("A key needs at least one scope.", field="scopes")
    row = {
        "id": new_id(),
        "account_id": account_id,
        "name": checks.text(100)(name, "name"),
        "token_hash": token_hash(token),
        "scopes": granted,
        "made_by": made_by,
        "created_at": now,
    }
    lock_account(connection, account_id)
    _check_room(connection, account_id, made_by)
    connection.execute(insert(api_keys).values(row))
    return _find_key(connection, account_id, str(row["id"])), token


def delegate_api_key(
    connection: Connection, principal: Principal, *, name: str, scopes: Sequence[Scope], now: datetime
) -> tuple[ApiKey, str]:
    """Creates a key with no scope that the principal itself lacks."""
    beyond = [scope for scope in scopes if scope not in principal.scopes]
    if beyond:
        raise Forbidden(
            f"A key cannot give scopes that it lacks: {', '.join(beyond)}.", field="scopes", ids=beyond
        )
    return create_api_key(
        connection, principal.account_id, name=name, scopes=scopes, now=now, made_by=principal.key_id
    )


def revoke_api_key(connection: Connection, principal: Principal, key_id: str, *, now: datetime) -> ApiKey:
    """Revokes a key with no more scopes than the principal. Revoking it again changes nothing."""
    key = _find_key(connection, principal.account_id, key_id)
    if beyond := sorted(set(key.scopes) - set(principal.scopes)):
        raise Forbidden(
            f"A key cannot revoke one with more scopes: {', '.join(beyond)}.", field="id", ids=beyond
        )
    connection.execute(
        update(api_keys)
        .where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return _find_key(connection, principal.account_id, key_id)


def api_keys_of(connection: Connection, account_id: str) -> list[tuple[ApiKey, datetime | None]]:
    """The account's keys, newest first, each with when it ended."""
    this = select(api_keys).where(api_keys.c.account_id == account_id).order_by(api_keys.c.created_at.desc())
    keys = rows.all_(connection, this, as_=ApiKey)
    ends = _ends_of(keys)
    return [(key, ends[key.id]) for key in keys]


def _ends_of(keys: Sequence[ApiKey]) -> dict[str, datetime | None]:
    """When each key ended: by itself, or with one of those above it; None while it works."""
    by_id = {key.id: key for key in keys}
    ends: dict[str | None, datetime | None] = {None: None}
    for id in _makers_first({key.id: key.made_by for key in keys}):
        key = by_id[id]
        both = (key.revoked_at, ends[key.made_by])
        ends[id] = min((end for end in both if end is not None), default=None)
    return {key.id: ends[key.id] for key in keys}


def _check_room(connection: Connection, account_id: str, made_by: str | None) -> None:
    """Raises TooManyApiKeys or ApiKeyTooDeep."""
    depths = _depths(connection, account_id)
    if len(depths) >= MAX_KEYS:
        raise TooManyApiKeys(f"An account has at most {MAX_KEYS} API keys that work: revoke one first.")
    if made_by is not None and depths.get(made_by, 0) >= MAX_DEPTH:
        raise ApiKeyTooDeep(ids=[made_by])


def _depths(connection: Connection, account_id: str) -> dict[str, int]:
    """How deep each key of the account that works is in its line; 1 where the command line made it."""
    not_revoked = select(api_keys.c.id, api_keys.c.made_by).where(
        api_keys.c.account_id == account_id, api_keys.c.revoked_at.is_(None)
    )
    makers: dict[str, str | None] = dict(connection.execute(not_revoked).all())
    depths: dict[str | None, int] = {None: 0}
    for id in _makers_first(makers):
        if (made_by := makers[id]) in depths:
            depths[id] = depths[made_by] + 1
    return {id: depth for id, depth in depths.items() if id is not None}


def _makers_first(makers: Mapping[str, str | None]) -> Iterator[str]:
    """The keys, each of them once and after the one that made it."""
    seen = set()
    for id in makers:
        line: list[str] = []
        above: str | None = id
        while above is not None and above in makers and above not in seen:
            seen.add(above)
            line.append(above)
            above = makers[above]
        yield from reversed(line)


def token_hash(token: str) -> str:
    """Plain SHA-256 is enough, as a token is 256 random bits and not a password."""
    return hashlib.sha256(token.encode()).hexdigest()


def _find_key(connection: Connection, account_id: str, key_id: str) -> ApiKey:
    this = select(api_keys).where(api_keys.c.account_id == account_id, api_keys.c.id == key_id)
    found = rows.one_or_none(connection, this, as_=ApiKey)
    if found is None:
        raise NotFound(f"There is no API key {key_id}.", field="id", ids=[key_id])
    return found
