"""How many connections there are, and what each of them may do: one guard for the whole server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

from server.connections.addresses import Proxies, counted
from server.connections.steps import Steps

Refusal = Literal["connections", "frames", "large", "malformed", "slow"]
REFUSALS: tuple[Refusal, ...] = get_args(Refusal)


@dataclass(frozen=True, slots=True)
class Limits:
    """Times are seconds, sizes bytes."""

    head_size: int = 32_768  # request line and headers together; also the trailers of a chunked body
    head_time: float = 10.0  # from the first byte of a request, or from the connection, to the last header
    body_time: float = 30.0  # and a second more for each `body_rate` bytes that have come
    body_rate: int = 10_000
    unread_time: float = 20.0  # in which a caller has to take `unread_rate` a second of what is sent to it
    unread_rate: int = 10_000
    linger_time: float = 2.0  # in which what a refused caller still sends is thrown away
    linger_size: int = 1_000_000


@dataclass(slots=True)
class Guard:
    """Counts connections. Those of trusted proxies count together only: many callers share them.

    WebSockets wait for their turns here: those of which nobody knows yet who speaks apart from the others.
    """

    limits: Limits = field(default_factory=Limits)
    proxies: Proxies = field(default_factory=Proxies)
    most: int = 10_000
    most_per_address: int = 256
    count_refusal: Callable[[Refusal], None] = lambda _: None  # is called with the reason
    number: int = 0  # of connections that are open
    strangers: Steps = field(default_factory=lambda: Steps(rate=2_000, burst=50), compare=False)
    known: Steps = field(default_factory=lambda: Steps(rate=4_000, burst=50), compare=False)
    _by_address: Counter[str] = field(default_factory=Counter)

    def enter(self, host: str | None) -> bool:
        """Counts a new connection. Returns whether there is room for it; in any case it has to `leave`."""
        self.number += 1
        if host is None or self.proxies.trusts(host):
            return self.number <= self.most
        address = counted(host)
        self._by_address[address] += 1
        return self.number <= self.most and self._by_address[address] <= self.most_per_address

    def leave(self, host: str | None) -> None:
        self.number -= 1
        if host is None or self.proxies.trusts(host):
            return
        address = counted(host)
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]
