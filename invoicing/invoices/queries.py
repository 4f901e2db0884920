"""Reads of invoices. What lists need is read for many ids at once and returned by id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, bindparam, select

from invoicing.access import Principal
from invoicing.errors import NotFound
from invoicing.snapshot import Snapshot
from invoicing.storage import rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.narrow import Columns, Narrowed, columns_of
from invoicing.storage.outbox import RENDER_INVOICE
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import (
    Invoice,
    documents,
    invoice_lines,
    invoices,
    is_of_customer,
    outbox,
)
from invoicing.storage.text_bytes import text_bytes
from invoicing.stored_snapshot import load


class Issued(NamedTuple):
    """An invoice's row, and where its PDF stands."""

    account_id: str
    id: str
    handle: str | None
    number: str
    type: str
    state: str
    period: str
    sequence: int
    customer_id: str | None
    currency: str
    is_including_vat: bool
    subtotal: int
    total_ex_vat: int
    total_vat: int
    total: int
    rounding: int
    issued_on: date
    due_on: date | None
    actor_id: str
    actor_name: str
    actor_type: str
    snapshot: bytes
    """In UTF-8, as it is stored."""
    logo: str | None
    search_text: str
    request: str | None
    created_at: datetime
    pdf_key: str | None
    pdf_failed_at: datetime | None
    pdf_has_e_invoice: bool | None = None
    pdf_warnings: list[str] | None = None

    @classmethod
    def locked(cls, row: Invoice) -> Issued:
        """From the invoice's row alone, without its PDF."""
        columns = {column.name: getattr(row, column.name) for column in invoices.c}
        return cls.without_pdf(columns)

    @classmethod
    def without_pdf(cls, row: Mapping[str, Any]) -> Issued:
        """Of what is stored in the invoice's row."""
        return cls(**{**row, "snapshot": row["snapshot"].encode()}, pdf_key=None, pdf_failed_at=None)

    @property
    def due(self) -> int:
        """What it asks for, before payments; negative on a credit invoice."""
        return self.total + self.rounding

    def frozen(self) -> Snapshot:
        return load(self.snapshot)


_IS_INVOICE = invoices.c.account_id == bindparam("account"), invoices.c.id == bindparam("invoice")
_IS_THERE = Prepared(select(invoices.c.id).where(*_IS_INVOICE))
_SNAPSHOT = Prepared(select(invoices.c.snapshot).where(*_IS_INVOICE))

_PDF: Mapping[str, ColumnElement[Any]] = {
    "pdf_key": documents.c.key,
    "pdf_failed_at": outbox.c.failed_at,
    "pdf_has_e_invoice": documents.c.has_e_invoice,
    "pdf_warnings": documents.c.warnings,
}
_READ_AS = {"snapshot": text_bytes(invoices.c.snapshot)}
_IS_PDF = and_(
    documents.c.account_id == invoices.c.account_id,
    documents.c.invoice_id == invoices.c.id,
    documents.c.kind == "pdf",
)
_IS_PDF_TO_MAKE = and_(
    outbox.c.account_id == invoices.c.account_id,
    outbox.c.subject_id == invoices.c.id,
    outbox.c.kind == RENDER_INVOICE,
)


def issued(names: Columns | None = None) -> Select[Any]:
    """Selects these columns of Issued, or all. What is not looked at is not joined."""
    pdf = {name: column for name, column in _PDF.items() if names is None or name in names}
    read = {column.table for column in pdf.values()}
    source: FromClause = invoices
    if documents in read:
        source = source.outerjoin(documents, _IS_PDF)
    if outbox in read:
        source = source.outerjoin(outbox, _IS_PDF_TO_MAKE)
    statement = columns_of(invoices, names, _READ_AS).select_from(source)
    return statement.add_columns(*[column.label(name) for name, column in pdf.items()])


_INVOICE: Narrowed[None] = Narrowed(
    lambda _, columns: issued(columns).where(*_IS_INVOICE, is_of_customer(invoices.c.customer_id))
)

_INVOICES: Narrowed[None] = Narrowed(
    lambda _, columns: issued(columns).where(
        invoices.c.account_id == bindparam("account"), is_one_of(invoices.c.id, id_list("ids"))
    )
)

_INVOICES_OF_ORDERS = Prepared(
    select(invoice_lines.c.order_id, invoice_lines.c.invoice_id)
    .where(
        invoice_lines.c.account_id == bindparam("account"),
        is_one_of(invoice_lines.c.order_id, id_list("ids")),
    )
    .distinct()
)

_CREDITS = Prepared(
    select(invoice_lines.c.credited_invoice_id, invoice_lines.c.invoice_id)
    .where(
        invoice_lines.c.account_id == bindparam("account"),
        is_one_of(invoice_lines.c.credited_invoice_id, id_list("ids")),
    )
    .distinct()
    .order_by(invoice_lines.c.invoice_id)
)


def stored_snapshot(connection: Connection, account_id: str, invoice_id: str) -> str | None:
    """The frozen invoice as it is stored; None if there is no such invoice."""
    key = {"account": account_id, "invoice": invoice_id}
    return next(iter(rows.values(connection, _SNAPSHOT, key)), None)


def invoice(
    connection: Connection, principal: Principal, invoice_id: str, columns: Columns | None = None
) -> Issued | None:
    key = {"account": principal.account_id, "customer": principal.customer_id, "invoice": invoice_id}
    read = rows.one_or_none if columns is None else rows.narrow_or_none
    return read(connection, _INVOICE.reading(None, columns), key, as_=Issued)


def invoice_if_any(connection: Connection, principal: Principal, invoice_id: str) -> Issued | None:
    """The same, in less time where there is none, as is usual for the id of what is to be made."""
    key = {"account": principal.account_id, "invoice": invoice_id}
    return invoice(connection, principal, invoice_id) if rows.values(connection, _IS_THERE, key) else None


def found_invoice(
    connection: Connection,
    principal: Principal,
    invoice_id: str,
    columns: Columns | None = None,
    *,
    field: str = "id",
) -> Issued:
    """Raises NotFound, which says in which field of the input the id was."""
    found = invoice(connection, principal, invoice_id, columns)
    if found is None:
        raise NotFound(f"There is no invoice {invoice_id}.", field=field, ids=[invoice_id])
    return found


def invoices_by_id(
    connection: Connection, principal: Principal, ids: Sequence[str], columns: Columns | None = None
) -> Mapping[str, Issued]:
    key = {"account": principal.account_id, "ids": list(ids)}
    found = rows.some(connection, _INVOICES.reading(None, columns), key, as_=Issued)
    return {each.id: each for each in found}


def newest(issued: Iterable[Issued]) -> Issued | None:
    return max(issued, key=lambda each: (each.created_at, each.id), default=None)


def credits_by_invoice(
    connection: Connection, principal: Principal, ids: Sequence[str]
) -> Mapping[str, list[str]]:
    """The ids of the credit invoices of each invoice, oldest first."""
    found: dict[str, list[str]] = defaultdict(list)
    key = {"account": principal.account_id, "ids": list(ids)}
    for credited, credit in rows.plain(connection, _CREDITS, key):
        found[credited].append(credit)
    return found


def invoices_by_order(
    connection: Connection, principal: Principal, ids: Sequence[str]
) -> Mapping[str, list[str]]:
    """The ids of the invoices with items of each order, and of the credits of those."""
    found: dict[str, list[str]] = defaultdict(list)
    key = {"account": principal.account_id, "ids": list(ids)}
    for order_id, invoice_id in rows.plain(connection, _INVOICES_OF_ORDERS, key):
        found[order_id].append(invoice_id)
    return found
