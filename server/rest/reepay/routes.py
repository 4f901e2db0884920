"""The paths of Reepay that are served here: each reads the request, calls a resolver, shows the result."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from invoicing.errors import CustomerNotFound, NotFound
from resolvers import customers, invoices, payments
from resolvers.context import Context
from resolvers.invoice_history import invoice_history
from resolvers.types import Issued
from server.contexts import Contexts
from server.rest.http import Endpoint, json_response, read_json_object, route, unknown_path
from server.rest.json_body import JsonObject, is_id
from server.rest.links import e_invoices_link
from server.rest.reepay import auth, requests, responses
from server.rest.reepay.errors import CreditNoteNotFound, refusal_response


def routes(contexts: Contexts) -> Sequence[Route]:
    here = _Endpoints(contexts)
    return [
        _route("/v1/customer/{handle}/invoice", post=here.create_invoice),
        _route("/v1/invoice/{id}", get=here.get_invoice),
        _route("/v1/invoice/{id}/settle", post=here.settle),
        _route("/v1/invoice/{id}/manual_settle", post=here.manual_settle),
        _route("/v1/invoice/{id}/cancel", post=here.cancel),
        _route("/v1/refund", post=here.refund),
        _route("/v1/credit_note/{id}", get=here.get_credit_note),
        *(
            unknown_path(f"/v1/{noun}/{{rest:path}}", refusal_response)
            for noun in ("customer", "invoice", "credit_note")
        ),
    ]


class _Endpoints:
    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts

    async def create_invoice(self, request: Request) -> Response:
        ctx = await auth.context(self._contexts, request)
        body = JsonObject(await read_json_object(request))
        handle = request.path_params["handle"]
        if not is_id(handle):
            raise CustomerNotFound(field="handle")
        if requests.has_vat_number(body):
            requests.check_vat_number(body, await customers.customer(ctx, None, handle))
        return await _invoice_response(
            ctx, await invoices.create_invoice(ctx, requests.invoice(body, handle))
        )

    async def get_invoice(self, request: Request) -> Response:
        ctx = await auth.context(self._contexts, request)
        return await _invoice_response(ctx, await _find_invoice(ctx, request.path_params["id"]))

    async def settle(self, request: Request) -> Response:
        ctx = await auth.context(self._contexts, request)
        body = JsonObject(await read_json_object(request, may_be_empty=True))
        invoice = await _find_invoice(ctx, request.path_params["id"])
        method, key = requests.payment_method(body), requests.idempotency_key(body)
        _, settled = await payments.settle_invoice(ctx, invoice.id, method, key)
        return await _invoice_response(ctx, settled)

    async def manual_settle(self, request: Request) -> Response:
        ctx = await auth.context(self._contexts, request)
        body = JsonObject(await read_json_object(request))
        invoice = await _find_invoice(ctx, request.path_params["id"])
        transfer, key = requests.manual_transfer(body), requests.idempotency_key(body)
        _, settled = await payments.settle_invoice_manually(ctx, invoice.id, transfer, key)
        return await _invoice_response(ctx, settled)

    async def cancel(self, request: Request) -> Response:
        ctx = await auth.context(self._contexts, request)
        invoice = await _find_invoice(ctx, request.path_params["id"])
        return await _invoice_response(ctx, await invoices.cancel_invoice(ctx, invoice.id))

    async def refund(self, request: Request) -> Response:
        ctx = await auth.context(self._contexts, request)
        body = JsonObject(await read_json_object(request))
        invoice = await _find_invoice(ctx, body.required(body.text, "invoice"))
        transfer = body.object("manual_transfer")
        credit, refunds = await payments.refund_invoice(
            ctx,
            invoice.id,
            requests.refund_amount(body, invoice),
            key=requests.idempotency_key(body),
            reason=body.text("text"),
            transfer=None if transfer is None else requests.manual_transfer(transfer),
        )
        return json_response(responses.refund(await invoice_history(ctx, credit), refunds))

    async def get_credit_note(self, request: Request) -> Response:
        ctx = await auth.context(self._contexts, request)
        credit = await _find_credit_note(ctx, request.path_params["id"])
        history = await invoice_history(ctx, credit)
        return json_response(responses.credit_note(history), headers=e_invoices_link(credit.id))


def _route(path: str, **endpoints: Endpoint) -> Route:
    return route(path, refusal_response, **endpoints)


async def _find_invoice(ctx: Context, id: str) -> Issued:
    """By its id, which is its handle if it has one. A credit note is not an invoice here."""
    found = await invoices.invoice(ctx, id) if is_id(id) else None
    if found is None or found.type == "CREDIT":
        raise NotFound(f"There is no invoice {id[:255]}.", field="invoice")
    return found


async def _find_credit_note(ctx: Context, id: str) -> Issued:
    try:
        found = await invoices.invoice(ctx, id) if is_id(id) else None
    except NotFound:
        found = None
    if found is None or found.type != "CREDIT":
        raise CreditNoteNotFound(f"There is no credit note {id[:255]}.", field="id")
    return found


async def _invoice_response(ctx: Context, invoice: Issued) -> Response:
    history = await invoice_history(ctx, invoice)
    return json_response(responses.invoice(history), headers=e_invoices_link(invoice.id))
