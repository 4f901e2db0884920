"""Who makes a request, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from invoicing.errors import Forbidden


class Scope(StrEnum):
    ACCOUNT_READ = "account:read"
    ACCOUNT_WRITE = "account:write"
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    INVOICES_READ = "invoices:read"
    INVOICES_WRITE = "invoices:write"
    PAYMENTS_WRITE = "payments:write"
    SESSIONS_WRITE = "sessions:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"
    AUDIT_READ = "audit:read"


class ActorType(StrEnum):
    API_KEY = "api_key"
    CUSTOMER = "customer"
    COMMAND_LINE = "command_line"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, as stored in `created_by`."""

    id: str
    name: str
    type: str


COMMAND_LINE = Actor("command-line", "Command line", ActorType.COMMAND_LINE)
"""Whoever can run commands on this machine."""
WORKER = Actor("worker", "Worker", ActorType.WORKER)
"""What works beside the requests, and does what nobody has asked for just now."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The account that a request acts for, and what it may do there.

    With a `customer_id` it acts for that customer in the session `session_id`, and sees nothing else of the
    account. `own_scopes` are what it may do beyond its scopes, but only with what is the customer's own.
    """

    account_id: str
    actor: Actor
    scopes: frozenset[Scope]
    customer_id: str | None = None
    own_scopes: frozenset[Scope] = frozenset()
    session_id: str | None = None

    @property
    def key_id(self) -> str | None:
        """The API key's id; None for a customer, or on the command line."""
        return self.actor.id if self.actor.type == ActorType.API_KEY else None

    @property
    def view(self) -> tuple[str, str | None, frozenset[Scope], frozenset[Scope]]:
        """What it may see and do. Two of the same view see the same, whoever they are."""
        return self.account_id, self.customer_id, self.scopes, self.own_scopes

    def require(self, scope: Scope, *, or_own: bool = False) -> None:
        """Raises Forbidden without the scope; with `or_own`, a customer may do it with what is their own."""
        if scope in self.scopes or (or_own and scope in self.own_scopes):
            return
        who = "API key" if self.customer_id is None else "session of"
        raise Forbidden(f"The {who} “{self.actor.name}” lacks the scope {scope}.", ids=(scope,))
