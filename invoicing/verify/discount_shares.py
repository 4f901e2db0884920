"""Finds discounts that were not shared out in proportion. Reads only.

Goods of one VAT rate in an order are treated alike by each of its discounts. So their shares are in
proportion to their totals after their own discounts, but for the rounding of each discount and of the
splitting into parts.

What was invoiced or undone before discounts were shared out has no share and is left out. If it was invoiced
since, and its share is missing, its line has a discount that differs (verify/discounts.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from sqlalchemy import BindParameter, Connection, and_, bindparam, func, or_, select

from invoicing.storage.tables import order_items, orders

_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_is_product = order_items.c.type == "PRODUCT"
_DISCOUNTS = (
    select(order_items.c.order_id, func.count().label("discounts"))
    .where(
        order_items.c.account_id == _ACCOUNT_ID,
        order_items.c.type == "DISCOUNT",
        order_items.c.contra_of.is_(None),
    )
    .group_by(order_items.c.order_id)
    .subquery()
)
_GOODS = (
    select(
        order_items.c.id,
        order_items.c.order_id,
        orders.c.number,
        _DISCOUNTS.c.discounts,
        _is_product.label("is_product"),
        order_items.c.vat_rate,
        (order_items.c.subtotal - order_items.c.discount).label("total"),
        order_items.c.allocated_discount.label("share"),
    )
    .join_from(
        _DISCOUNTS,
        orders,
        and_(orders.c.account_id == _ACCOUNT_ID, orders.c.id == _DISCOUNTS.c.order_id),
    )
    .join(order_items, and_(order_items.c.account_id == _ACCOUNT_ID, order_items.c.order_id == orders.c.id))
    .where(
        order_items.c.type != "DISCOUNT",
        order_items.c.contra_of.is_(None),
        or_(
            order_items.c.allocated_discount != 0,
            and_(order_items.c.invoice_id.is_(None), order_items.c.undone_as.is_(None)),
        ),
    )
    .order_by(orders.c.id, _is_product, order_items.c.vat_rate, order_items.c.id)
    .execution_options(yield_per=1_000)
)


def find_wrong_shares(connection: Connection, account_id: str) -> Iterator[tuple[str, str, str]]:
    """A subject, a kind and a sentence for each fault. Amounts are in minor units."""
    found = connection.execute(_GOODS, {"account": account_id})
    for _, alike in groupby(found, attrgetter("order_id", "is_product", "vat_rate")):
        rows = list(alike)
        total, shared = sum(row.total for row in rows), sum(row.share for row in rows)
        most = 2 * rows[0].discounts + 2  # of rounding: two for each discount, two of parts
        for row in rows:
            if abs(row.share * total - shared * row.total) > most * abs(total):
                yield (
                    row.id,
                    "discounts",
                    f"Its share is {row.share}; in proportion to others of its rate it is about "
                    f"{shared * row.total // total}.",
                )
