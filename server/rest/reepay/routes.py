"""The paths of Reepay that are answered here: each reads, asks a resolver, and shows."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from invoicing.errors import CustomerNotFound, NotFound, Unauthorized
from invoicing.invoices.queries import Issued
from invoicing.storage.tables import new_id
from resolvers import customers, invoices, payments
from resolvers.context import Context
from resolvers.invoice_history import check_may_see_history, invoice_history
from server.contexts import Contexts
from server.rest.http import Answer, json_object, json_response, route, unknown
from server.rest.json_body import Given, is_id
from server.rest.reepay import requests, responses
from server.rest.reepay.errors import CreditNoteNotFound, refused


def routes(contexts: Contexts) -> Sequence[Route]:
    async def create(request: Request) -> Response:
        ctx = await _context(contexts, request)
        given = Given(await json_object(request))
        handle = request.path_params["handle"]
        if not is_id(handle):
            raise CustomerNotFound(field="handle")
        customer = await customers.customer(ctx, None, handle)
        return await _invoice(ctx, await invoices.create_invoice(ctx, requests.invoice(given, customer)))

    async def get(request: Request) -> Response:
        ctx = await _context(contexts, request)
        return await _invoice(ctx, await _sale(ctx, request.path_params["id"]))

    async def settle(request: Request) -> Response:
        ctx = await _context(contexts, request)
        given = Given(await json_object(request, or_nothing=True))
        sale = await _sale(ctx, request.path_params["id"])
        _, settled = await payments.settle_invoice(ctx, sale.id, requests.method(given), _key(given))
        return await _invoice(ctx, settled)

    async def manual_settle(request: Request) -> Response:
        ctx = await _context(contexts, request)
        given = Given(await json_object(request))
        sale = await _sale(ctx, request.path_params["id"])
        transfer = requests.manual_transfer(given)
        _, settled = await payments.settle_invoice_manually(ctx, sale.id, transfer, _key(given))
        return await _invoice(ctx, settled)

    async def cancel(request: Request) -> Response:
        ctx = await _context(contexts, request)
        sale = await _sale(ctx, request.path_params["id"])
        return await _invoice(ctx, await invoices.cancel_invoice(ctx, sale.id))

    async def refund(request: Request) -> Response:
        ctx = await _context(contexts, request)
        given = Given(await json_object(request))
        sale = await _sale(ctx, given.needed(given.text, "invoice"))
        transfer = given.object("manual_transfer")
        credit, refunds = await payments.refund_invoice(
            ctx,
            sale.id,
            requests.refund(given, sale),
            key=_key(given),
            reason=given.text("text"),
            transfer=None if transfer is None else requests.manual_transfer(transfer),
        )
        return json_response(responses.refund(await invoice_history(ctx, credit), refunds))

    async def credit_note(request: Request) -> Response:
        ctx = await _context(contexts, request)
        note = await _note(ctx, request.path_params["id"])
        return json_response(responses.credit_note(await invoice_history(ctx, note)))

    return [
        _route("/v1/customer/{handle}/invoice", post=create),
        _route("/v1/invoice/{id}", get=get),
        _route("/v1/invoice/{id}/settle", post=settle),
        _route("/v1/invoice/{id}/manual_settle", post=manual_settle),
        _route("/v1/invoice/{id}/cancel", post=cancel),
        _route("/v1/refund", post=refund),
        _route("/v1/credit_note/{id}", get=credit_note),
        *(unknown(f"/v1/{noun}/{{rest:path}}", refused) for noun in ("customer", "invoice", "credit_note")),
    ]


def _route(path: str, **answers: Answer) -> Route:
    return route(path, refused, **answers)


async def _context(contexts: Contexts, request: Request) -> Context:
    """For whoever may see what the answers show: a refusal comes before a change."""
    ctx = await contexts.for_token(request, _api_key(request))
    check_may_see_history(ctx.principal)
    return ctx


def _api_key(request: Request) -> str:
    """HTTP Basic: the key is the user name, and the password is empty (RFC 7617)."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:  # no ASCII, no Base64, or no UTF-8
        raise Unauthorized("The credentials are not readable.") from None
    if scheme.lower() != "basic" or not user or not colon or password:
        raise Unauthorized("Send the API key as user name of HTTP Basic authentication, without a password.")
    return user


async def _sale(ctx: Context, id: str) -> Issued:
    """By its id or its handle, which is the id where there is one. A credit note is no invoice."""
    found = await invoices.invoice(ctx, id) if is_id(id) else None
    if found is None or found.type == "CREDIT":
        raise NotFound(f"There is no invoice {id[:255]}.", field="invoice")
    return found


async def _note(ctx: Context, id: str) -> Issued:
    try:
        found = await invoices.invoice(ctx, id) if is_id(id) else None
    except NotFound:
        found = None
    if found is None or found.type != "CREDIT":
        raise CreditNoteNotFound(f"There is no credit note {id[:255]}.", field="id")
    return found


def _key(given: Given) -> str:
    """Without a key of the caller's nothing is a repetition."""
    return given.text("key") or new_id()


async def _invoice(ctx: Context, invoice: Issued) -> Response:
    return json_response(responses.invoice(await invoice_history(ctx, invoice)))
