"""What every resolver gets: who asks, a way to the database, and what one request has loaded already."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from documents.links import Links
from invoicing.access import Principal
from invoicing.storage.database import Database
from resolvers.gateway_calls import Gateways
from resolvers.loaders import Loaders
from resolvers.watches import Watches
from resolvers.webhook_hosts import PUBLIC, Hosts

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class Context:
    """One request's. `forget_keys` is called when a key has ended, so that it opens nothing any more.

    `admitted` says anew whom it acts for, or raises Unauthorized, where answers go on longer than a key may.
    `operation` is what the caller calls it: nothing but the log wants to know.
    """

    principal: Principal
    database: Database
    links: Links
    gateways: Gateways
    request_id: str
    forget_keys: Callable[[], None]
    hosts: Hosts = PUBLIC
    watches: Watches = field(default_factory=Watches)
    admitted: Callable[[], Awaitable[Principal]] | None = None
    operation: str | None = field(default=None, init=False)
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.database, self.principal)

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self.database.read_async(work, *args, **kwargs)

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a command. What was loaded before it may be out of date, so it is loaded again."""
        done = await self.database.write_async(work, *args, **kwargs)
        self.loaders = Loaders(self.database, self.principal)
        return done

    async def renew(self) -> None:
        """For the next of several answers: whom it acts for now, and nothing that was loaded before."""
        if self.admitted is not None:
            self.principal = await self.admitted()
        self.loaders = Loaders(self.database, self.principal)

    def another(self) -> Context:
        """For another operation of the same caller, beside this one."""
        return replace(self)

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)
