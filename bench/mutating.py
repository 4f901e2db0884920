"""A mutation over HTTP, against the same transactions without the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from bench import shop
from bench.bare import Bare, Work, check_inserts, record_statements
from bench.homes import KINDS, Home
from bench.load import CLIENTS, Load, load, write_bodies
from bench.results import Result, Run, comparison, cpu_comparison
from bench.serving import running_server
from bench.shop import Shop
from invoicing.storage.database import Database

MAX_RATE = 2_500  # requests a second; more than any server handles, so enough are prepared


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mutation with a number, sent once for each: how to stock a shop for it, its body and its command.

    `inserts` are the rows, by table, that each command must add.
    """

    name: str
    least: Mapping[str, float]
    stock: Callable[[Database, Shop, int], None]
    body: Callable[[int], object]
    work: Callable[[Shop, int], Work]
    inserts: Mapping[str, int]


def results(run: Run, mutation: Mutation, *, printing: bool = False) -> Iterator[Result]:
    """With `printing`, also measures a server that renders PDFs at the same time."""
    for kind in KINDS:
        yield from _results(run, mutation, kind, printing=printing)


def _results(run: Run, mutation: Mutation, kind: str, *, printing: bool) -> Iterator[Result]:
    bare_count = count_bare(run)
    with ExitStack() as open_things:
        sender = Sender(open_things, run, mutation, kind, workers=0)
        printer = Sender(open_things, run, mutation, kind, workers=1) if printing else None
        home = open_things.enter_context(run.homes.fresh(kind))
        bare = open_things.enter_context(closing(prepare_bare(home, mutation, bare_count, run.rounds)))
        bare.run(bare_count // 4, 1)
        loads: list[Load] = []
        limits: list[tuple[float, float]] = []
        with_pdf: list[float] = []
        for _ in range(run.rounds):
            loads.append(sender.send(run.seconds))
            limits.append(bare.run(bare_count, run.seconds))
            if printer:
                with_pdf.append(printer.send(run.seconds).rate)
    rates, bare_rates = [load.rate for load in loads], [rate for rate, _ in limits]
    name = f"{mutation.name}, {CLIENTS} clients, {kind}"
    yield comparison(name, rates, bare_rates, least=mutation.least[kind], errors=sender.errors)
    yield cpu_comparison(name, [load.cpu for load in loads], [cpu for _, cpu in limits])
    if printer:
        yield comparison(f"{name}, while it makes PDFs too", with_pdf, bare_rates, errors=printer.errors)


def count_bare(run: Run) -> int:
    """How many commands a round of the bare loop has at most."""
    return 400 if run.quick else 2_000


class Sender:
    """Sends each body once to a server that is stocked for all of them."""

    def __init__(
        self, open_things: ExitStack, run: Run, mutation: Mutation, kind: str, *, workers: int
    ) -> None:
        home = open_things.enter_context(run.homes.fresh(kind))
        self._bodies, token = prepare(home, mutation, MAX_RATE * run.seconds * (run.rounds + 1))
        home.settle()
        self._server = open_things.enter_context(running_server(home, token, workers=workers))
        self._next = 0
        self.errors = 0
        self.send(run.seconds)  # warms the server up

    def send(self, seconds: int) -> Load:
        done = load(self._server, self._bodies, seconds=seconds, start=self._next)
        self._next = done.sent
        self.errors += done.errors
        return done


def prepare(home: Home, mutation: Mutation, count: int) -> tuple[Path, str]:
    """Stocks a shop for so many requests; returns their file and the token."""
    with home.database() as database:
        opened = shop.open_shop(database)
        mutation.stock(database, opened, count)
    return write_bodies(home.data / "bodies", map(mutation.body, range(count))), opened.token


def prepare_bare(home: Home, mutation: Mutation, count: int, rounds: int) -> Bare:
    """The recorded statements of the mutation, on a database of the same kind and size."""
    needed = count * rounds + count // 4
    with home.database() as database:
        opened = shop.open_shop(database)
        mutation.stock(database, opened, needed + 1)
        database.write(mutation.work(opened, 0))  # creates the number series
        home.settle()  # or PostgreSQL plans for empty tables, as what is recorded is rolled back
        works = [mutation.work(opened, number) for number in range(1, needed + 1)]
        transactions = record_statements(database, works)
    for transaction in transactions:
        check_inserts(transaction, mutation.inserts)
    home.settle()
    return Bare(home, transactions)
