"""Customers' sessions: a token that expires, shown once, stored as a hash, for one customer's own data."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from invoicing import checks
from invoicing.access import Actor, ActorType, Principal, Scope
from invoicing.accounts.api_keys import is_revoked, token_hash
from invoicing.customers.details import find_active_customer
from invoicing.errors import Forbidden, NotFound
from invoicing.storage import rows
from invoicing.storage.tables import CustomerSession, api_keys, customer_sessions, customers, new_id

PREFIX = "inv_cs_"
DEFAULT_SECONDS = 3_600  # an hour
MAX_SECONDS = 7 * 24 * 3_600  # a week
SCOPES = frozenset((Scope.CUSTOMERS_READ, Scope.ORDERS_READ, Scope.INVOICES_READ))
OWN_SCOPES = frozenset((Scope.ORDERS_WRITE, Scope.INVOICES_WRITE))
"""To correct where an order of one's own is invoiced, and to have it invoiced."""
_NEEDED = (Scope.CUSTOMERS_WRITE, Scope.ORDERS_READ, Scope.INVOICES_READ)  # where SESSIONS_WRITE is lacking

_HAS_TOKEN = customer_sessions.c.token_hash == bindparam("hash")
_MAKER = select(customer_sessions.c.made_by).where(_HAS_TOKEN).scalar_subquery()
_BY_HASH = (
    select(customer_sessions, customers.c.name)
    .join(
        customers,
        and_(
            customers.c.account_id == customer_sessions.c.account_id,
            customers.c.id == customer_sessions.c.customer_id,
        ),
    )
    .where(
        _HAS_TOKEN,
        customer_sessions.c.revoked_at.is_(None),
        customer_sessions.c.expires_at > bindparam("now"),
        ~is_revoked(api_keys.c.id == _MAKER),
    )
)


def find_principal(connection: Connection, token: str, *, now: datetime) -> Principal | None:
    """The principal of a customer's token; None if it is unknown, expired or revoked, or its maker is."""
    row = connection.execute(_BY_HASH, {"hash": token_hash(token), "now": now}).one_or_none()
    if row is None:
        return None
    actor = Actor(row.customer_id, row.name, ActorType.CUSTOMER)
    return Principal(
        row.account_id,
        actor,
        SCOPES,
        row.customer_id,
        frozenset(Scope(scope) for scope in row.own_scopes or ()),
        row.id,
    )


def check_may_give_sessions(principal: Principal) -> None:
    """Raises Forbidden where a session would see more than the key that makes it."""
    lacking = [scope for scope in _NEEDED if scope not in principal.scopes]
    if Scope.SESSIONS_WRITE in principal.scopes or not lacking:
        return
    raise Forbidden(
        f"The API key “{principal.actor.name}” cannot give customers sessions: it lacks the scope "
        f"{Scope.SESSIONS_WRITE}, or else {', '.join(lacking)}.",
        ids=(Scope.SESSIONS_WRITE, *lacking),
    )


def check_may_end_sessions(principal: Principal) -> None:
    """Raises Forbidden."""
    if Scope.SESSIONS_WRITE not in principal.scopes:
        principal.require(Scope.CUSTOMERS_WRITE)


def own_scopes_from(principal: Principal) -> frozenset[Scope]:
    """What sessions that the principal makes may do: what it may do itself, unless it may give all of it."""
    return OWN_SCOPES if Scope.SESSIONS_WRITE in principal.scopes else OWN_SCOPES & principal.scopes


def create_customer_session(
    connection: Connection,
    principal: Principal,
    *,
    customer_id: str | None = None,
    customer_handle: str | None = None,
    seconds: int | None = None,
    return_url: str | None = None,
    now: datetime,
) -> tuple[CustomerSession, str]:
    """Creates a session, for an hour by default. Returns it with its token, which cannot be read again."""
    owner = find_active_customer(connection, principal, id=customer_id, handle=customer_handle)
    duration = checks.whole_number(1, MAX_SECONDS)(
        DEFAULT_SECONDS if seconds is None else seconds, "expires_in_seconds"
    )
    token = PREFIX + secrets.token_urlsafe(32)
    row = {
        "id": new_id(),
        "account_id": principal.account_id,
        "customer_id": owner.id,
        "token_hash": token_hash(token),
        "made_by": principal.key_id,
        "own_scopes": sorted(own_scopes_from(principal)),
        "return_url": checks.optional(checks.web_address)(return_url, "return_url"),
        "created_at": now,
        "expires_at": now + timedelta(seconds=duration),
    }
    connection.execute(insert(customer_sessions).values(row))
    return _find_session(connection, principal, str(row["id"])), token


def revoke_customer_session(
    connection: Connection, principal: Principal, session_id: str, *, now: datetime
) -> CustomerSession:
    """Revokes a session. Revoking it again changes nothing."""
    _find_session(connection, principal, session_id)
    connection.execute(
        update(customer_sessions)
        .where(customer_sessions.c.id == session_id, customer_sessions.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return _find_session(connection, principal, session_id)


def _find_session(connection: Connection, principal: Principal, session_id: str) -> CustomerSession:
    this = select(customer_sessions).where(
        customer_sessions.c.account_id == principal.account_id, customer_sessions.c.id == session_id
    )
    found = rows.one_or_none(connection, this, as_=CustomerSession)
    if found is None:
        raise NotFound(f"There is no customer session {session_id}.", field="id", ids=[session_id])
    return found
