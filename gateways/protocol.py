"""What a payment provider can be asked, and what it answers.

Amounts are whole minor units, as everywhere. Calls block, may come from any thread, and wait for no answer of
the provider longer than 15 seconds. Ids are unique within their account, so account and id together are the
idempotency key: the same charge twice moves money once, and answers the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Status = Literal["PAID", "FAILED", "PENDING"]


class Unavailable(Exception):
    """The payment provider did not answer. Nobody knows whether it arrived: ask later."""


class MethodRefused(Exception):
    """The provider does not accept this payment method. The message is a sentence for people."""


class Reused(ValueError):
    """This id was used at the provider for another charge or refund. Nothing was done."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A card that is declined is an outcome, not an exception."""

    status: Status
    reference: str | None
    """The provider's id of the charge or the refund."""
    error: str | None = None
    """Why it failed: one sentence for people."""
    is_method_spent: bool = False
    """The payment method will not work at any other time either."""


@dataclass(frozen=True, slots=True)
class Method:
    reference: str
    customer: str | None
    """The provider's id of the customer it belongs to."""
    label: str
    """“Visa •••• 4242”."""


@dataclass(frozen=True, slots=True)
class Charge:
    id: str
    """Our payment's id, which the provider keeps with the charge."""
    account_id: str
    amount: int
    currency: str
    method: str
    """`Method.reference`."""
    customer: str | None
    """`Method.customer`."""
    description: str
    created_at: datetime
    """When it was first asked for, or before: the provider is asked about no earlier charges."""


@dataclass(frozen=True, slots=True)
class Refund:
    id: str
    account_id: str
    charge: str
    """`Outcome.reference` of the charge."""
    amount: int
    currency: str
    created_at: datetime


class Gateway(Protocol):
    """Any of these may raise Unavailable."""

    name: str

    def method(
        self, reference: str, *, account_id: str, customer_id: str, name: str, email: str | None
    ) -> Method:
        """The payment method, ready to be charged without its owner being there, or MethodRefused."""

    def charge(self, charge: Charge) -> Outcome:
        """Reused if the id was used for another amount, currency or payment method."""

    def refund(self, refund: Refund) -> Outcome:
        """Reused if the id was used for another amount or charge."""

    def find_charge(self, charge: Charge) -> Outcome | None:
        """What became of it. None: it has not arrived, and `charge` with the same id asks for it again."""

    def find_refund(self, refund: Refund) -> Outcome | None:
        """What became of it. None: it has not arrived, and `refund` with the same id asks for it again."""

    def close(self) -> None:
        """Lets go of connections and files."""
