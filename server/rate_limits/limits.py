"""The limits of a server: of each key and customer, and of wrong keys from each address."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Literal

from invoicing.access import Principal
from invoicing.errors import RateLimited
from server.rate_limits.buckets import Buckets, Quota
from server.rate_limits.headers import RawHeaders, headers, policy
from server.rate_limits.rate import Rate

Limited = Literal["key", "address"]
LIMITED: tuple[Limited, ...] = ("key", "address")

_WRONG_KEYS = Rate(5, seconds=1, burst=100)
_MOST_KEYS = 50_000
_MOST_ADDRESSES = 50_000  # some 10 MB

_REASONS: dict[Limited, str | None] = {
    "key": None,
    "address": "Too many API keys that are not known came from this address: wait, as `Retry-After` says.",
}


class RateLimits:
    """Counts in memory: with several servers, each has its own count unless they share it."""

    def __init__(
        self,
        rate: Rate | None,
        *,
        count_refusal: Callable[[Limited], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.keys = Buckets(rate, _MOST_KEYS) if rate else None
        self._policy = policy(rate) if rate else b""
        self._addresses = Buckets(_WRONG_KEYS, _MOST_ADDRESSES)
        self._count_refusal = count_refusal
        self._clock = clock

    def take(self, principal: Principal, sent: RawHeaders) -> None:
        """Counts a request, and adds what is left to the headers. Raises RateLimited."""
        if self.keys is None:
            return
        actor = principal.actor
        quota = self.keys.take((principal.account_id, actor.type, actor.id), self._clock())
        sent += headers(self._policy, quota)
        self._check(quota, "key", sent)

    def take_guess(self, address: str, sent: RawHeaders) -> None:
        """Counts a key that was not seen before, until it is known to be right. Raises RateLimited."""
        if self.keys is not None:
            self._check(self._addresses.take(address, self._clock()), "address", sent)

    def give_guess_back(self, address: str) -> None:
        self._addresses.give_back(address)

    def _check(self, quota: Quota, limited: Limited, sent: RawHeaders) -> None:
        if not quota.wait:
            return
        self._count_refusal(limited)
        seconds = math.ceil(quota.wait)
        sent.append((b"retry-after", b"%d" % seconds))
        raise RateLimited(_REASONS[limited], more={"retry_after": seconds})
