"""Row: the cost of checking a known document against the limits, and of refusing a fragment bomb."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator

from bench import metering, shop
from bench.reading import LINES, read_body
from bench.results import Result, Run
from resolvers.context import Context
from resolvers.ways import Way
from schema import schema_under
from schema.execution.documents import ParsedDocument, Rules

MAX_SHARE = 0.03
MAX_REFUSAL = 50  # milliseconds
_BOMB = '{ order(id: "x") { ...F0 } } ' + " ".join(
    f"fragment F{n} on Order {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40)
)


def results(run: Run) -> Iterator[Result]:
    body = read_body("A")
    graph = schema_under(Rules()).graphql_schema
    parsed = ParsedDocument(graph, Rules(), body["query"])
    check = _median(lambda: parsed.errors(None, body["variables"]), run.size(20_000))
    request = _request(run)
    yield Result(
        "guard, a document that is known, of an `invoice` within the process",
        f"{check * 1e6:.1f} µs",
        f"{request * 1e6:.0f} µs",
        f"{check / request:.4f}",
        f"≤ {MAX_SHARE}",
        check / request <= MAX_SHARE,
    )
    yield from metering.results(run)
    refusal = 1000 * _median(lambda: ParsedDocument(graph, Rules(), _BOMB).errors(None, {}), 50)
    yield Result(
        f"a fragment bomb of {len(_BOMB):,} bytes refused",
        f"{refusal:.1f} ms",
        to_reach=f"< {MAX_REFUSAL} ms",
        reached=refusal < MAX_REFUSAL,
    )


def _request(run: Run) -> float:
    """Seconds for the operation without HTTP; the check's share of a whole request is smaller."""
    body = read_body("A")
    with run.homes.fresh("SQLite") as home, home.database() as database:
        opened = shop.open_shop(database)
        shop.issue_with_pdf(database, opened, "A", lines=LINES)
        services = opened.services(database)
        schema = schema_under(Rules())

        async def request_times() -> list[float]:
            times = []
            for _ in range(run.size(2_000)):
                context = Context(opened.principal, services, "bench")
                start = time.perf_counter()
                result = await schema.execute(
                    body["query"], variable_values=body["variables"], context_value=context
                )
                times.append(time.perf_counter() - start)
                assert not result.errors, result.errors
            assert context.way is Way.PLANNED, context.way
            return times

        return statistics.median(asyncio.run(request_times()))


def _median(call: Callable[[], object], count: int) -> float:
    times = []
    for _ in range(count):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
