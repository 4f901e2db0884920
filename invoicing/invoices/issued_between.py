"""The invoices and credit invoices of some days, a few at a time: an account may have very many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import BindParameter, Connection, and_, bindparam, func, select, tuple_

from invoicing.storage import rows
from invoicing.storage.database import Database
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import invoices, logos

_BATCH = 20  # snapshots that are in memory at once; one of 5,000 lines has some 3 MB
_BEFORE_ALL = datetime(1, 1, 1, tzinfo=UTC)
_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_ISSUED = (
    invoices.c.account_id == _ACCOUNT_ID,
    invoices.c.issued_on.between(bindparam("first"), bindparam("last")),
)
_COUNT = select(func.count()).select_from(invoices).where(*_ISSUED)
_NEXT = Prepared(
    select(
        *(invoices.c[name] for name in ("id", "number", "issued_on", "created_at", "snapshot")),
        logos.c.content.label("logo"),
    )
    .outerjoin_from(
        invoices, logos, and_(logos.c.account_id == invoices.c.account_id, logos.c.sha256 == invoices.c.logo)
    )
    .where(
        *_ISSUED,
        tuple_(invoices.c.created_at, invoices.c.id)
        > tuple_(bindparam("after_created_at", type_=invoices.c.created_at.type), bindparam("after_id")),
    )
    .order_by(invoices.c.created_at, invoices.c.id)
    .limit(_BATCH)
)


@dataclass(frozen=True, slots=True)
class Days:
    """From `first` to `last`, both included: dates of invoices, which are those of the seller's time zone."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class FrozenInvoice:
    """An invoice, with its snapshot as it is stored, and its logo."""

    id: str
    number: str
    issued_on: date
    created_at: datetime
    snapshot: str
    logo: bytes | None


def count_issued(connection: Connection, account_id: str, days: Days) -> int:
    key = {"account": account_id, "first": days.first, "last": days.last}
    return int(connection.execute(_COUNT, key).scalar_one())


def issued_between(database: Database, account_id: str, days: Days) -> Iterator[FrozenInvoice]:
    """In the order in which they were issued. Each few are a read of their own, so nothing is held up."""
    key = {"account": account_id, "first": days.first, "last": days.last}
    after = {"after_created_at": _BEFORE_ALL, "after_id": ""}
    while batch := database.read(_read, {**key, **after}):
        yield from batch
        after = {"after_created_at": batch[-1].created_at, "after_id": batch[-1].id}


def _read(connection: Connection, key: dict[str, object]) -> Sequence[FrozenInvoice]:
    return rows.all_(connection, _NEXT, key, as_=FrozenInvoice)
