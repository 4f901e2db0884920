"""Lists with numbered pages, as Polar has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from invoicing.storage.pages import Page, Window


def rows_in_order(page: Page[Any], window: Window) -> Sequence[Any]:
    return page.rows[::-1] if window.backward else page.rows


def page(items: Sequence[Any], total: int, window: Window) -> dict[str, Any]:
    return {"items": items, "pagination": {"total_count": total, "max_page": -(-total // window.size)}}
