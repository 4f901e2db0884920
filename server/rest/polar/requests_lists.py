"""What a request for a list asks for: filters, and a numbered page."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.requests import Request

from invoicing import checks
from invoicing.errors import ValidationError
from invoicing.storage.pages import MAX_SIZE, Window

DEFAULT = 10
FURTHEST = 2**31 - 1
NEWEST, OLDEST = "-created_at", "created_at"


def order_filter(request: Request, filters: Mapping[str, str]) -> dict[str, str]:
    """The filter of the request. `filters` has our names by Polar's; others are refused, not ignored."""
    query = request.query_params
    for name in query:
        if name not in filters and name not in ("page", "limit", "sorting"):
            raise ValidationError(f"Orders are not found by {name} here.", field=name)
        if len(query.getlist(name)) > 1:
            raise ValidationError(f"{name} can be given once.", field=name)
    found = {name: query[polar_name] for polar_name, name in filters.items() if polar_name in query}
    if "customer_id" in found:
        checks.identifier(found["customer_id"], "customer_id")
    return found


def window(request: Request) -> Window:
    """The page that is asked for. It has a hundred rows at most, even if more are asked for."""
    size = min(_whole_number(request, "limit", DEFAULT), MAX_SIZE)
    skip = (_whole_number(request, "page", 1) - 1) * size
    sorting = request.query_params.get("sorting", NEWEST)
    if sorting not in (NEWEST, OLDEST):
        raise ValidationError(f"sorting is {NEWEST} or {OLDEST} here.", field="sorting")
    return Window(first=size, skip=skip) if sorting == NEWEST else Window(last=size, skip=skip)


def _whole_number(request: Request, name: str, default: int) -> int:
    sent = request.query_params.get(name)
    if sent is None:
        return default
    number = int(sent) if re.fullmatch("[0-9]{1,10}", sent) else sent
    return int(checks.whole_number(1, FURTHEST)(number, name))
