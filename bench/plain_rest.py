"""What somebody would write by hand for one question: Starlette, its threads, the database's driver, orjson.

python -m bench.plain_rest invoice|page DATABASE_URL ACCOUNT_ID PORT

It answers `bench.reading` and `bench.larger` with the same JSON from the same rows. It has no GraphQL, and
nothing else of the product but its signed links: no keys, limits, turns, time limits, log or metrics.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable
from typing import Any

import orjson
import psycopg
import uvicorn
from sqlalchemy import make_url
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from documents.links import Links

MILLION, PERCENT = 1_000_000, 10_000  # as quantities and rates are stored
_PDF = """LEFT JOIN documents d ON d.account_id = i.account_id AND d.invoice_id = i.id AND d.kind = 'pdf'"""
_INVOICE = f"""SELECT i.number, i.snapshot, d.key FROM invoices i {_PDF}
    WHERE i.account_id = ? AND i.id = ?"""  # noqa: S608 (no value of a caller)
_PAGE = f"""SELECT i.id, i.number, i.total, i.state, d.key, i.customer_id FROM invoices i {_PDF}
    WHERE i.account_id = ? ORDER BY i.created_at DESC, i.id DESC LIMIT ?"""  # noqa: S608
_CUSTOMERS = "SELECT id, name FROM customers WHERE account_id = ? AND id "
_LISTED = {"sqlite": "IN (SELECT value FROM json_each(?))", "postgresql": "= ANY (?)"}
_links = Links("not a secret", "http://localhost", 3_600)


class Driver:
    """Each thread has a connection."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self.kind = self._url.get_backend_name()
        self._threads = threading.local()

    def rows(self, statement: str, *values: Any) -> list[Any]:
        connection = getattr(self._threads, "connection", None)
        if connection is None:
            connection = self._threads.connection = self._connected()
        text = statement if self.kind == "sqlite" else statement.replace("?", "%s")
        found: list[Any] = connection.execute(text, values).fetchall()
        return found

    def _connected(self) -> Any:
        if self.kind == "sqlite":
            return sqlite3.connect(str(self._url.database), isolation_level=None)
        plain = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(plain, autocommit=True)


def invoice(driver: Driver, account: str, given: dict[str, Any]) -> dict[str, Any]:
    ((number, snapshot, key),) = driver.rows(_INVOICE, account, given["id"])
    stored = orjson.loads(snapshot)
    same = ("id", "number", "type", "currency", "issued_on", "due_on", "total_ex_vat", "total_vat", "total")
    return {
        "invoice": {
            **{name: stored[name] for name in same},
            "lines": [_line(each) for each in stored["lines"]],
            "vat": [
                _vat(each) | {name: each[name] for name in ("category", "base")} for each in stored["vat"]
            ],
            "pdf_status": "READY" if key else "PENDING",
            "pdf_url": _links.url(key, f"{number}.pdf") if key else None,
        }
    }


def _line(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": line["name"],
        "quantity": line["quantity"] // MILLION,  # those of `bench.shop` are whole
        "unit_price": line["unit_price"],
        "total": line["total"],
        "vat": {"rate": line["vat_rate"] / PERCENT, "amount": line["vat_amount"]},
    }


def _vat(row: dict[str, Any]) -> dict[str, Any]:
    return {"rate": row["rate"] / PERCENT, "amount": row["amount"]}


def page(driver: Driver, account: str, given: dict[str, Any]) -> dict[str, Any]:
    rows = driver.rows(_PAGE, account, given["n"] + 1)[: given["n"]]
    ids = [*dict.fromkeys([customer for *_, customer in rows])]
    asked = orjson.dumps(ids).decode() if driver.kind == "sqlite" else ids
    names: dict[str, str] = dict(driver.rows(_CUSTOMERS + _LISTED[driver.kind], account, asked))
    nodes = [
        {
            "id": id,
            "number": number,
            "total": total,
            "state": state,
            "pdf_url": _links.url(key, f"{number}.pdf") if key else None,
            "customer": {"name": names[customer]},
        }
        for id, number, total, state, key, customer in rows
    ]
    return {"invoices": {"nodes": nodes}}


_QUESTIONS: dict[str, Callable[[Driver, str, dict[str, Any]], dict[str, Any]]] = {
    each.__name__: each for each in (invoice, page)
}


def main(question: str, url: str, account: str, port: str) -> None:
    driver, read = Driver(url), _QUESTIONS[question]

    async def respond(request: Request) -> Response:
        given = orjson.loads(await request.body())["variables"]
        data = await run_in_threadpool(read, driver, account, given)
        return Response(orjson.dumps({"data": data}), media_type="application/json")

    app = Starlette(routes=[Route("/graphql", respond, methods=["POST"])])
    uvicorn.run(app, port=int(port), log_config=None, access_log=False, server_header=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
