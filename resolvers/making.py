"""E-invoices are made in threads of their own: of a long invoice they take long enough to be noticed.

Accounts take turns in them. What stands in the way of an e-invoice is kept, as the invoice is frozen: it is
found once, however often asked for.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from documents.einvoice.formats import EInvoiceFormat
from documents.einvoice.problem import Problem
from documents.einvoice.problems import problems_by_format
from invoicing.invoices.queries import Issued
from invoicing.stored_snapshot import load
from resolvers.shared_threads import SharedThreads

T = TypeVar("T")

ByFormat = Mapping[EInvoiceFormat, Sequence[Problem]]

MOST_KEPT = 4_096  # invoices

_THREADS = SharedThreads(2, 1, "e-invoices")


async def made(holder: str, work: Callable[[], T]) -> T:
    """The result of `work` in the turn of an account, or of the links to its documents."""
    return await _THREADS.run(holder, work)


def opened_of(account_id: str) -> str:
    """The holder of what is opened by links, so that who has one does not hold up the account itself."""
    return f"links of {account_id}"


class KeptProblems:
    """The problems of the invoices that were asked for lately. For one event loop at a time."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[str, str], asyncio.Task[ByFormat]] = OrderedDict()

    async def of(self, invoice: Issued) -> ByFormat:
        key = invoice.account_id, invoice.id
        found = self._found.get(key)
        if found is None or not _is_of_use(found):
            work = made(invoice.account_id, lambda: _problems(invoice.snapshot))
            found = self._found[key] = asyncio.create_task(work)
        self._found.move_to_end(key)
        if len(self._found) > MOST_KEPT:
            self._found.popitem(last=False)
        return await asyncio.shield(found)  # others may wait for it too


def _is_of_use(found: asyncio.Task[ByFormat]) -> bool:
    if found.get_loop() is not asyncio.get_running_loop():
        return False
    return not found.done() or not (found.cancelled() or found.exception())


def _problems(snapshot: bytes) -> ByFormat:
    return problems_by_format(load(snapshot))


kept_problems = KeptProblems()
