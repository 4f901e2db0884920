"""A refusal of a call, and whether what it was refused for may pass by itself."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the first error of an answer tells."""

    code: str
    message: str = ""
    ids: Sequence[str] = ()

    def may_have_passed(self, made: AbstractSet[str]) -> bool:
        """Whether the same call, sent at the same time, may have made these things after this refusal.

        A refusal keeps no key. A payment that is PENDING is PAID or FAILED once its gateway is asked, and
        then nothing is refused for it any more. What the twin itself made is never forgiven.
        """
        if self.code == "NOT_REFUNDABLE":
            return "PENDING" in self.message
        return self.code == "PAYMENT_UNDER_WAY" and bool(self.ids) and made.isdisjoint(self.ids)

    def may_stand_beside(self, other: Refusal) -> bool:
        """Whether the same call, sent twice at once, may be refused in these two ways: nothing was made."""
        return self.code == other.code or any(each.may_have_passed(frozenset()) for each in (self, other))
