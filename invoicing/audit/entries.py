"""Writes the audit log, in the transaction of the change itself and as its last statements.

An account has a few chains (lanes), so that its commands do not wait for each other: whoever writes takes one
that is free. The end of each chain stands in `audit_heads`; a trigger advances it with every entry, and
refuses an entry that does not follow on it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

import orjson
from sqlalchemy import Connection, Integer, bindparam, insert, literal, select, true

from invoicing.access import Actor, Principal
from invoicing.audit import subjects
from invoicing.audit.actions import AuditAction
from invoicing.audit.chain import START, hash_in_place, json_around_place
from invoicing.audit.subjects import Subject
from invoicing.locks import LOCKED_AUDIT_HEAD
from invoicing.storage import changes
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import audit_entries, audit_heads, new_id

P = ParamSpec("P")
T = TypeVar("T")

LANES = 8

_HEAD = LOCKED_AUDIT_HEAD.c
_NUMBER = _HEAD.sequence + literal(1, Integer)
_PLACE = {
    "lane": _HEAD.lane,
    "sequence": _NUMBER,
    "previous": _HEAD.hash,
    "hash": hash_in_place(_HEAD.lane, _NUMBER, _HEAD.hash),
}
_ENTRY = select(
    *[
        _PLACE[column.name] if column.name in _PLACE else bindparam(column.name, type_=column.type)
        for column in audit_entries.c
    ]
).select_from(select(literal(1)).subquery("always").outerjoin(LOCKED_AUDIT_HEAD, true()))
_INSERT = Prepared(insert(audit_entries).from_select([*audit_entries.c.keys()], _ENTRY))
"""Appends to the chain in one statement. Without a chain it fails, as the columns of the place are null."""
_INSERT_HEADS = insert(audit_heads)


@dataclass(frozen=True, slots=True)
class Act:
    """Who does what. `about` is what it is done to, as far as that is known before it is done."""

    account_id: str
    actor: Actor
    action: AuditAction
    at: datetime
    about: tuple[Subject, ...] = ()
    customer_id: str | None = None
    request_id: str | None = None

    @classmethod
    def of(
        cls,
        principal: Principal,
        action: AuditAction,
        *about: Subject,
        at: datetime,
        request_id: str | None = None,
    ) -> Act:
        """A session acts under its own id, for its customer."""
        actor = principal.actor
        if principal.session_id is not None:
            actor = Actor(principal.session_id, actor.name, actor.type)
        return cls(principal.account_id, actor, action, at, about, principal.customer_id, request_id)


def audited(
    act: Act,
    command: Callable[Concatenate[Connection, P], T],
    subjects_of: Callable[[T], Iterable[Subject]] = lambda _: (),
) -> Callable[Concatenate[Connection, P], T]:
    """The command, which leaves its entry in the log if it changed anything.

    The same request again returns what was made the first time: that changes nothing, and leaves no entry.
    """

    def run(connection: Connection, /, *args: P.args, **kwargs: P.kwargs) -> T:
        changes.forget(connection)
        subjects.collect(connection)
        result = command(connection, *args, **kwargs)
        noted = subjects.collect(connection)
        if changes.were_made(connection):
            record(connection, act, [*act.about, *subjects_of(result), *noted])
        return result

    return run


def record(connection: Connection, act: Act, done_to: Iterable[Subject]) -> None:
    """Adds an entry to a chain of the account, which stays locked until the transaction ends.

    Call it last: whoever has this lock is to wait for nobody.
    """
    named = list(dict.fromkeys(done_to))
    if not named:
        raise LookupError(f"It is not known what {act.action} was done to.")
    row: dict[str, Any] = {
        "account_id": act.account_id,
        "id": new_id(),
        "created_at": act.at,
        "action": act.action,
        "actor_type": act.actor.type,
        "actor_id": act.actor.id,
        "customer_id": act.customer_id,
        "request_id": act.request_id,
        "subjects": orjson.dumps([list(each) for each in named]).decode(),
    }
    chain = {"account": act.account_id, "any_lane": random.randrange(LANES)}  # noqa: S311 (any lane will do)
    _INSERT.send(connection, {**row, **chain, **json_around_place(row)})


def open_log(connection: Connection, account_id: str) -> None:
    """The empty chains of a new account. `verify` misses them if they are gone."""
    empty = {"account_id": account_id, "sequence": 0, "hash": START}
    connection.execute(_INSERT_HEADS, [{**empty, "lane": lane} for lane in range(LANES)])
