"""The same request again does nothing twice, and returns what it made the first time.

What a command makes keeps the key that the caller gave it and the fingerprint of the request. The key is an
`idempotency_key`, or an id that the caller gave to the thing itself. It is the account's own, and among its
payments, its orders, its customers or its invoices it names one request for good.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol, TypeVar

import orjson
from sqlalchemy import Connection, Table, bindparam, select

from invoicing.access import Principal
from invoicing.errors import IdempotencyKeyReused, InvoicingError, ValidationError
from invoicing.storage import rows
from invoicing.storage.prepared import Prepared


class Made(Protocol):
    """What a command made, with the fingerprint of the request."""

    @property
    def request(self) -> str | None: ...


T = TypeVar("T")
M = TypeVar("M", bound=Made)

Find = Callable[[Connection, Principal, str], M | None]
"""Finds what was made under a key in the principal's account."""


def fingerprint(*asked: Any) -> str:
    """The same for the same request: its values as JSON, hashed. Null values count as left out."""
    given = [_given(each) for each in asked]
    try:
        return hashlib.sha256(orjson.dumps(given, option=orjson.OPT_SORT_KEYS)).hexdigest()
    except TypeError as error:  # half a surrogate pair, or a number beyond 64 bits
        raise ValidationError(f"The request cannot be written as JSON: {error}.") from error


def find_in(table: Table, as_: type[M]) -> Find[M]:
    """Finds the table's row with the `idempotency_key`."""
    statement = Prepared(
        select(table).where(
            table.c.account_id == bindparam("account"), table.c.idempotency_key == bindparam("key")
        )
    )

    def find(connection: Connection, principal: Principal, key: str) -> M | None:
        return rows.one_or_none(connection, statement, {"account": principal.account_id, "key": key}, as_=as_)

    return find


def asked_by(request: str | None) -> Callable[[Made], bool]:
    """Whether this request, by its fingerprint, made it; one without a fingerprint made nothing before."""
    return lambda made: request is not None and made.request == request


def made_before(
    connection: Connection,
    principal: Principal,
    find: Find[M],
    key: str | None,
    is_same: Callable[[M], bool],
    *,
    refusal: Callable[[M], InvoicingError] | None = None,
) -> M | None:
    """What the same request made under this key before; refuses another request under it.

    Call it after locking what the request changes, or use `once`, which looks again.
    """
    if key is None:
        return None
    made = find(connection, principal, key)
    if made is not None and not is_same(made):
        raise refusal(made) if refusal else IdempotencyKeyReused(field="idempotency_key", ids=[key])
    return made


def once(connection: Connection, look: Callable[[], T | None], make: Callable[[], T]) -> T:
    """What was made before (`look`) or else is made now, also if the same request comes twice at a time.

    What is made may clash with what another call made between the look and the insert: with its key, or with
    an id that both name. Then all of it is undone, including the numbers it took, before the second look.
    """
    if (made := look()) is not None:
        return made
    if connection.dialect.name == "sqlite":  # whose one writer is here: nobody makes it after the look
        return make()
    # Late, or SQLite would wait until PostgreSQL's driver is loaded.
    from invoicing.storage.postgresql_savepoint import savepoint

    try:
        with savepoint(connection):  # PostgreSQL goes on after a refusal only from a savepoint
            return make()
    except InvoicingError:
        if (made := look()) is not None:
            return made
        raise


def make_once(
    connection: Connection,
    principal: Principal,
    find: Find[M],
    key: str | None,
    asked: Callable[[], tuple[Any, ...]],
    make: Callable[[dict[str, str]], M],
) -> M:
    """What is `asked` for, made once under the key. `make` gets the columns that keep both."""
    if key is None:
        return make({})
    request = fingerprint(*asked())
    look = partial(made_before, connection, principal, find, key, asked_by(request))
    return once(connection, look, partial(make, {"idempotency_key": key, "request": request}))


def _given(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _given(each) for name, each in value.items() if each is not None}
    return value
