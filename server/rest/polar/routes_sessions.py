"""Customers' sessions, made by the merchant."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from resolvers import customers
from server.contexts import Contexts
from server.rest.http import json_object, json_response, route, unknown
from server.rest.json_body import Given
from server.rest.polar import auth, requests, responses
from server.rest.polar.errors import refused
from server.rest.polar.routes_orders import CUSTOMERS

PATH = "/v1/customer-sessions/"


def routes(contexts: Contexts) -> list[Route]:
    async def create(request: Request) -> Response:
        ctx = await auth.merchant(contexts, request)
        asked = requests.session(Given(await json_object(request)))
        whose = await customers.customer(ctx, asked["id"], asked["handle"])
        row, token = await customers.create_customer_session(ctx, whose.id, None, None, asked["return_url"])
        body = {
            "id": row.id,
            "created_at": row.created_at,
            "modified_at": None,
            "token": token,
            "expires_at": row.expires_at,
            "return_url": row.return_url,
            "customer_portal_url": f"{contexts.services.links.base_url}{CUSTOMERS.path}/",
            "customer_id": whose.id,
            "customer": responses.customer(whose),
        }
        return json_response(body, 201, {"cache-control": "no-store"})

    return [
        route(PATH, refused, post=create),
        unknown(f"{PATH}{{rest:path}}", refused),
    ]
