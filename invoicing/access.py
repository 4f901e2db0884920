"""Who makes a request, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from invoicing.errors import Forbidden

API_KEY = "api_key"


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


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, as stored in `created_by`."""

    id: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Principal:
    """The account that a request acts for, and what it may do there.

    With a `customer_id` it acts for that customer, and sees nothing else of the account. `own_scopes` are
    what it may do beyond its scopes, but only with what is the customer's own.
    """

    account_id: str
    actor: Actor
    scopes: frozenset[Scope]
    customer_id: str | None = None
    own_scopes: frozenset[Scope] = frozenset()

    @property
    def key_id(self) -> str | None:
        """The API key's id; None for a customer, or on the command line."""
        return self.actor.id if self.actor.type == API_KEY else None

    def require(self, scope: Scope, *, or_own: bool = False) -> None:
        """Raises Forbidden without the scope; with `or_own`, a customer may do it with what is their own."""
        if scope in self.scopes or (or_own and scope in self.own_scopes):
            return
        who = "API key" if self.customer_id is None else "session of"
        raise Forbidden(f"The {who} “{self.actor.name}” lacks the scope {scope}.", ids=(scope,))
