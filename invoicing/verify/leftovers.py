"""Finds out whether what rounding left on one paper may settle another one. Reads only.

It may where prices are without VAT and both are of the same order, or of orders that share an invoice.
"""

from __future__ import annotations

from sqlalchemy import BindParameter, Connection, and_, bindparam, select

from invoicing.storage.tables import invoice_lines, invoices

_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_one = invoice_lines.alias("one")
_same_order = invoice_lines.alias("same_order")
_beside = invoice_lines.alias("beside")
_other = invoice_lines.alias("other")
_ARE_TOGETHER = (
    select(_one.c.invoice_id)
    .join(invoices, and_(invoices.c.account_id == _ACCOUNT_ID, invoices.c.id == _one.c.invoice_id))
    .join(
        _same_order, and_(_same_order.c.account_id == _ACCOUNT_ID, _same_order.c.order_id == _one.c.order_id)
    )
    .join(
        _beside, and_(_beside.c.account_id == _ACCOUNT_ID, _beside.c.invoice_id == _same_order.c.invoice_id)
    )
    .join(_other, and_(_other.c.account_id == _ACCOUNT_ID, _other.c.order_id == _beside.c.order_id))
    .where(
        _one.c.account_id == _ACCOUNT_ID,
        _one.c.invoice_id == bindparam("one"),
        _other.c.invoice_id == bindparam("other"),
        invoices.c.is_including_vat.is_(False),
    )
    .limit(1)
)


def is_quoted_together(connection: Connection, account_id: str, one: str, other: str) -> bool:
    """Whether the invoices are of orders priced without VAT, the same ones or ones that share an invoice."""
    key = {"account": account_id, "one": one, "other": other}
    return connection.execute(_ARE_TOGETHER, key).first() is not None
