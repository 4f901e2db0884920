"""What a payment provider can do, and the values it takes and returns.

Amounts are whole minor units, as everywhere. Calls block, may come from any thread, and wait for a
response of the provider at most 15 seconds. Ids are unique within an account, so account and id together are
the idempotency key: asking for the same charge twice moves money once, and returns the same outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Status = Literal["PAID", "FAILED", "PENDING"]


class Unavailable(Exception):
    """The payment provider did not respond. It is not known whether the request arrived: ask later."""


class MethodRefused(Exception):
    """The provider does not accept this payment method. The message is a sentence for the user."""


class IdReused(ValueError):
    """This id was used before for another charge or refund. Nothing was done."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A card that is declined is an outcome, not an exception."""

    status: Status
    reference: str | None
    """The provider's id of the charge or the refund."""
    error: str | None = None
    """Why it failed: one sentence for the user."""
    is_method_spent: bool = False
    """The payment method will never work again, so it must not be tried again."""


@dataclass(frozen=True, slots=True)
class Method:
    reference: str
    customer: str | None
    """The provider's id of the customer it belongs to."""
    label: str
    """What the user sees, as “Visa •••• 4242”."""


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
    """Not later than the first attempt: earlier charges are not searched for this one."""


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
        """The payment method, ready for charges without its owner present. Raises MethodRefused."""

    def charge(self, charge: Charge) -> Outcome:
        """Raises IdReused if the id was used for another amount, currency or payment method."""

    def refund(self, refund: Refund) -> Outcome:
        """Raises IdReused if the id was used for another amount or charge."""

    def find_charge(self, charge: Charge) -> Outcome | None:
        """The charge's outcome. None: it did not arrive; call `charge` with the same id again."""

    def find_refund(self, refund: Refund) -> Outcome | None:
        """The refund's outcome. None: it did not arrive; call `refund` with the same id again."""

    def close(self) -> None:
        """Closes connections and files."""
