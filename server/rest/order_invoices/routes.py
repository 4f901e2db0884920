"""The paths of this front door."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from invoicing.errors import NotFound
from resolvers import e_invoices, invoices
from resolvers.context import Context
from resolvers.types import EInvoiceFormat, Issued
from server.contexts import Contexts
from server.rest.http import json_response, read_json_object, route, unknown_path
from server.rest.json_body import JsonObject
from server.rest.links import e_invoices_link
from server.rest.order_invoices import auth, requests, responses
from server.rest.order_invoices.errors import InvoiceNotFound, PdfNotReady, refusal_response
from server.xml_response import xml_response

PATH = "/invoices"
_NOT_STORED = {"cache-control": "no-store"}  # links expire


def routes(contexts: Contexts) -> Sequence[Route]:
    here = _Endpoints(contexts)
    return [
        route(PATH, refusal_response, post=here.create),
        route(f"{PATH}/{{id}}/e-invoices", refusal_response, get=here.get_e_invoices),
        route(f"{PATH}/{{id}}/e-invoices/{{format}}", refusal_response, get=here.get_e_invoice),
        unknown_path(f"{PATH}/{{rest:path}}", refusal_response),
    ]


class _Endpoints:
    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts

    async def create(self, request: Request) -> Response:
        ctx = await auth.context(self._contexts, request)
        order_id = requests.order_id(JsonObject(await read_json_object(request)))
        invoice = await invoices.invoice_order(ctx, order_id, None)
        return json_response(responses.created(invoice, order_id), 201, e_invoices_link(invoice.id))

    async def get_e_invoices(self, request: Request) -> Response:
        ctx = await auth.context(self._contexts, request)
        invoice = await _find_invoice(ctx, request)
        made = await e_invoices.e_invoices(ctx, invoice)
        return json_response(responses.e_invoices(made), headers=_NOT_STORED)

    async def get_e_invoice(self, request: Request) -> Response:
        """The XML; Factur-X is the PDF, which has a link of its own."""
        ctx = await auth.context(self._contexts, request)
        wanted = requests.e_invoice_format(request.path_params)
        invoice = await _find_invoice(ctx, request)
        (made,) = await e_invoices.e_invoices(ctx, invoice, [wanted])
        if made.problems:
            return json_response(responses.not_possible(made), 409)
        if wanted is EInvoiceFormat.FACTUR_X:
            return _see_pdf(made.url)
        content = await e_invoices.xml(invoice, wanted)
        return xml_response(content, f"{invoice.number}.xml")


def _see_pdf(url: str | None) -> Response:
    if url is None:
        raise PdfNotReady
    return RedirectResponse(url, 303, _NOT_STORED)


async def _find_invoice(ctx: Context, request: Request) -> Issued:
    try:
        return await invoices.invoice(ctx, requests.invoice_id(request.path_params))
    except NotFound as unknown:
        raise InvoiceNotFound from unknown
