"""Row 6: whether the server is as fast with 200,000 invoices as with 1,000; `million` has five times as many.

The invoices are copies of one that was issued, each with its own id, number, customer and moment, with its
order, items, lines and document, and with their entries in the indexes of the search. A page in the middle is
the 2,000th, or the 10,000th of a million.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import issuing, mutating, reading, shop
from bench.homes import KINDS
from bench.load import Load, load, write_bodies
from bench.results import Result, Run, comparison, cpu_comparison
from bench.serving import Server, running_server

FEW, MANY, MILLION = 1_000, 200_000, 1_000_000
LEAST, MOST = 0.8, 1.2
PAGE = 50
_PAGE = (
    "query($first: Int, $after: String, $filter: InvoiceFilter) "
    "{ invoices(first: $first, after: $after, filter: $filter) { nodes "
    "{ id number total issued_on pdf_url customer { name } } pageInfo { hasNextPage endCursor } } }"
)


@dataclass(slots=True)
class StockedServer:
    """A server with stored invoices, and the files of requests for it."""

    server: Server
    reads: Mapping[str, Path]
    issues: Path
    issued: int = 0


def results(run: Run) -> Iterator[Result]:
    return _results(run, run.size(MANY))


def million(run: Run) -> Iterator[Result]:
    return _results(run, run.size(MILLION))


def _results(run: Run, count: int) -> Iterator[Result]:
    for kind in KINDS:
        with ExitStack() as open_things:
            few, many = (_start_stocked_server(open_things, run, kind, each) for each in (FEW, count))
            yield from _compared(run, few, many, f"{count:,} invoices stored, limit: {FEW:,}, {kind}")


def _compared(run: Run, few: StockedServer, many: StockedServer, beside: str) -> Iterator[Result]:
    for what in few.reads:
        reads = _in_turns(run, partial(_read, few, run, what), partial(_read, many, run, what))
        yield from _results_of(f"{what}, {beside}", reads)
    issues = _in_turns(run, partial(_issue, few, run), partial(_issue, many, run))
    yield from _results_of(f"`invoiceItems`, {beside}", issues)


def _in_turns(run: Run, few: Callable[[], Load], many: Callable[[], Load]) -> list[tuple[Load, Load]]:
    """What each measured in each round; the first one warms both up."""
    return [(few(), many()) for _ in range(run.rounds + 1)][1:]


def _results_of(name: str, rounds: Sequence[tuple[Load, Load]]) -> Iterator[Result]:
    rates = [many.rate for _, many in rounds], [few.rate for few, _ in rounds]
    errors = sum(few.errors + many.errors for few, many in rounds)
    yield comparison(name, *rates, least=LEAST, most=MOST, errors=errors)
    yield cpu_comparison(name, [many.cpu for _, many in rounds], [few.cpu for few, _ in rounds])


def _read(stocked: StockedServer, run: Run, what: str) -> Load:
    return load(stocked.server, stocked.reads[what], seconds=run.seconds - 1)


def _issue(stocked: StockedServer, run: Run) -> Load:
    done = load(stocked.server, stocked.issues, seconds=run.seconds, start=stocked.issued)
    stocked.issued = done.sent
    return done


def _start_stocked_server(open_things: ExitStack, run: Run, kind: str, count: int) -> StockedServer:
    home = open_things.enter_context(run.homes.fresh(kind))
    orders = mutating.MAX_RATE * run.seconds * (run.rounds + 1)
    with home.database() as database:
        opened = shop.open_shop(database)
        shop.stock_invoices(database, opened, "A", count)
        issuing.stock(database, opened, orders, "B")
    home.settle()
    return StockedServer(
        open_things.enter_context(running_server(home, opened.token)),
        {
            what: write_bodies(home.data / f"reads {place}", bodies)
            for place, (what, bodies) in enumerate(_reads(count).items())
        },
        write_bodies(home.data / "issues", (issuing.body(number, "B") for number in range(orders))),
    )


def _reads(count: int) -> Mapping[str, list[object]]:
    """What is asked where so many invoices are stored: each returns as much as where there are others."""
    some = random.Random(count).sample(range(count), 500)
    pages = f"of `invoices(first: {PAGE})`"
    return {
        "`invoice`": [reading.read_body("A", number) for number in some],
        f"the first page {pages}": [_page(PAGE)],
        f"the page in the middle {pages}": [_page(PAGE, after=shop.cursor_of("A", count // 2))],
        "`invoices(first: 10)` of a customer": [
            _page(10, filter={"customer_id": shop.customer_id(number)}) for number in range(shop.CUSTOMERS)
        ],
        "`invoices` with a number": [_page(10, filter={"number": shop.number(each)}) for each in some],
        "`invoices` in a state that none has": [_page(10, filter={"state": "FAILED"})],
        "`invoices` searched for a number": [
            _page(10, filter={"search": shop.number(each)}) for each in some
        ],
    }


def _page(first: int, after: str | None = None, filter: Mapping[str, object] | None = None) -> object:
    return {"query": _PAGE, "variables": {"first": first, "after": after, "filter": filter}}
