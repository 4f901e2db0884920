"""An order's discounts belong to its goods: what is not invoiced yet gets its share of them.

What was invoiced stays as it was, a discount on a line of its own too. Decision 18 says why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from uuid_utils import uuid7

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MAX_REASON = 1_000
NOT_GIVEN = (
    "Larger than what was not invoiced yet when the order's discounts were shared out over its items. If it "
    "was promised, credit it on an invoice of the order."
)
WITH_OPEN_DISCOUNT = sa.text(
    "SELECT DISTINCT orders.account_id, orders.id, orders.is_including_vat FROM orders "
    "JOIN order_items ON order_items.account_id = orders.account_id AND order_items.order_id = orders.id "
    "WHERE type = 'DISCOUNT' AND contra_of IS NULL AND invoice_id IS NULL AND undone_as IS NULL "
    "AND subtotal <> 0"
)
ITEMS = sa.text(
    "SELECT id, type, name, subtotal, discount, vat_rate, vat_category, contra_of, invoice_id, undone_as "
    "FROM order_items WHERE account_id = :account AND order_id = :order_id ORDER BY position, id"
)
SHARE = sa.text(
    "UPDATE order_items SET allocated_discount = :share, discount_reason = :reason "
    "WHERE account_id = :account AND id = :id"
)
OWN_WHOLE = sa.text(
    "UPDATE order_items SET part_of = 'of-' || id, part_start = 0 "
    "WHERE account_id = :account AND order_id = :order_id AND part_of IS NOT NULL AND contra_of IS NULL"
)
LOWER = sa.text(
    "UPDATE order_items SET quantity = 1000000, unit_price = -:amount, unit_price_rest = 0, "
    "subtotal = -:amount WHERE account_id = :account AND id = :id"
)
UNDO = sa.text(
    "UPDATE order_items SET undone_as = 'CANCELLED', undone_at = :now, undo_reason = :reason "
    "WHERE account_id = :account AND id = :id"
).bindparams(sa.bindparam("now", type_=sa.DateTime))
TOTAL = sa.text("UPDATE orders SET total = :total WHERE account_id = :account AND id = :order_id")


class Item:
    """An item of the order, what it has of the discounts, and their names."""

    def __init__(self, row: Any) -> None:
        self.row = row
        self.share = 0
        self.names: list[str] = []

    @property
    def is_open(self) -> bool:
        return (self.row.contra_of, self.row.invoice_id, self.row.undone_as) == (None, None, None)

    @property
    def is_discount(self) -> bool:
        return bool(self.row.type == "DISCOUNT")

    @property
    def total(self) -> int:
        return int(self.row.subtotal - self.row.discount - self.share)


def upgrade() -> None:
    op.add_column("order_items", sa.Column("discount_reason", sa.Text(), nullable=True))
    database = op.get_bind()
    for order in database.execute(WITH_OPEN_DISCOUNT).all():
        key = {"account": order.account_id, "order_id": order.id}
        items = [Item(row) for row in database.execute(ITEMS, key)]
        discounts = [item for item in items if item.is_discount and item.is_open]
        goods = [item for item in items if item.is_open and not item.is_discount]
        for discount in discounts:
            _keep(order.account_id, discount, _share_out(goods, discount))
        database.execute(OWN_WHOLE, key)
        for item in goods:
            reason = _reason(item.names)
            own = {"account": order.account_id, "id": item.row.id}
            database.execute(SHARE, {**own, "share": item.share, "reason": reason})
        counted = [item for item in items if _counts(item)]
        total = sum(item.total for item in counted) + (0 if order.is_including_vat else _vat(counted))
        database.execute(TOTAL, {**key, "total": total})


def _share_out(goods: Sequence[Item], discount: Item) -> int:
    """Shares the discount out over what is left of the goods, nearest first; returns what was not given."""
    owed = -int(discount.row.subtotal)
    for some in _nearest_first(goods, discount):
        left = [max(item.total, 0) for item in some]
        amount = min(owed, sum(left))
        for item, share in zip(some, _by_largest_remainder(amount, left), strict=True):
            if share:
                item.share += share
                item.names.append(discount.row.name)
        owed -= amount
    return owed


def _nearest_first(goods: Sequence[Item], discount: Item) -> Iterator[list[Item]]:
    """Products of its rate, others of its rate, all products, all goods."""
    of_rate = [item for item in goods if item.row.vat_rate == discount.row.vat_rate]
    for some in (of_rate, goods):
        yield [item for item in some if item.row.type == "PRODUCT"]
        yield list(some)


def _by_largest_remainder(amount: int, left: Sequence[int]) -> list[int]:
    whole = sum(left)
    if not amount:
        return [0] * len(left)
    shares = [amount * each // whole for each in left]
    by_loss = sorted(range(len(left)), key=lambda place: -(amount * left[place] % whole))
    for place in by_loss[: amount - sum(shares)]:
        shares[place] += 1
    return shares


def _keep(account_id: str, discount: Item, not_given: int) -> None:
    """What was not given becomes an item of its own that is cancelled; if nothing was given, the discount."""
    if not not_given:
        return
    database, key = op.get_bind(), {"account": account_id, "id": discount.row.id}
    given, rest = -int(discount.row.subtotal) - not_given, key
    if given:
        rest = {"account": account_id, "id": str(uuid7())}
        _copy(key, rest["id"])
        database.execute(LOWER, {**key, "amount": given})
        database.execute(LOWER, {**rest, "amount": not_given})
    now = datetime.now(UTC).replace(tzinfo=None)
    database.execute(UNDO, {**rest, "now": now, "reason": NOT_GIVEN})


def _copy(key: dict[str, str], new_id: str) -> None:
    """The same row with another id, split off from it."""
    database = op.get_bind()
    names = [column["name"] for column in sa.inspect(database).get_columns("order_items")]
    given = {
        "id": ":new_id",
        "split_from": "COALESCE(split_from, id)",
        "part_of": "NULL",
        "part_start": "NULL",
    }
    values = ", ".join(given.get(name, name) for name in names)
    statement = f"INSERT INTO order_items ({', '.join(names)}) SELECT {values} FROM order_items "  # noqa: S608
    database.execute(
        sa.text(statement + "WHERE account_id = :account AND id = :id"), {**key, "new_id": new_id}
    )


def _counts(item: Item) -> bool:
    """Not what was undone before it was invoiced, and not a discount that is shared out."""
    is_gone = item.row.undone_as and not item.row.contra_of and not item.row.invoice_id
    return not is_gone and not (item.is_discount and item.is_open)


def _vat(items: Sequence[Item]) -> int:
    """On prices without VAT: rounded half away from zero, once for each category and rate."""
    nets: defaultdict[tuple[str, int], int] = defaultdict(int)
    for item in items:
        nets[item.row.vat_category, item.row.vat_rate] += item.total
    return sum(_rounded(net * rate) for (_, rate), net in nets.items())


def _rounded(millionths: int) -> int:
    size = (abs(millionths) + 500_000) // 1_000_000
    return size if millionths >= 0 else -size


def _reason(names: Sequence[str]) -> str | None:
    reason = ", ".join(dict.fromkeys(names))
    return (reason if len(reason) <= MAX_REASON else f"{reason[: MAX_REASON - 1]}…") or None
