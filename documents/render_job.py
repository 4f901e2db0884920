"""Renders frozen invoices and stores the files; runs in the rendering processes, one invoice at a time."""

from __future__ import annotations

import errno
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, ParamSpec, TypeVar

from documents.einvoice.formats import EInvoiceFormat
from documents.einvoice.problems import formats_without_problems
from documents.filenames import plain
from documents.store import Store, StoreUnavailable
from invoicing.stored_snapshot import load

if TYPE_CHECKING:
    from documents.pdf import Paper

DISK_THREADS = 8
_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS))

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RenderTask:
    snapshot: str
    key: str
    attempt: int
    store: Store
    logo: bytes | None = None
    """The image that the snapshot names."""


@dataclass(frozen=True, slots=True)
class StoredPdf:
    key: str
    size: int
    sha256: str
    has_e_invoice: bool = False
    warnings: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)
    """The time that rendering took."""
    e_invoices: Sequence[EInvoiceFormat] = ()
    """Those that can be made of the invoice too."""


@dataclass(frozen=True, slots=True)
class RenderFailure:
    """Why there is no file: one line for the job, and the traceback for the log."""

    reason: str
    traceback: str = ""
    is_of_store: bool = False
    """The store is full or away: that is not the invoice's fault, and passes."""


def render_to_store(
    snapshot: str, key: str, attempt: int, store: Store, logo: bytes | None = None
) -> StoredPdf:
    return _store(_render(snapshot, logo), key, attempt, store)


def render_all(tasks: Sequence[RenderTask]) -> list[StoredPdf | RenderFailure]:
    """An outcome for each task, in their order; one that fails does not stop the others.

    Rendering stays in this thread; other threads wait for the disk, which is slow to confirm a write.
    """
    with ThreadPoolExecutor(DISK_THREADS, "disk") as disk:
        writes = [_attempt(_render_and_submit, task, disk) for task in tasks]
        return [write if isinstance(write, RenderFailure) else _attempt(write.result) for write in writes]


class _Rendered(NamedTuple):
    paper: Paper
    number: str
    seconds: float
    e_invoices: Sequence[EInvoiceFormat]


def _render_and_submit(task: RenderTask, disk: Executor) -> Future[StoredPdf]:
    return disk.submit(_store, _render(task.snapshot, task.logo), task.key, task.attempt, task.store)


def _render(stored: str, logo: bytes | None) -> _Rendered:
    from documents.pdf import paper_of  # only in the processes that render: ReportLab takes long to load

    start = time.perf_counter()
    snapshot = load(stored)
    paper = paper_of(snapshot, logo)
    return _Rendered(paper, snapshot.number, time.perf_counter() - start, formats_without_problems(snapshot))


def _store(made: _Rendered, key: str, attempt: int, store: Store) -> StoredPdf:
    paper = made.paper
    store.put(key, paper.content, filename=plain(f"{made.number}.pdf"), attempt=attempt)
    digest = sha256(paper.content).hexdigest()
    return StoredPdf(
        key,
        len(paper.content),
        digest,
        has_e_invoice=paper.has_e_invoice,
        warnings=paper.warnings,
        seconds=made.seconds,
        e_invoices=made.e_invoices,
    )


def _attempt(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | RenderFailure:
    try:
        return work(*args, **kwargs)
    except Exception as error:
        line = " ".join(f"{type(error).__name__}: {error}".split())
        is_full = isinstance(error, OSError) and error.errno in _FULL
        is_of_store = is_full or isinstance(error, StoreUnavailable)
        return RenderFailure(line, traceback.format_exc(), is_of_store)
