"""How many operations of an account are executed at once.

What an operation reads and answers is in memory until it is sent. Its cost is limited for each, so their
number has to be, too: who asks for more at once waits for a place, in the order in which they asked.
"""

from __future__ import annotations

from functools import cache

from resolvers.context import Context
from resolvers.places import Places
from schema.execution.operations import facts_of, is_subscription

MOST_LISTS = 4  # the database reads for no more of an account at once; of those for rows it says itself
MOST_WAITING = 20  # of those that may wait for a PDF, which others are not to wait for

_lists, _waiting = Places(MOST_LISTS), Places(MOST_WAITING)


@cache
def _rows(most: int) -> Places:
    """Of those that ask for rows: as many as the kind of database is worth asking at once."""
    return Places(most)


class Place:
    """That of one more query of the account, which waits until there is one.

    Lists, searches and counts have places apart, so that they keep no question for a single thing waiting.
    Changes wait for their turns where they write, and subscriptions are limited by their number.
    """

    __slots__ = ("_holder", "_places")

    def __init__(self, ctx: Context, document: str | None, operation: str | None) -> None:
        self._holder = ctx.holder
        self._places = None if document is None else _places_for(document, operation, ctx)

    async def __aenter__(self) -> None:
        if not self.take():
            await self.wait()

    async def __aexit__(self, *_: object) -> None:
        self.leave()

    def take(self) -> bool:
        """Takes it, if it is free. Else `wait` for it. In either case, `leave` it."""
        return self._places is None or self._places.take(self._holder)

    async def wait(self) -> None:
        if self._places is not None:
            await self._places.wait(self._holder)

    def leave(self) -> None:
        if self._places is not None:
            self._places.leave(self._holder)


def _places_for(document: str, operation: str | None, ctx: Context) -> Places | None:
    facts = facts_of(document)
    if facts.has_mutation or is_subscription(document, operation):
        return None
    if facts.may_wait:
        return _waiting
    return _lists if facts.asks_for_lists else _rows(ctx.services.database.rows_at_once)
