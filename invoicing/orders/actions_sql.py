"""The rules of `actions` that lists filter orders by, as SQL conditions on a row of `orders`.

Each stands under the name of its twin in Python, and a change to one is a change to both: a property test
(tests/invoicing/orders/test_actions_sql.py) stores orders in any state and compares what the two find.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, case, exists, or_

from invoicing.orders.lawful_sql import is_lawful
from invoicing.storage.tables import UNSETTLED, invoice_lines, invoices, order_items, orders

_IS_CONTRA = order_items.c.contra_of.is_not(None)
IS_APPLIED = and_(
    order_items.c.type == "DISCOUNT",
    order_items.c.contra_of.is_(None),
    order_items.c.invoice_id.is_(None),
    order_items.c.undone_as.is_(None),
)
"""`applied.is_applied`."""
_OF_ORDER = and_(order_items.c.account_id == orders.c.account_id, order_items.c.order_id == orders.c.id)


def has_item_to_invoice(*by_index: ColumnElement[bool]) -> ColumnElement[bool]:
    """At least one item is open to `Action.INVOICE` (`actions.open_to`).

    `by_index` is true of each such item, and of what an index has.
    """
    return exists().where(
        _OF_ORDER,
        *by_index,
        order_items.c.invoice_id.is_(None),
        ~IS_APPLIED,
        case(
            (_IS_CONTRA, order_items.c.finished_at.is_not(None)),
            else_=and_(
                order_items.c.undone_as.is_(None),
                or_(order_items.c.shipped_at.is_not(None), orders.c.invoice_after_shipment.is_(False)),
                is_lawful(),
            ),
        ),
    )


def is_closed() -> ColumnElement[bool]:
    """`actions.is_closed`: nothing is left to do, and every invoice with the items is settled."""
    return ~or_(_has_item_to_do(), _has_unsettled_invoice())


def _has_item_to_do() -> ColumnElement[bool]:
    """The opposite of `actions.is_done`."""
    return exists().where(
        _OF_ORDER,
        ~IS_APPLIED,
        case(
            (_IS_CONTRA, order_items.c.invoice_id.is_(None)),
            else_=and_(
                order_items.c.undone_as.is_(None),
                or_(order_items.c.shipped_at.is_(None), order_items.c.invoice_id.is_(None)),
            ),
        ),
    )


def _has_unsettled_invoice() -> ColumnElement[bool]:
    """What `ledger.queries.unsettled_by_order` finds for `actions.is_closed`."""
    return exists().where(
        invoice_lines.c.account_id == orders.c.account_id,
        invoice_lines.c.order_id == orders.c.id,
        invoices.c.account_id == invoice_lines.c.account_id,
        invoices.c.id == invoice_lines.c.invoice_id,
        invoices.c.state.in_(UNSETTLED),
    )
