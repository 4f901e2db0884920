"""Finds what waits for a job that is not there, and jobs that nothing waits for. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    func,
    not_,
    or_,
    select,
)

from invoicing.invoices.pdf import PDF
from invoicing.payments.charges import ASK_GATEWAY
from invoicing.storage.outbox import RENDER_INVOICE
from invoicing.storage.tables import documents, invoices, outbox, payments, webhook_deliveries
from invoicing.webhooks.events import DELIVER

_ACCOUNT_ID: BindParameter[str] = bindparam("account")


def _jobs_of(subject: Any, kind: str) -> Any:
    """The number of jobs, also of those that were given up."""
    is_its_job = outbox.c.account_id == _ACCOUNT_ID, outbox.c.subject_id == subject, outbox.c.kind == kind
    return select(func.count()).where(*is_its_job).correlate_except(outbox).scalar_subquery()


_PDFS = (
    select(func.count())
    .where(
        documents.c.account_id == _ACCOUNT_ID,
        documents.c.invoice_id == invoices.c.id,
        documents.c.kind == PDF,
    )
    .correlate_except(documents)
    .scalar_subquery()
)
_JOBS = _jobs_of(invoices.c.id, RENDER_INVOICE)
_NOT_ONE_PDF = (
    select(invoices.c.number, _PDFS.label("pdfs"), _JOBS.label("jobs"))
    .where(invoices.c.account_id == _ACCOUNT_ID, _PDFS + _JOBS != 1)
    .order_by(invoices.c.number)
)
_WITHOUT_JOB = (
    select(payments.c.id, payments.c.gateway)
    .where(
        payments.c.account_id == _ACCOUNT_ID,
        payments.c.status == "PENDING",
        or_(payments.c.gateway.is_(None), _jobs_of(payments.c.id, ASK_GATEWAY) != 1),
    )
    .order_by(payments.c.id)
)
_UNSENT = (
    select(webhook_deliveries.c.id)
    .where(
        webhook_deliveries.c.account_id == _ACCOUNT_ID,
        webhook_deliveries.c.status == "PENDING",
        _jobs_of(webhook_deliveries.c.id, DELIVER) != 1,
    )
    .order_by(webhook_deliveries.c.id)
)
WAITING: Mapping[str, ColumnElement[bool]] = {
    RENDER_INVOICE: exists().where(
        invoices.c.account_id == outbox.c.account_id, invoices.c.id == outbox.c.subject_id
    ),
    ASK_GATEWAY: exists().where(
        payments.c.account_id == outbox.c.account_id,
        payments.c.id == outbox.c.subject_id,
        payments.c.status == "PENDING",
    ),
    DELIVER: exists().where(
        webhook_deliveries.c.account_id == outbox.c.account_id,
        webhook_deliveries.c.id == outbox.c.subject_id,
        webhook_deliveries.c.status == "PENDING",
    ),
}
"""Every kind of job, and what says that something waits for it."""
_WITHOUT_SUBJECT = (
    select(outbox.c.kind, outbox.c.subject_id)
    .where(
        outbox.c.account_id == _ACCOUNT_ID,
        not_(or_(*(and_(outbox.c.kind == kind, waits) for kind, waits in WAITING.items()))),
    )
    .order_by(outbox.c.kind, outbox.c.subject_id)
)


def find_wrong_pdfs(connection: Connection, account_id: str) -> Iterator[tuple[str, str, str]]:
    """A subject, a kind and a sentence for each fault."""
    key = {"account": account_id}
    for number, pdfs, jobs in connection.execute(_NOT_ONE_PDF, key):
        yield number, "paper", f"It has {pdfs} PDFs and {jobs} jobs that make one."
    for payment, gateway in connection.execute(_WITHOUT_JOB, key):
        yield payment, "job", f"It is PENDING, and no job asks {gateway or 'a gateway'} what became of it."
    for (delivery,) in connection.execute(_UNSENT, key):
        yield delivery, "job", "It is a webhook delivery that is PENDING, and no job sends it."
    for kind, subject in connection.execute(_WITHOUT_SUBJECT, key):
        yield subject, "job", f"The job {kind} is for something that does not exist, or is done."
