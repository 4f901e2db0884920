"""Orders and their invoices at both of Polar's doors: a customer's, and the merchant's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from invoicing.errors import NotFound
from invoicing.storage.tables import Order
from resolvers import invoices, orders
from resolvers.context import Context
from server.contexts import Contexts
from server.rest.http import json_object, json_response, route, unknown
from server.rest.json_body import Given
from server.rest.polar import auth, requests, responses, responses_lists
from server.rest.polar.errors import refused
from server.rest.polar.order_report import Known, known


@dataclass(frozen=True, slots=True)
class Door:
    """Where orders are found, by whom, by what filters, and how they are shown."""

    path: str
    asked: Callable[[Contexts, Request], Awaitable[Context]]
    filters: Mapping[str, str]
    shown: Callable[[Known], dict[str, Any]]


CUSTOMERS = Door("/v1/customer-portal/orders", auth.customer, {"query": "search"}, responses.customers_order)
MERCHANTS = Door("/v1/orders", auth.merchant, {"customer_id": "customer_id"}, responses.merchants_order)


def routes(contexts: Contexts, door: Door) -> list[Route]:
    here = _Orders(contexts, door)
    return [
        route(f"{door.path}/", refused, get=here.page),
        route(f"{door.path}/{{id}}", refused, get=here.order, patch=here.update),
        route(f"{door.path}/{{id}}/invoice", refused, get=here.invoice, post=here.issue),
        unknown(f"{door.path}/{{rest:path}}", refused),
    ]


class _Orders:
    def __init__(self, contexts: Contexts, door: Door) -> None:
        self._contexts = contexts
        self._door = door

    async def page(self, request: Request) -> Response:
        ctx = await self._door.asked(self._contexts, request)
        looked_for = responses_lists.filter_of(request, self._door.filters)
        window = responses_lists.window_of(request)
        page, total = await asyncio.gather(
            orders.page(ctx, looked_for, window), orders.count(ctx, looked_for)
        )
        rows: Sequence[Order] = responses_lists.in_order(page, window)
        items = [self._door.shown(each) for each in await asyncio.gather(*(known(ctx, row) for row in rows))]
        return json_response(responses_lists.shown(items, total, window))

    async def order(self, request: Request) -> Response:
        ctx = await self._door.asked(self._contexts, request)
        return await self._shown(ctx, await auth.order_of(ctx, request))

    async def update(self, request: Request) -> Response:
        ctx = await self._door.asked(self._contexts, request)
        order = await auth.order_of(ctx, request)
        values = requests.billing(Given(await json_object(request)))
        return await self._shown(ctx, await orders.update_billing(ctx, order.id, values))

    async def issue(self, request: Request) -> Response:
        """202, and null for a body: the invoice is issued and its PDF on its way, or there."""
        ctx = await self._door.asked(self._contexts, request)
        order = await auth.order_of(ctx, request)
        await invoices.invoice_paid_order(ctx, order.id)
        return json_response(None, 202)

    async def invoice(self, request: Request) -> Response:
        """The newest invoice's PDF, if it is there."""
        ctx = await self._door.asked(self._contexts, request)
        order = await auth.order_of(ctx, request)
        issued = await invoices.newest_of(ctx, order)
        url = invoices.pdf_url(ctx, issued) if issued else None
        if url is None:
            raise NotFound(f"Order {order.id} has no invoice yet, or it is still being made.")
        return json_response({"url": url}, headers={"cache-control": "no-store"})

    async def _shown(self, ctx: Context, order: Order) -> Response:
        return json_response(self._door.shown(await known(ctx, order)))
