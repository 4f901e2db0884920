"""What every resolver gets: who asks, a way to the database, and what one request has loaded already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from documents.links import Links

from invoicing.access import Principal
from invoicing.database import Database
from resolvers.loaders import Loaders


@dataclass(slots=True)
class Context:
    """One request's. `forget_keys` is called when a key has ended, so that it opens nothing any more."""

    principal: Principal
    database: Database
    links: Links
    request_id: str
    forget_keys: Callable[[], None]
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.database, self.principal)

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)
