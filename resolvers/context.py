"""What every resolver gets: who asks, a way to the database, and what the request has loaded already."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from documents.links import Links
from invoicing.access import Principal
from invoicing.audit.actions import AuditAction
from invoicing.audit.entries import Act, audited
from invoicing.audit.subjects import Subject
from invoicing.invoices.view import Seen
from invoicing.keyring import Keyring
from invoicing.storage.database import Database
from resolvers.audit_subjects import subjects_of
from resolvers.gateway_calls import Gateways
from resolvers.loaders import Loaders
from resolvers.once import Moment
from resolvers.turns import Pace
from resolvers.watches import Watches
from resolvers.ways import Way
from resolvers.webhook_hosts import Hosts

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class About:
    """An action, and what it is done to where the command's result does not tell."""

    action: AuditAction
    subject: Subject


@dataclass(frozen=True, slots=True)
class Services:
    """What all requests to a server share. `forget_keys` is called when a key or a session has ended."""

    database: Database
    links: Links
    keyring: Keyring
    gateways: Gateways
    hosts: Hosts
    watches: Watches
    forget_keys: Callable[[], None]


@dataclass(slots=True)
class Context:
    """One request, or one operation of several that share a connection.

    `find_principal` says again whom the caller acts for, or raises Unauthorized. It is needed where results
    go on for longer than a key may be valid. `operation` is its name, for the log, and `way` says how it was
    executed, which `count_execution` is told of each result.
    """

    principal: Principal
    services: Services
    request_id: str
    find_principal: Callable[[], Awaitable[Principal]] | None = None
    count_execution: Callable[[Way], None] = lambda _: None
    operation: str | None = field(default=None, init=False)
    way: Way | None = field(default=None, init=False)
    moment: Moment[Any] | None = field(default=None, init=False)
    """That at which was read what is told next; several may be told of it."""
    waits: dict[tuple[str, int], float] = field(default_factory=dict, init=False)
    """Until when it waits for the PDF of an invoice, by its id and the milliseconds that were asked for: what
    is asked again, as its plan failed, does not wait again."""
    pace: Pace = field(init=False)
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.pace = Pace(self.principal.account_id)
        self.loaders = Loaders(self.services.database, self.principal, self.pace)

    async def read(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Reads single rows, or a few, by their keys."""
        return await self.services.database.start_read_for(self.principal.account_id, query, *args, **kwargs)

    async def read_list(
        self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Reads a list, searches or counts, which may take long."""
        return await self.services.database.start_list_for(self.principal.account_id, query, *args, **kwargs)

    async def write(
        self,
        action: AuditAction | About,
        command: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Runs a command, and writes the action into the audit log if it changes anything.

        What was loaded before it may be out of date, so it is loaded again.
        """
        recorded = audited(self._act(action), command, subjects_of)
        result = await self.services.database.write_for(self.principal.account_id, recorded, *args, **kwargs)
        self.loaders = Loaders(self.services.database, self.principal, self.pace)
        return result

    async def write_each(
        self, action: AuditAction, commands: Sequence[Callable[[Connection], T]]
    ) -> list[T | BaseException]:
        """Runs each command as `write` does, in their order: what it returns or raises, in its place."""
        recorded = [audited(self._act(action), command, subjects_of) for command in commands]
        outcomes = await self.services.database.write_each_for(self.principal.account_id, recorded)
        self.loaders = Loaders(self.services.database, self.principal, self.pace)
        return outcomes

    def _act(self, action: AuditAction | About) -> Act:
        named, about = (action.action, [action.subject]) if isinstance(action, About) else (action, [])
        return Act.of(self.principal, named, *about, at=self.now(), request_id=self.request_id)

    async def renew(self) -> None:
        """Before the next of several results: finds the principal again, and forgets what was loaded."""
        if self.find_principal is not None:
            self.principal = await self.find_principal()
        self.loaders = Loaders(self.services.database, self.principal, self.pace)

    def tell(self, moment: Moment[Seen]) -> None:
        """Keeps what was read to find out that an invoice changed: it is not read again to tell of it."""
        self.moment = moment
        self.loaders.prime(moment.value)

    def read_whole_rows(self) -> None:
        """After `loaders.narrow`: what was loaded has not all columns, so it is loaded again."""
        self.loaders = Loaders(self.services.database, self.principal, self.pace)

    @property
    def holder(self) -> str:
        """Whose places are taken, where there are so many: an account's, or all its customers' together."""
        account_id = self.principal.account_id
        return account_id if self.principal.customer_id is None else f"customers of {account_id}"

    def another(self) -> Context:
        """A context for another operation of the same caller."""
        return replace(self)

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)
