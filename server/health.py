"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

from sqlalchemy import Connection, text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from invoicing.database import Database


def routes(database: Database) -> list[Route]:
    async def healthz(request: Request) -> Response:
        await database.read_async(_answers)
        return JSONResponse({"status": "ok"})

    return [Route("/healthz", healthz)]


def _answers(connection: Connection) -> None:
    connection.execute(text("SELECT 1"))
