"""Finds set-offs of which payment and refunds differ, or that go from one customer to another. Reads only.

What was set off by `applyCredit` is a payment, and refunds whose keys begin with the payment's id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import BindParameter, Connection, and_, bindparam, select

from invoicing.storage.tables import allocations, invoices, payments

_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_BY_SET_OFF = (
    payments.c.account_id == _ACCOUNT_ID,
    payments.c.method == "SET_OFF",
    payments.c.status == "PAID",
)
_PAID = (
    select(payments.c.id, payments.c.amount, invoices.c.customer_id, invoices.c.currency)
    .outerjoin_from(
        payments, invoices, and_(invoices.c.account_id == _ACCOUNT_ID, invoices.c.id == payments.c.invoice_id)
    )
    .where(*_BY_SET_OFF, payments.c.type == "PAYMENT")
)
_PAID_BACK = (
    select(payments.c.idempotency_key, allocations.c.amount, invoices.c.customer_id, invoices.c.currency)
    .outerjoin_from(
        payments,
        allocations,
        and_(allocations.c.account_id == _ACCOUNT_ID, allocations.c.payment_id == payments.c.id),
    )
    .outerjoin(
        invoices, and_(invoices.c.account_id == _ACCOUNT_ID, invoices.c.id == allocations.c.invoice_id)
    )
    .where(*_BY_SET_OFF, payments.c.type == "REFUND")
    .order_by(payments.c.id)
)


def find_wrong_set_offs(connection: Connection, account_id: str) -> Iterator[tuple[str, str, str]]:
    """A payment's id, a kind and a sentence for each fault. Amounts are in minor units."""
    key = {"account": account_id}
    paid = {row.id: row for row in connection.execute(_PAID, key)}
    refunds: defaultdict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(_PAID_BACK, key):
        refunds[str(row.idempotency_key).rpartition(":")[0]].append(row)
    for id, parts in refunds.items():
        back = sum([part.amount or 0 for part in parts])
        if id not in paid:
            yield id, "set-off", f"{back} was set off, and pays nothing."
        elif back != paid[id].amount:
            yield id, "set-off", f"It is {paid[id].amount}, and {back} was set off for it."
        elif any((part.customer_id, part.currency) != tuple(paid[id][2:]) for part in parts):
            yield id, "set-off", "It is set off against an invoice of another customer or currency."
