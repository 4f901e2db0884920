"""Row 6: whether 200,000 stored invoices are as fast as 1,000, and page 4,000 as fast as page 1."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import issuing, mutating, reading, shop
from bench.homes import KINDS
from bench.load import load, written
from bench.results import Result, Run, compared
from bench.serving import Server, serving

FEW, MANY = 1_000, 200_000
LEAST, MOST = 0.8, 1.2
PAGE = 50
_PAGE = (
    "query($after: String) { invoices(first: 50, after: $after) { nodes "
    "{ id number total issued_on pdf_url customer { name } } pageInfo { hasNextPage endCursor } } }"
)


@dataclass(slots=True)
class Stocked:
    """A server with so many invoices stored, and what can be asked of it."""

    server: Server
    reads: Path
    issues: Path
    first_page: Path
    last_page: Path
    issued: int = 0


def results(run: Run) -> Iterator[Result]:
    for kind in KINDS:
        with ExitStack() as open_things:
            few = _stocked(open_things, run, kind, FEW)
            many = _stocked(open_things, run, kind, run.size(MANY))
            yield from _compared(run, kind, few, many)


def _compared(run: Run, kind: str, few: Stocked, many: Stocked) -> Iterator[Result]:
    asked = (few, few.reads), (many, many.reads), (many, many.first_page), (many, many.last_page)
    small, large, first, last = _rates(run, [one.server for one, _ in asked], [body for _, body in asked])
    issues: list[tuple[float, float]] = []
    errors = 0
    for _ in range(run.rounds):
        done = [_issue(stocked, run.seconds) for stocked in (few, many)]
        issues.append((done[0][0], done[1][0]))
        errors += done[0][1] + done[1][1]
    beside = f"{run.size(MANY):,} invoices stored, limit: {FEW:,}, {kind}"
    yield compared(f"`invoice`, {beside}", large, small, least=LEAST, most=MOST)
    with_many, with_few = [two for _, two in issues], [one for one, _ in issues]
    yield compared(f"`invoiceItems`, {beside}", with_many, with_few, least=LEAST, most=MOST, errors=errors)
    pages = f"page {run.size(MANY) // PAGE:,} of `invoices(first: 50)`, limit: page 1, {kind}"
    yield compared(pages, last, first, least=LEAST, most=MOST)


def _rates(run: Run, servers: Sequence[Server], bodies: Sequence[Path]) -> list[list[float]]:
    """Of each server with its bodies, round by round, in turn."""
    rates: list[list[float]] = [[] for _ in servers]
    for at, server in enumerate(servers):
        load(server, bodies[at], seconds=1)
    for _ in range(run.rounds):
        for at, server in enumerate(servers):
            done = load(server, bodies[at], seconds=run.seconds - 1)
            assert not done.errors
            rates[at].append(done.rate)
    return rates


def _issue(stocked: Stocked, seconds: int) -> tuple[float, int]:
    done = load(stocked.server, stocked.issues, seconds=seconds, start=stocked.issued)
    stocked.issued = done.sent
    return done.rate, done.errors


def _stocked(open_things: ExitStack, run: Run, kind: str, count: int) -> Stocked:
    home = open_things.enter_context(run.homes.fresh(kind))
    orders = mutating.FASTEST * run.seconds * run.rounds
    with home.database() as database:
        opened = shop.opened(database)
        shop.stock_invoices(database, opened, "A", count)
        issuing.stock(database, opened, orders, "B")
    home.settle()
    some = random.Random(count).sample(range(count), 500)
    return Stocked(
        open_things.enter_context(serving(home, opened.token)),
        written(home.data / "reads", (reading.read_body("A", number) for number in some)),
        written(home.data / "issues", (issuing.body(number, "B") for number in range(orders))),
        written(home.data / "first", [_page(None)]),
        written(home.data / "last", [_page(shop.cursor_of("A", PAGE))]),
    )


def _page(after: str | None) -> object:
    return {"query": _PAGE, "variables": {"after": after}}
