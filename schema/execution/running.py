"""How many operations of an account are executed at once.

What an operation reads and answers is in memory until it is sent. Its cost is limited for each, so their
number has to be, too: who asks for more at once waits for a place, in the order in which they asked.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from resolvers.context import Context
from resolvers.places import Places
from schema.execution.operations import is_subscription, may_only_read

MOST_RUNNING = 4  # of each kind: the database reads for no more of an account at once
MOST_WAITING = 20  # of those that may wait for a PDF, which others are not to wait for

_LIST = re.compile(r"\b(nodes|edges|totalCount|pageInfo)\b")

_lists, _rows, _waiting = Places(MOST_RUNNING), Places(MOST_RUNNING), Places(MOST_WAITING)


@asynccontextmanager
async def place(ctx: Context, document: str | None, operation: str | None) -> AsyncIterator[None]:
    """Waits until there is a place for one more query of the account, and keeps it.

    Lists, searches and counts have places apart, so that they keep no question for a single thing waiting.
    Changes wait for their turns where they write, and subscriptions are limited by their number.
    """
    if document is None or not may_only_read(document) or is_subscription(document, operation):
        yield
        return
    leave = await _places_for(document).enter(ctx.holder)
    try:
        yield
    finally:
        leave()


def _places_for(document: str) -> Places:
    if "wait_for_pdf_ms" in document:
        return _waiting
    return _lists if _LIST.search(document) else _rows
