"""The documents behind signed links. The signature is the authentication: no key is needed."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from documents import logo_links, receipt_links
from documents.einvoice.file import xml_of
from documents.einvoice.links import EInvoiceKey, read_key
from documents.filenames import inline
from documents.links import BadLink, ExpiredLink, Links
from documents.logo_links import LogoKey
from invoicing.accounts import branding
from invoicing.errors import DatabaseUnavailable, InvoicingError, QueryTimeout, ServerOutdated
from invoicing.invoices.queries import stored_snapshot
from invoicing.storage.database import Database
from invoicing.stored_snapshot import load
from resolvers.making import made, opened_of
from server.callers import CLIENT_GONE, WhileCallerWaits
from server.openings import DocumentsBusy, Openings
from server.receipts import Receipts
from server.stored_pdfs import DocumentMissing, DocumentNotReady, StoreAway, StoredPdfs, account_of
from server.xml_response import xml_response

_STATUS: dict[type[InvoicingError], int] = {
    BadLink: 403,
    DatabaseUnavailable: 503,
    DocumentMissing: 404,
    DocumentNotReady: 503,
    DocumentsBusy: 503,
    ExpiredLink: 410,
    QueryTimeout: 503,
    ServerOutdated: 503,
    StoreAway: 503,
}


def routes(database: Database, pdfs: StoredPdfs, links: Links, receipts: Receipts) -> list[Route]:
    openings = Openings()

    async def document(request: Request) -> Response:
        try:
            key, filename = links.read_token(request.path_params["token"])
            with WhileCallerWaits(request.receive):
                return await opened(key, filename, is_get=request.method == "GET")
        except tuple(_STATUS) as refusal:
            return _refusal(refusal)
        except ClientDisconnect:
            return Response(status_code=CLIENT_GONE)

    async def opened(key: str, filename: str, *, is_get: bool) -> Response:
        if (e_invoice := read_key(key)) is not None:
            with openings.one_more(e_invoice.account_id, key):
                return await _xml(database, e_invoice, filename)
        if (logo := logo_links.read_key(key)) is not None:
            return await _logo(database, logo)
        if (receipt := receipt_links.read_key(key)) is not None:
            with openings.one_more(receipt.account_id, key):
                quoted = quote(filename, safe="")
                return _pdf(await receipts.made(receipt), f"inline; filename*=utf-8''{quoted}")
        if pdfs.are_files:
            return await _file(pdfs, key, filename, redirect=False)
        with openings.one_more(account_of(key), key):
            return await _file(pdfs, key, filename, redirect=is_get)  # the address is signed for GET alone

    return [Route("/documents/{token}/{filename:path}", document)]


async def _file(pdfs: StoredPdfs, key: str, filename: str, *, redirect: bool) -> Response:
    found = await pdfs.find(key, redirect=redirect)
    if isinstance(found, str):
        return RedirectResponse(found, headers={"Cache-Control": "no-store"})
    if isinstance(found, bytes):
        return _pdf(found, inline(filename))
    path, stat = found
    return FileResponse(
        path,
        media_type="application/pdf",
        filename=filename,
        content_disposition_type="inline",
        stat_result=stat,
        headers={"Cache-Control": "private", "X-Content-Type-Options": "nosniff"},
    )


async def _xml(database: Database, key: EInvoiceKey, filename: str) -> Response:
    """Written anew each time: it takes less than to read it, and the invoice is frozen."""
    stored = await database.read_for(key.account_id, stored_snapshot, key.account_id, key.invoice_id)
    if stored is None:
        raise DocumentMissing
    content = await made(opened_of(key.account_id), lambda: xml_of(load(stored), key.format))
    return xml_response(content, filename)


async def _logo(database: Database, key: LogoKey) -> Response:
    stored = await database.read_for(key.account_id, branding.logo, key.account_id, key.sha256)
    if stored is None:
        raise DocumentMissing
    headers = {"Cache-Control": "private", "X-Content-Type-Options": "nosniff"}
    return Response(stored.content, media_type=stored.media_type, headers=headers)


def _pdf(content: bytes, disposition: str) -> Response:
    headers = {
        "Cache-Control": "private",
        "Content-Disposition": disposition,
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type="application/pdf", headers=headers)


def _refusal(refusal: InvoicingError) -> JSONResponse:
    headers = {"Cache-Control": "no-store"}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    body = {"error": refusal.code, "detail": str(refusal)}
    return JSONResponse(body, _STATUS[type(refusal)], headers=headers)
