"""Whether every invoice has its PDF or waits for it, and some job asks for each charge. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, func, or_, select

from invoicing.invoices.pdf import PDF
from invoicing.payments.charges import ASK_GATEWAY
from invoicing.storage.outbox import RENDER_INVOICE
from invoicing.storage.tables import documents, invoices, outbox, payments

_MINE: BindParameter[str] = bindparam("account")


def _jobs_of(subject: Any, kind: str) -> Any:
    """How many there are, those that were given up among them."""
    mine = outbox.c.account_id == _MINE, outbox.c.subject_id == subject, outbox.c.kind == kind
    return select(func.count()).where(*mine).correlate_except(outbox).scalar_subquery()


_PAPERS = (
    select(func.count())
    .where(
        documents.c.account_id == _MINE,
        documents.c.invoice_id == invoices.c.id,
        documents.c.kind == PDF,
    )
    .correlate_except(documents)
    .scalar_subquery()
)
_RENDERING = _jobs_of(invoices.c.id, RENDER_INVOICE)
_NOT_ONE_PAPER = (
    select(invoices.c.number, _PAPERS.label("papers"), _RENDERING.label("jobs"))
    .where(invoices.c.account_id == _MINE, _PAPERS + _RENDERING != 1)
    .order_by(invoices.c.number)
)
_UNASKED = (
    select(payments.c.id, payments.c.gateway)
    .where(
        payments.c.account_id == _MINE,
        payments.c.status == "PENDING",
        or_(payments.c.gateway.is_(None), _jobs_of(payments.c.id, ASK_GATEWAY) != 1),
    )
    .order_by(payments.c.id)
)
_FOR_NOTHING = (
    select(outbox.c.kind, outbox.c.subject_id)
    .outerjoin_from(
        outbox,
        invoices,
        and_(
            outbox.c.kind == RENDER_INVOICE,
            invoices.c.account_id == outbox.c.account_id,
            invoices.c.id == outbox.c.subject_id,
        ),
    )
    .outerjoin(
        payments,
        and_(
            outbox.c.kind == ASK_GATEWAY,
            payments.c.account_id == outbox.c.account_id,
            payments.c.id == outbox.c.subject_id,
            payments.c.status == "PENDING",
        ),
    )
    .where(outbox.c.account_id == _MINE, invoices.c.id.is_(None), payments.c.id.is_(None))
    .order_by(outbox.c.kind, outbox.c.subject_id)
)


def wrong_papers(connection: Connection, mine: str) -> Iterator[tuple[str, str, str]]:
    """A subject, a code and a sentence for each thing that is wrong."""
    key = {"account": mine}
    for number, papers, jobs in connection.execute(_NOT_ONE_PAPER, key):
        yield number, "paper", f"It has {papers} PDFs and {jobs} jobs that make one."
    for payment, gateway in connection.execute(_UNASKED, key):
        yield payment, "job", f"It is PENDING, and no job asks {gateway or 'a gateway'} what became of it."
    for kind, subject in connection.execute(_FOR_NOTHING, key):
        yield subject, "job", f"The job {kind} is for something that is not there, or done."
