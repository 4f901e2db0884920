"""Row 6: whether the server is as fast with 200,000 invoices as with 1,000, and page 4,000 as page 1."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import issuing, mutating, reading, shop
from bench.homes import KINDS
from bench.load import load, write_bodies
from bench.results import Result, Run, comparison
from bench.serving import Server, running_server

FEW, MANY = 1_000, 200_000
LEAST, MOST = 0.8, 1.2
PAGE = 50
_PAGE = (
    "query($after: String) { invoices(first: 50, after: $after) { nodes "
    "{ id number total issued_on pdf_url customer { name } } pageInfo { hasNextPage endCursor } } }"
)


@dataclass(slots=True)
class StockedServer:
    """A server with stored invoices, and the files of requests for it."""

    server: Server
    reads: Path
    issues: Path
    first_page: Path
    last_page: Path
    issued: int = 0


def results(run: Run) -> Iterator[Result]:
    for kind in KINDS:
        with ExitStack() as open_things:
            few = _start_stocked_server(open_things, run, kind, FEW)
            many = _start_stocked_server(open_things, run, kind, run.size(MANY))
            yield from _compared(run, kind, few, many)


def _compared(run: Run, kind: str, few: StockedServer, many: StockedServer) -> Iterator[Result]:
    targets = (few, few.reads), (many, many.reads), (many, many.first_page), (many, many.last_page)
    small, large, first, last = _rates(
        run, [stocked.server for stocked, _ in targets], [body for _, body in targets]
    )
    issues: list[tuple[float, float]] = []
    errors = 0
    for _ in range(run.rounds):
        done = [_issue(stocked, run.seconds) for stocked in (few, many)]
        issues.append((done[0][0], done[1][0]))
        errors += done[0][1] + done[1][1]
    beside = f"{run.size(MANY):,} invoices stored, limit: {FEW:,}, {kind}"
    yield comparison(f"`invoice`, {beside}", large, small, least=LEAST, most=MOST)
    with_many, with_few = [rate for _, rate in issues], [rate for rate, _ in issues]
    yield comparison(f"`invoiceItems`, {beside}", with_many, with_few, least=LEAST, most=MOST, errors=errors)
    pages = f"page {run.size(MANY) // PAGE:,} of `invoices(first: 50)`, limit: page 1, {kind}"
    yield comparison(pages, last, first, least=LEAST, most=MOST)


def _rates(run: Run, servers: Sequence[Server], bodies: Sequence[Path]) -> list[list[float]]:
    """The rates of each server with its bodies; the servers alternate in each round."""
    rates: list[list[float]] = [[] for _ in servers]
    for at, server in enumerate(servers):
        load(server, bodies[at], seconds=1)
    for _ in range(run.rounds):
        for at, server in enumerate(servers):
            done = load(server, bodies[at], seconds=run.seconds - 1)
            assert not done.errors
            rates[at].append(done.rate)
    return rates


def _issue(stocked: StockedServer, seconds: int) -> tuple[float, int]:
    done = load(stocked.server, stocked.issues, seconds=seconds, start=stocked.issued)
    stocked.issued = done.sent
    return done.rate, done.errors


def _start_stocked_server(open_things: ExitStack, run: Run, kind: str, count: int) -> StockedServer:
    home = open_things.enter_context(run.homes.fresh(kind))
    orders = mutating.MAX_RATE * run.seconds * run.rounds
    with home.database() as database:
        opened = shop.open_shop(database)
        shop.stock_invoices(database, opened, "A", count)
        issuing.stock(database, opened, orders, "B")
    home.settle()
    sample = random.Random(count).sample(range(count), 500)
    return StockedServer(
        open_things.enter_context(running_server(home, opened.token)),
        write_bodies(home.data / "reads", (reading.read_body("A", number) for number in sample)),
        write_bodies(home.data / "issues", (issuing.body(number, "B") for number in range(orders))),
        write_bodies(home.data / "first", [_page(None)]),
        write_bodies(home.data / "last", [_page(shop.cursor_of("A", PAGE))]),
    )


def _page(after: str | None) -> object:
    return {"query": _PAGE, "variables": {"after": after}}
