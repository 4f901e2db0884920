"""Whether the process runs (`/healthz`), and whether it can do its work (`/readyz`)."""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from documents.store import FileStore
from invoicing.errors import QueryTimeout
from invoicing.storage import migrations
from invoicing.storage.database import Database
from server import logs

OK = "ok"
PATIENCE = 5.0  # seconds; most probes wait at least that long

log = structlog.get_logger(__name__)


def routes(database: Database, store: FileStore) -> list[Route]:
    async def healthz(request: Request) -> Response:
        """Checks nothing else: a server is not to be restarted because its database is away."""
        return JSONResponse({"status": OK})

    async def readyz(request: Request) -> Response:
        in_database, in_store = await asyncio.gather(_database_state(database), _store_state(store))
        is_ready = (in_database, in_store) == (OK, OK)
        body = {"status": OK if is_ready else "not ready", "database": in_database, "store": in_store}
        return JSONResponse(body, 200 if is_ready else 503, {"cache-control": "no-store"})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


async def _database_state(database: Database) -> str:
    try:
        version = await asyncio.wait_for(database.read_async(migrations.version), PATIENCE)
    except (SQLAlchemyError, QueryTimeout, TimeoutError) as failure:
        log.warning("the database does not answer", reason=logs.one_line(failure))
        return "does not answer"
    return OK if version == migrations.newest() else "is not at the version of this server"


async def _store_state(store: FileStore) -> str:
    try:
        await asyncio.wait_for(asyncio.to_thread(store.check_writable), PATIENCE)
    except (OSError, TimeoutError) as failure:
        log.warning("the store takes nothing", reason=logs.one_line(failure))
        return "takes nothing"
    return OK
