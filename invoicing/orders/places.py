"""In which order an order's items stand."""

from __future__ import annotations

from collections.abc import Iterable
from operator import lt

from invoicing.storage.tables import OrderItem


def in_place(items: Iterable[OrderItem]) -> list[OrderItem]:
    """The items in the order of the request; parts that were split off and contra items follow their item."""
    found = [*items]
    positions = [item.position for item in found]
    if all(map(lt, positions, positions[1:])):  # as an index gives those of which nothing was split or undone
        return found
    return sorted(found, key=_place)


def _place(item: OrderItem) -> tuple[int, bool, bool, str]:
    return item.position, item.contra_of is not None, item.split_from is not None, item.id
