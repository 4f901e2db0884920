"""Whether the process runs (`/healthz`), and whether it can do its work (`/readyz`)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from documents.store import FileStore, Store, StoreUnavailable
from invoicing.errors import DatabaseUnavailable, QueryTimeout
from invoicing.storage import migrations, probe
from invoicing.storage.database import Database
from server.outages import one_line

OK = "ok"
PATIENCE = 5.0  # seconds; most probes wait at least that long

_FAILURES = (SQLAlchemyError, DatabaseUnavailable, QueryTimeout, OSError, TimeoutError)

log = structlog.get_logger(__name__)


def routes(database: Database, store: Store) -> list[Route]:
    looks = _Looks(database, store)

    async def healthz(request: Request) -> Response:
        """Checks nothing else: a server is not to be restarted because its database is away."""
        return JSONResponse({"status": OK})

    async def readyz(request: Request) -> Response:
        in_database, in_store = await looks.newest()
        is_ready = (in_database, in_store) == (OK, OK)
        body = {"status": OK if is_ready else "not ready", "database": in_database, "store": in_store}
        return JSONResponse(body, 200 if is_ready else 503, {"cache-control": "no-store"})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


class _Looks:
    """One look at a time, whoever asks: anybody may, and each writes a page to the disk."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store
        self._running: asyncio.Task[tuple[str, str]] | None = None

    async def newest(self) -> tuple[str, str]:
        """The states of the database and of the store, from a look that is running or begins now."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._look())
        return await asyncio.shield(self._running)

    async def _look(self) -> tuple[str, str]:
        return await asyncio.gather(_database_state(self._database), _store_state(self._store))


async def _database_state(database: Database) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            version = await database.read_async(migrations.version)
    except _FAILURES as failure:
        log.warning("the database does not answer", reason=one_line(failure))
        return "does not answer"
    if version != migrations.newest():
        return "is not at the version of this server"
    try:
        async with asyncio.timeout(PATIENCE):
            await _check_database_can_be_written(database)
    except _FAILURES as failure:
        log.warning("the database takes nothing", reason=one_line(failure))
        return "takes nothing"
    return OK


async def _check_database_can_be_written(database: Database) -> None:
    if not database.is_sqlite:
        if database.is_full:
            raise DatabaseUnavailable("Its disk was full when something was to be written.")
        await database.read_async(probe.check_is_primary)
        return
    await database.write_async(probe.check_can_write)
    folder = Path(database.url.database or "").parent  # what was written may have fitted into a file that is
    await asyncio.to_thread(FileStore(folder).check_writable)


async def _store_state(store: Store) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.to_thread(store.check_writable)
    except (StoreUnavailable, TimeoutError) as failure:
        log.warning("the store does not answer", reason=one_line(failure))
        return "does not answer"
    except OSError as failure:
        log.warning("the store takes nothing", reason=one_line(failure))
        return "takes nothing"
    return OK
