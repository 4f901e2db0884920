"""Whether the process runs (`/healthz`), and whether it can do its work (`/readyz`)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from documents.store import FileStore
from invoicing.errors import DatabaseUnavailable, QueryTimeout
from invoicing.storage import migrations, probe
from invoicing.storage.database import Database
from server import logs

OK = "ok"
PATIENCE = 5.0  # seconds; most probes wait at least that long

_FAILURES = (SQLAlchemyError, DatabaseUnavailable, QueryTimeout, OSError, TimeoutError)

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
        async with asyncio.timeout(PATIENCE):
            version = await database.read_async(migrations.version)
    except _FAILURES as failure:
        log.warning("the database does not answer", reason=logs.one_line(failure))
        return "does not answer"
    if version != migrations.newest():
        return "is not at the version of this server"
    try:
        async with asyncio.timeout(PATIENCE):
            await _check_database_can_be_written(database)
    except _FAILURES as failure:
        log.warning("the database takes nothing", reason=logs.one_line(failure))
        return "takes nothing"
    return OK


async def _check_database_can_be_written(database: Database) -> None:
    if not database.is_sqlite:
        await database.read_async(probe.check_is_primary)
        return
    await database.write_async(probe.check_can_write)
    folder = Path(database.url.database or "").parent  # what was written may have fitted into a file that is
    await asyncio.to_thread(FileStore(folder).check_writable)


async def _store_state(store: FileStore) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.to_thread(store.check_writable)
    except (OSError, TimeoutError) as failure:
        log.warning("the store takes nothing", reason=logs.one_line(failure))
        return "takes nothing"
    return OK
