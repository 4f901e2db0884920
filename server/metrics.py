"""Metrics for Prometheus: what this process counts, and how much work waits in the database."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from invoicing.errors import DatabaseUnavailable, QueryTimeout
from invoicing.retention.purge import DELETIONS
from invoicing.storage import outbox
from invoicing.storage.database import Database
from invoicing.storage.outbox import Backlog
from invoicing.texts import LONGEST_NAME, shortened
from resolvers.watches import Watches
from server.connections.guard import REFUSALS
from server.counts import Counts
from server.health import PATIENCE
from server.outages import one_line
from server.rate_limits.limits import LIMITED

MOST_OPERATIONS = 200  # callers choose the names; further ones are counted together as OTHERS
OTHERS, UNNAMED = "(others)", "(unnamed)"
_RENDER = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)

log = structlog.get_logger(__name__)


class Metrics:
    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a line more for each metric, of no use
        self.registry = CollectorRegistry()
        self._operations: set[str] = set()
        self._counts = Counts()
        self.registry.register(self._counts)
        self.count_execution = self._counts.count_execution
        self._socket_operations = self._counter(
            "invoicing_socket_operations", "Operations over WebSockets that have ended.", "operation"
        )
        self._made = self._counter("invoicing_pdfs_made", "PDFs made and stored.")
        self._failed = self._counter("invoicing_pdfs_failed", "Attempts that made no PDF.")
        self._drawing = Histogram(
            "invoicing_render_seconds", "To draw one PDF.", buckets=_RENDER, registry=self.registry
        )
        self._deadlocks = self._counter(
            "invoicing_deadlocks", "Transactions that PostgreSQL undid to end a deadlock."
        )
        self._refused_connections = self._counter(
            "invoicing_refused_connections", "Connections that were closed early.", "reason"
        )
        for reason in REFUSALS:
            self._refused_connections.labels(reason)  # it is 0 until it happens, not absent
        self._rate_limited = self._counter(
            "invoicing_rate_limited", "Requests and operations refused as too many.", "what"
        )
        for what in LIMITED:
            self._rate_limited.labels(what)
        self._purged = self._counter("invoicing_purged_rows", "Old rows that were deleted.", "table")
        for table in DELETIONS:
            self._purged.labels(table)
        self._brought_back = self._counter(
            "invoicing_outbox_brought_back", "Jobs that a clock which was ahead had left in the future."
        )
        self._waiting = self._gauge("invoicing_outbox_jobs", "Jobs that are not done.")
        self._parked = self._gauge("invoicing_outbox_parked_jobs", "Jobs that were given up.")
        self._oldest = self._gauge("invoicing_outbox_oldest_due_seconds", "How long a job has been due.")
        self._watches = Gauge(
            "invoicing_watches", "Subscriptions, and queries that wait for a PDF.", registry=self.registry
        )

    def count_request(self, operation: str | None, status: int, code: str, seconds: float) -> None:
        self._counts.count_request(self._label(operation or UNNAMED), status, code, seconds)

    def count_socket_operation(self, operation: str | None) -> None:
        """Counts an operation over a WebSocket that has ended. Its duration is up to the client."""
        self._socket_operations.labels(self._label(operation or UNNAMED)).inc()

    def count_pdfs(self, made: Sequence[float], *, failed: int) -> None:
        """`made` has the seconds that each new PDF took; `failed` is the number of attempts that failed."""
        self._made.inc(len(made))
        self._failed.inc(failed)
        for seconds in made:
            self._drawing.observe(seconds)

    def count_deadlock(self) -> None:
        """Counts a transaction that PostgreSQL has undone so that another can go on; it is done again."""
        self._deadlocks.inc()

    def count_refused_connection(self, reason: str) -> None:
        self._refused_connections.labels(reason).inc()

    def count_rate_limited(self, what: str) -> None:
        """Counts a refusal, to a `key` (or a customer) or to an `address` with wrong ones."""
        self._rate_limited.labels(what).inc()

    def count_purged(self, purged: Mapping[str, int]) -> None:
        """Counts rows that were deleted because they were old, by table."""
        for table, count in purged.items():
            self._purged.labels(table).inc(count)

    def count_brought_back(self, jobs: int) -> None:
        self._brought_back.inc(jobs)

    def set_backlogs(self, backlogs: Sequence[Backlog], *, now: datetime) -> None:
        for gauge in (self._waiting, self._parked, self._oldest):
            gauge.clear()
        for each in backlogs:
            age = (now - each.due_since).total_seconds() if each.due_since else 0.0
            self._waiting.labels(each.kind).set(each.waiting)
            self._parked.labels(each.kind).set(each.parked)
            self._oldest.labels(each.kind).set(age)

    def set_watches(self, watches: int) -> None:
        self._watches.set(watches)

    def _label(self, operation: str) -> str:
        """The operation's name, cut where it is long, or OTHERS if there are too many already."""
        operation = shortened(operation, LONGEST_NAME)
        if operation in self._operations:
            return operation
        if len(self._operations) == MOST_OPERATIONS:
            return OTHERS
        self._operations.add(operation)
        return operation

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(name, meaning, ["kind"], registry=self.registry)


def routes(metrics: Metrics, database: Database, watches: Watches, token: str) -> list[Route]:
    async def exposition(request: Request) -> Response:
        if token and not _is_allowed(request, token):
            refusal = "Send INVOICING_METRICS_TOKEN as `Authorization: Bearer …`.\n"
            return PlainTextResponse(refusal, 401, {"www-authenticate": "Bearer"})
        now = datetime.now(UTC)
        metrics.set_watches(len(watches))
        metrics.set_backlogs(await _backlogs(database, now), now=now)
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/metrics", exposition)]


async def _backlogs(database: Database, now: datetime) -> list[Backlog]:
    """Empty if the database cannot be reached: the other metrics are returned all the same."""
    try:
        return await asyncio.wait_for(database.list_for(None, outbox.backlog, now=now), PATIENCE)
    except (SQLAlchemyError, DatabaseUnavailable, QueryTimeout, TimeoutError) as failure:
        log.warning("the backlogs cannot be read", reason=one_line(failure))
        return []


def _is_allowed(request: Request, token: str) -> bool:
    sent = request.headers.get("authorization", "").encode()
    return hmac.compare_digest(sent, f"Bearer {token}".encode())
