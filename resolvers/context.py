"""What every resolver gets: who asks, a way to the database, and what one request has loaded already."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from documents.links import Links

from invoicing.access import Principal
from invoicing.database import Database
from resolvers.loaders import Loaders


@dataclass(slots=True)
class Context:
    """One request's."""

    principal: Principal
    database: Database
    links: Links
    request_id: str
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.database, self.principal)

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)
