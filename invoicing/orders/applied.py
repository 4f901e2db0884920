"""An item of type DISCOUNT that is in the prices of the order's other items. Pure."""

from __future__ import annotations

from typing import Protocol


class Applicable(Protocol):
    """What tells whether an item is such a discount; a row of `order_items`, whole or in part."""

    @property
    def type(self) -> str: ...
    @property
    def contra_of(self) -> str | None: ...
    @property
    def invoice_id(self) -> str | None: ...
    @property
    def undone_as(self) -> str | None: ...


def is_applied(item: Applicable) -> bool:
    """Whether the others have it as their shares: it is not invoiced, shipped or undone itself.

    A DISCOUNT of before that rule was invoiced on a line of its own, or undone: it stays what it was. As SQL:
    actions_sql.IS_APPLIED.
    """
    return (
        item.type == "DISCOUNT"
        and item.contra_of is None
        and item.invoice_id is None
        and item.undone_as is None
    )
