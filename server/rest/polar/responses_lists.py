"""Lists with numbered pages, as Polar has them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request

from invoicing import checks
from invoicing.errors import ValidationError
from invoicing.storage.pages import MOST, Page, Window

DEFAULT = 10
FURTHEST = 2**31 - 1
NEWEST, OLDEST = "-created_at", "created_at"


def filter_of(request: Request, words: Mapping[str, str]) -> dict[str, str]:
    """What is looked for. `words` has our name of each filter by Polar's; others are refused, not ignored."""
    query = request.query_params
    for name in query:
        if name not in words and name not in ("page", "limit", "sorting"):
            raise ValidationError(f"Orders are not found by {name} here.", field=name)
        if len(query.getlist(name)) > 1:
            raise ValidationError(f"{name} can be given once.", field=name)
    found = {ours: query[theirs] for theirs, ours in words.items() if theirs in query}
    if "customer_id" in found:
        checks.identifier(found["customer_id"], "customer_id")
    return found


def window_of(request: Request) -> Window:
    """The page that is asked for. More than a hundred on it are a hundred."""
    size = min(_whole(request, "limit", DEFAULT), MOST)
    skip = (_whole(request, "page", 1) - 1) * size
    sorting = request.query_params.get("sorting", NEWEST)
    if sorting not in (NEWEST, OLDEST):
        raise ValidationError(f"sorting is {NEWEST} or {OLDEST} here.", field="sorting")
    return Window(first=size, skip=skip) if sorting == NEWEST else Window(last=size, skip=skip)


def in_order(page: Page[Any], window: Window) -> Sequence[Any]:
    return page.rows[::-1] if window.backward else page.rows


def shown(items: Sequence[Any], total: int, window: Window) -> dict[str, Any]:
    return {"items": items, "pagination": {"total_count": total, "max_page": -(-total // window.size)}}


def _whole(request: Request, name: str, default: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return default
    number = int(given) if re.fullmatch("[0-9]{1,10}", given) else given
    return int(checks.whole_number(1, FURTHEST)(number, name))
