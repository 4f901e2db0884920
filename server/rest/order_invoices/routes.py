"""The one path of this front door."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from resolvers import invoices
from server.contexts import Contexts
from server.rest.http import json_response, read_json_object, route
from server.rest.json_body import JsonObject
from server.rest.order_invoices import auth, requests, responses
from server.rest.order_invoices.errors import refusal_response

PATH = "/invoices"


def routes(contexts: Contexts) -> Sequence[Route]:
    async def create(request: Request) -> Response:
        ctx = await auth.context(contexts, request)
        order_id = requests.order_id(JsonObject(await read_json_object(request)))
        invoice = await invoices.invoice_order(ctx, order_id, None)
        return json_response(responses.created(invoice, order_id), 201)

    return [route(PATH, refusal_response, post=create)]
