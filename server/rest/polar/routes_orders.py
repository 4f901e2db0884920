"""Orders and their invoices, at the paths of each audience."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from invoicing.errors import InvoicingError, NotFound
from invoicing.storage.tables import Order
from resolvers import invoices, orders
from resolvers.context import Context
from resolvers.order_history import OrderHistory, order_histories, order_history
from resolvers.shared_threads import SharedThreads
from server.contexts import Contexts
from server.rest.http import json_response, read_json_object, route, unknown_path
from server.rest.json_body import JsonObject, is_id
from server.rest.polar import requests, requests_lists, responses_before_versions, responses_lists
from server.rest.polar.audiences import Audience
from server.rest.polar.errors import NoUuid, refusal_response, refusal_to_issue
from server.rest.polar.versions import version_of

_THREADS = SharedThreads(2, 1, "orders")
"""Put orders into Polar's words, in turns: what thousands of items come to takes a part of a second."""


def routes(contexts: Contexts, audience: Audience) -> list[Route]:
    here, path = _Endpoints(contexts, audience), audience.path
    return [
        *(route(each, refusal_response, get=here.get_page) for each in (path, f"{path}/")),
        route(f"{path}/{{id}}", refusal_response, get=here.get_order, patch=here.update_order),
        route(f"{path}/{{id}}/invoice", refusal_response, get=here.get_invoice, post=here.issue_invoice),
        unknown_path(f"{path}/{{rest:path}}", refusal_response),
    ]


class _Endpoints:
    def __init__(self, contexts: Contexts, audience: Audience) -> None:
        self._contexts = contexts
        self._audience = audience

    async def get_page(self, request: Request) -> Response:
        ctx = await self._audience.context(self._contexts, request)
        filter = requests_lists.order_filter(request, self._audience.filters)
        window = requests_lists.window(request)
        page, total = await asyncio.gather(orders.page(ctx, filter, window), orders.count(ctx, filter))
        rows: Sequence[Order] = responses_lists.rows_in_order(page, window)
        histories = await order_histories(ctx, rows)

        def response() -> Response:
            items = [self._shown(request, history) for history in histories]
            return json_response(responses_lists.page(items, total, window))

        return await _THREADS.run(ctx.principal.account_id, response)

    async def get_order(self, request: Request) -> Response:
        ctx = await self._audience.context(self._contexts, request)
        return await self._order_response(ctx, request, await _find_order(ctx, request))

    async def update_order(self, request: Request) -> Response:
        ctx = await self._audience.context(self._contexts, request)
        order = await _find_order(ctx, request)
        values = requests.billing(JsonObject(await read_json_object(request)))
        return await self._order_response(ctx, request, await orders.update_billing(ctx, order.id, values))

    async def issue_invoice(self, request: Request) -> Response:
        """202 and null: the invoice is issued, and its PDF is made or will be."""
        ctx = await self._audience.context(self._contexts, request)
        try:
            order = await _find_order(ctx, request)
            await invoices.invoice_paid_order(ctx, order.id)
        except InvoicingError as refusal:
            if version_of(request) is None:
                raise
            raise refusal_to_issue(refusal) from refusal
        return json_response(None, 202)

    async def get_invoice(self, request: Request) -> Response:
        """A link to the PDF of the newest invoice."""
        ctx = await self._audience.context(self._contexts, request)
        order = await _find_order(ctx, request)
        issued = await invoices.newest_of(ctx, order)
        url = invoices.pdf_url(ctx, issued) if issued else None
        if url is None:
            raise NotFound(f"Order {order.id} has no invoice yet, or it is still being made.")
        return json_response({"url": url}, headers={"cache-control": "no-store"})

    async def _order_response(self, ctx: Context, request: Request, order: Order) -> Response:
        history = await order_history(ctx, order)
        return await _THREADS.run(
            ctx.principal.account_id, lambda: json_response(self._shown(request, history))
        )

    def _shown(self, request: Request, history: OrderHistory) -> dict[str, Any]:
        """The order as the client reads it."""
        body = self._audience.order_response(history)
        return body if version_of(request) else responses_before_versions.order(body)


async def _find_order(ctx: Context, request: Request) -> Order:
    """The order in the path. An id that is no UUID has to be that of an order that the caller may see."""
    id = request.path_params["id"]
    try:
        if is_id(id):
            return await orders.order(ctx, id)
    except NotFound as unknown:
        if not _is_uuid(id):
            raise NoUuid from unknown
        raise
    raise NoUuid


def _is_uuid(id: str) -> bool:
    try:
        UUID(id)
    except ValueError:
        return False
    return True
