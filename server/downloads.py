"""The documents behind signed links. The signature is the authentication: no key is needed."""

from __future__ import annotations

import asyncio
import os

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from documents.links import BadLink, ExpiredLink, Links
from documents.store import FileStore
from invoicing.errors import InvoicingError


class DocumentMissing(InvoicingError):
    """The document is no longer in the store."""

    code = "DOCUMENT_MISSING"


_STATUS: dict[type[InvoicingError], int] = {BadLink: 403, DocumentMissing: 404, ExpiredLink: 410}


def routes(store: FileStore, links: Links) -> list[Route]:
    async def document(request: Request) -> Response:
        try:
            key, filename = links.read_token(request.path_params["token"])
            return await _file(store, key, filename)
        except (BadLink, ExpiredLink, DocumentMissing) as refusal:
            body = {"error": refusal.code, "detail": str(refusal)}
            return JSONResponse(body, _STATUS[type(refusal)], headers={"Cache-Control": "no-store"})

    return [Route("/documents/{token}/{filename:path}", document)]


async def _file(store: FileStore, key: str, filename: str) -> FileResponse:
    path = store.path(key)
    try:
        stat = await asyncio.to_thread(os.stat, path)
    except FileNotFoundError as gone:
        raise DocumentMissing from gone
    return FileResponse(
        path,
        media_type="application/pdf",
        filename=filename,
        content_disposition_type="inline",
        stat_result=stat,
        headers={"Cache-Control": "private", "X-Content-Type-Options": "nosniff"},
    )
