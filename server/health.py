"""Whether the process lives (`/healthz`), and whether it can do its work (`/readyz`)."""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from documents.store import FileStore
from invoicing.storage import migrations
from invoicing.storage.database import Database
from server import logs

OK = "ok"
PATIENCE = 5.0  # seconds; most of those who ask give up no sooner

log = structlog.get_logger(__name__)


def routes(database: Database, store: FileStore) -> list[Route]:
    async def healthz(request: Request) -> Response:
        """Asks nobody: a server is not started again because its database is away."""
        return JSONResponse({"status": OK})

    async def readyz(request: Request) -> Response:
        told, kept = await asyncio.gather(_database(database), _store(store))
        is_ready = (told, kept) == (OK, OK)
        body = {"status": OK if is_ready else "not ready", "database": told, "store": kept}
        return JSONResponse(body, 200 if is_ready else 503, {"cache-control": "no-store"})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


async def _database(database: Database) -> str:
    try:
        version = await asyncio.wait_for(database.read_async(migrations.version), PATIENCE)
    except (SQLAlchemyError, TimeoutError) as failure:
        log.warning("the database does not answer", reason=logs.line(failure))
        return "does not answer"
    return OK if version == migrations.newest() else "is not at the version of this server"


async def _store(store: FileStore) -> str:
    try:
        await asyncio.wait_for(asyncio.to_thread(store.check_writable), PATIENCE)
    except (OSError, TimeoutError) as failure:
        log.warning("the store takes nothing", reason=logs.line(failure))
        return "takes nothing"
    return OK
