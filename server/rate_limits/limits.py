"""The limits of a server: of each key and customer, of an account's keys, of its customers' sessions, and of
an address's wrong keys.

All sessions of a customer are one customer, so that making sessions does not multiply what may be asked.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Hashable
from typing import Literal

from invoicing.access import ActorType, Principal
from invoicing.errors import RateLimited
from server.rate_limits.buckets import Buckets, Quota
from server.rate_limits.headers import RawHeaders, headers, policy
from server.rate_limits.rate import Rate

Limited = Literal["key", "account", "customers", "address"]
LIMITED: tuple[Limited, ...] = ("key", "account", "customers", "address")

_WRONG_KEYS = Rate(5, seconds=1, burst=100)
_OF_ACCOUNT = 4  # whose rate all keys of an account have together, and all its customers
_MOST_KEYS = 50_000
_MOST_ACCOUNTS = 10_000
_MOST_ADDRESSES = 50_000  # some 10 MB
_MOST_UNTOLD = 10_000  # the others are not told of more at once

_REASONS: dict[Limited, str | None] = {
    "key": None,
    "account": "Too many requests came with the keys of this account: wait, as `Retry-After` says.",
    "customers": "Too many requests came from customers of this account: wait, as `Retry-After` says.",
    "address": "Too many API keys that are not known came from this address: wait, as `Retry-After` says.",
}


Taken = tuple[Limited, Hashable]
"""Of what, and whose."""


class RateLimits:
    """Counts in memory. With several servers each has its own count, unless they tell each other."""

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
        self._buckets: dict[Limited, Buckets | None] = {
            "key": self.keys,
            "account": Buckets(rate.times(_OF_ACCOUNT), _MOST_ACCOUNTS) if rate else None,
            "customers": Buckets(rate.times(_OF_ACCOUNT), _MOST_ACCOUNTS) if rate else None,
            "address": self._addresses,
        }
        self._count_refusal = count_refusal
        self._clock = clock
        self._untold: Counter[Taken] | None = None

    def take(self, principal: Principal, sent: RawHeaders) -> None:
        """Counts a request, and adds what is left to the headers. Raises RateLimited."""
        if self.keys is None:
            return
        actor, account = principal.actor, principal.account_id
        name, now = (account, actor.type, actor.id), self._clock()
        quota = self.keys.take(name, now)
        sent += headers(self._policy, quota)
        self._check(quota, "key", sent)
        self._note(("key", name), 1)
        # apart, so that customers do not use up what the shop itself may ask
        together: Limited = "account" if actor.type == ActorType.API_KEY else "customers"
        buckets = self._buckets[together]
        if buckets is not None:
            self._check(buckets.take(account, now), together, sent)
            self._note((together, account), 1)

    def take_guess(self, address: str, sent: RawHeaders) -> None:
        """Counts a key that was not seen before, until it is known to be right. Raises RateLimited."""
        if self.keys is None:
            return
        self._check(self._addresses.take(address, self._clock()), "address", sent)
        self._note(("address", address), 1)

    def give_guess_back(self, address: str) -> None:
        self._addresses.give_back(address)
        self._note(("address", address), -1)

    def untold(self) -> Counter[Taken]:
        """What was taken here since this was last asked for; it is noted from the first time on."""
        untold, self._untold = self._untold or Counter(), Counter()
        return +untold

    def take_elsewhere(self, taken: Taken, number: int) -> None:
        """So many were taken on another server."""
        limited, name = taken
        buckets = self._buckets.get(limited)  # another server may be newer, and tell of more
        if buckets is not None:
            buckets.take_elsewhere(name, number, self._clock())

    def _note(self, taken: Taken, number: int) -> None:
        if self._untold is not None and (taken in self._untold or len(self._untold) < _MOST_UNTOLD):
            self._untold[taken] += number

    def _check(self, quota: Quota, limited: Limited, sent: RawHeaders) -> None:
        if not quota.wait:
            return
        self._count_refusal(limited)
        seconds = math.ceil(quota.wait)
        sent.append((b"retry-after", b"%d" % seconds))
        raise RateLimited(_REASONS[limited], more={"retry_after": seconds})
