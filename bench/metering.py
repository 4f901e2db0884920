"""What it costs to count an answer while it is made, and to look at the turn: with it and without, in turns.

Without it, plans are written without the lines that count or look, and lists are read at once. CPU time of
the process in many short rounds, of which the lower tenth is compared: what others do on the machine adds to
a round, and takes nothing away.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from bench import larger, reading, shop
from bench.homes import SQLITE
from bench.results import Result, Run
from bench.shop import Shop
from invoicing.storage.database import Database
from resolvers.context import Context
from resolvers.ways import Way
from schema import Schema
from schema.execution import plans
from schema.execution.compiled import source
from schema.execution.documents import Rules
from schema.execution.meter import Meter

MAX_SHARE = 0.03
ROUNDS, ANSWERS = 400, 20  # of each, in turns; answers in a round
_COUNTING = re.compile(r"\n *(?:r\.meter\.spent \+= .*|if r\.(?:meter\.spent >|turns\.is_over).*)")


def results(run: Run) -> Iterator[Result]:
    with run.homes.fresh(SQLITE) as home, home.database() as database:
        opened = shop.open_shop(database)
        shop.stock_invoices(database, opened, "A", larger.PAGE + 10, lines=reading.LINES)
        for what, body in {
            f"an `invoice` of {reading.LINES} lines": reading.read_body("A"),
            f"a page of {larger.PAGE} invoices": larger.PAGE_BODY,
        }.items():
            counted, free = asyncio.run(_times(database, opened, body, run.size(ROUNDS)))
            yield Result(
                f"guard, counting and turns of {what} within the process, limit: without them",
                f"{counted * 1000:.3f} ms",
                f"{free * 1000:.3f} ms",
                f"{1 - free / counted:.4f}",
                f"≤ {MAX_SHARE}",
                1 - free / counted <= MAX_SHARE,
            )


async def _times(database: Database, opened: Shop, body: dict[str, Any], rounds: int) -> tuple[float, float]:
    """CPU seconds of an answer, counted and not."""
    services = opened.services(database)

    async def answer(schema: Schema, expected: Way = Way.PLANNED) -> Any:
        context = Context(opened.principal, services, "bench")
        result = await schema.execute(body["query"], variable_values=body["variables"], context_value=context)
        assert context.way is expected, (context.way, result.errors)
        return result.data

    counted, free = Schema(Rules()), Schema(Rules())
    ways = (Way.FIRST, Way.FIRST, Way.PLANNED)
    data = [await answer(counted, way) for way in ways]
    with _without_counting():
        data += [await answer(free, way) for way in ways]
    assert all(each == data[0] for each in data)
    times: dict[Schema, list[float]] = {counted: [], free: []}
    for number in range(rounds):
        for schema in (counted, free) if number % 2 else (free, counted):
            with ExitStack() as open_things:
                if schema is free:
                    open_things.enter_context(_without_counting())
                start = time.process_time()
                for _ in range(ANSWERS):
                    await answer(schema)
                times[schema].append((time.process_time() - start) / ANSWERS)
    low, low_free = (statistics.quantiles(each, n=10)[0] for each in times.values())
    return low, low_free


@contextmanager
def _without_counting() -> Iterator[None]:
    """Plans that are written or run meanwhile do not count."""
    nothing = Meter(1_000_000)

    def write(text: str, *rest: Any) -> Any:
        return compile(_COUNTING.sub("", text), *rest)

    with (
        patch.object(source, "compile", write, create=True),
        patch.object(source, "read_objects", _read_objects),
        patch.object(plans, "meter_of", lambda _: nothing),
    ):
        yield


def _read_objects(items: Any, read: Any, _: int, run: Any) -> list[Any]:
    return [read(item, run) for item in items]
