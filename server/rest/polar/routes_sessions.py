"""Customers' sessions, which the merchant makes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from resolvers import customers
from server.contexts import Contexts
from server.rest.http import json_response, read_json_object, route, unknown_path
from server.rest.json_body import JsonObject
from server.rest.polar import auth, requests, responses_before_versions
from server.rest.polar.audiences import CUSTOMERS
from server.rest.polar.errors import refusal_response
from server.rest.polar.responses_customers import customer_session
from server.rest.polar.versions import version_of

PATH = "/v1/customer-sessions"


def routes(contexts: Contexts) -> list[Route]:
    async def create(request: Request) -> Response:
        ctx = await auth.merchant_context(contexts, request)
        values = requests.session(JsonObject(await read_json_object(request)))
        customer = await customers.customer(ctx, values["id"], values["handle"])
        session, token = await customers.create_customer_session(
            ctx, customer.id, None, None, values["return_url"]
        )
        portal_url = f"{contexts.services.links.base_url}{CUSTOMERS.path}/"
        body = customer_session(session, token, customer, portal_url)
        if version_of(request) is None:
            body["customer"] = responses_before_versions.customer(body["customer"])
        return json_response(body, 201, {"cache-control": "no-store"})

    return [
        *(route(each, refusal_response, post=create) for each in (PATH, f"{PATH}/")),
        unknown_path(f"{PATH}/{{rest:path}}", refusal_response),
    ]
