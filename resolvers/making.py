"""E-invoices are made in threads of their own: of a long invoice they take long enough to be noticed.

What stands in the way of them is kept, as an invoice is frozen: it is found once, however often asked for.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import ParamSpec, TypeVar

from documents.einvoice.formats import EInvoiceFormat
from documents.einvoice.problem import Problem
from documents.einvoice.problems import problems_by_format
from invoicing.invoices.queries import Issued
from invoicing.snapshot import load

P = ParamSpec("P")
T = TypeVar("T")

ByFormat = Mapping[EInvoiceFormat, Sequence[Problem]]

MOST_KEPT = 4_096  # invoices

_THREADS = ThreadPoolExecutor(2, "e-invoices")


async def made(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of `work`; the event loop is not blocked."""
    return await asyncio.wrap_future(_THREADS.submit(work, *args, **kwargs))


class KeptProblems:
    """The problems of the invoices that were asked for lately."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: OrderedDict[tuple[str, str], Future[ByFormat]] = OrderedDict()

    async def of(self, invoice: Issued) -> ByFormat:
        key = invoice.account_id, invoice.id
        with self._lock:
            found = self._found.get(key)
            if found is None or (found.done() and found.exception() is not None):
                found = self._found[key] = _THREADS.submit(_problems, invoice.snapshot)
            self._found.move_to_end(key)
            if len(self._found) > MOST_KEPT:
                self._found.popitem(last=False)
        return await asyncio.shield(asyncio.wrap_future(found))  # others may wait for it too


def _problems(snapshot: str) -> ByFormat:
    return problems_by_format(load(snapshot))


kept_problems = KeptProblems()
