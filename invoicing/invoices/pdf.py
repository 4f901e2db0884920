"""The PDFs of invoices: which are to be made, and which are made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Insert, and_, bindparam, delete, select, tuple_

from invoicing.storage import after_commit, outbox, rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.outbox import Failure
from invoicing.storage.outbox_turns import claim_in_shares
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import Document, Job, documents, invoices, logos
from invoicing.storage.tables import outbox as jobs
from invoicing.storage.upserts import upsert
from invoicing.webhooks import events
from invoicing.webhooks.events import WebhookEvent

PDF = "pdf"

_SNAPSHOTS = Prepared(
    select(jobs.c.id, invoices.c.snapshot, invoices.c.account_id, invoices.c.logo)
    .join(
        invoices,
        and_(invoices.c.account_id == jobs.c.account_id, invoices.c.id == jobs.c.subject_id),
    )
    .where(is_one_of(jobs.c.id, id_list("ids")))
)
_LOGOS = select(logos.c.account_id, logos.c.sha256, logos.c.content).where(
    tuple_(logos.c.account_id, logos.c.sha256).in_(bindparam("named", expanding=True))
)


def _insert() -> Insert:
    new = upsert(documents)
    return new.on_conflict_do_update(
        index_elements=("account_id", "invoice_id", "kind"),
        set_={
            name: new.excluded[name]
            for name in ("key", "size", "sha256", "has_e_invoice", "warnings", "created_at")
        },
    )


_INSERT = Prepared(_insert)
_BY_KEY = Prepared(select(documents).where(documents.c.key == bindparam("its_key")))
NUMBERS = select(documents.c.key, invoices.c.number).join(
    invoices,
    and_(invoices.c.account_id == documents.c.account_id, invoices.c.id == documents.c.invoice_id),
)
"""The keys of all PDFs, and the numbers of their invoices."""
_FORGET = delete(documents).where(
    documents.c.account_id == bindparam("account"), documents.c.invoice_id == bindparam("invoice")
)
_TO_MAKE = select(jobs.c.subject_id).where(
    jobs.c.account_id == bindparam("account"),
    jobs.c.kind == outbox.RENDER_INVOICE,
    jobs.c.failed_at.is_(None),
)


@dataclass(frozen=True, slots=True)
class DuePdf:
    """An invoice to be printed: its frozen snapshot as JSON, its logo, and the job that holds the lease."""

    job: Job
    snapshot: str
    logo: bytes | None = None


@dataclass(frozen=True, slots=True)
class RenderedPdf:
    """A file that lies in the store, and the job that asked for it."""

    job: Job
    key: str
    size: int
    sha256: str
    has_e_invoice: bool = False
    e_invoices: Sequence[str] = ()
    """The formats of e-invoices that can be had of it."""
    warnings: Sequence[str] = ()


def claim(
    connection: Connection, *, most: int, now: datetime, lease: timedelta = outbox.LEASE
) -> list[DuePdf]:
    """Up to `most` invoices to print, leased to the caller; each account has its share."""
    claimed = claim_in_shares(connection, outbox.RENDER_INVOICE, most=most, now=now, lease=lease)
    if not claimed:
        return []
    found = rows.plain(connection, _SNAPSHOTS, {"ids": [job.id for job in claimed]})
    images = _logos(connection, {(account_id, logo) for _, _, account_id, logo in found if logo is not None})
    snapshots = {job_id: (snapshot, images.get((owner, logo))) for job_id, snapshot, owner, logo in found}
    return [DuePdf(job, *snapshots[job.id]) for job in claimed]


def _logos(connection: Connection, named: Set[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
    """The images by account and hash; one read, and none where no invoice names a logo."""
    if not named:
        return {}
    found = connection.execute(_LOGOS, {"named": sorted(named)})
    return {(account_id, sha256): content for account_id, sha256, content in found}


def record(
    connection: Connection, printed: Sequence[RenderedPdf], failures: Sequence[Failure], *, now: datetime
) -> None:
    """Finishes the jobs of rendered PDFs and records why others failed; lost leases are left alone."""
    finished = outbox.finish(connection, [paper.job for paper in printed]) if printed else set()
    made = [paper for paper in printed if paper.job.id in finished]
    if made:
        _INSERT.run(connection, *(_row(paper, now) for paper in made))
        _announce(connection, made, now=now)
    outbox.fail(connection, failures, now=now)
    given_up = [failure.job for failure in failures if failure.is_final]
    for job in (*(paper.job for paper in printed), *given_up):
        after_commit.notify_invoices_changed(connection, job.account_id, [job.subject_id])


def document(connection: Connection, key: str) -> Document | None:
    """What was made and stored under this key."""
    return rows.one_or_none(connection, _BY_KEY, {"its_key": key}, as_=Document)


def invoices_to_print(connection: Connection, account_id: str) -> Sequence[str]:
    """The ids of the invoices whose PDF a job will make."""
    return connection.execute(_TO_MAKE, {"account": account_id}).scalars().all()


def make_again(connection: Connection, account_id: str, invoice_id: str, *, now: datetime) -> None:
    """Has the PDF made from the frozen invoice again; until then there is none."""
    outbox.restart(connection, account_id, outbox.RENDER_INVOICE, invoice_id, account_id, now=now)
    connection.execute(_FORGET, {"account": account_id, "invoice": invoice_id})
    after_commit.notify_invoices_changed(connection, account_id, [invoice_id])


def replace_damaged(connection: Connection, damaged: Document, *, now: datetime) -> bool:
    """Has a PDF made again whose file is not what its row says; False if somebody else did so before."""
    if document(connection, damaged.key) != damaged:
        return False
    make_again(connection, damaged.account_id, damaged.invoice_id, now=now)
    return True


def _announce(connection: Connection, made: Sequence[RenderedPdf], *, now: datetime) -> None:
    papers: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for paper in made:
        papers[paper.job.account_id][paper.job.subject_id] = {"e_invoices": list(paper.e_invoices)}
    for account_id, by_invoice in papers.items():
        events.emit_for_invoices(
            connection,
            account_id,
            WebhookEvent.INVOICE_PDF_GENERATED,
            list(by_invoice),
            more_of_each=by_invoice,
            now=now,
        )


def _row(paper: RenderedPdf, now: datetime) -> dict[str, Any]:
    return {
        "account_id": paper.job.account_id,
        "invoice_id": paper.job.subject_id,
        "kind": PDF,
        "key": paper.key,
        "size": paper.size,
        "sha256": paper.sha256,
        "has_e_invoice": paper.has_e_invoice,
        "warnings": list(paper.warnings) or None,
        "created_at": now,
    }
