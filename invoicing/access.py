"""Who is asking, and what their key lets them do."""

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
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, as `created_by` remembers it."""

    id: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Principal:
    """The account that a request acts for, and what it may do there.

    With a `customer_id` it acts for that customer: nothing else of the account is there.
    """

    account_id: str
    actor: Actor
    scopes: frozenset[Scope]
    customer_id: str | None = None

    def require(self, scope: Scope, *, or_own: bool = False) -> None:
        """Refuses who lacks the scope; `or_own` is what customers may do to what is theirs."""
        if scope in self.scopes or (or_own and self.customer_id is not None):
            return
        who = "API key" if self.customer_id is None else "session of"
        raise Forbidden(f"The {who} “{self.actor.name}” lacks the scope {scope}.", ids=(scope,))
