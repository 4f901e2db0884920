"""A mutation over HTTP, against the same transactions without the server around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import shop
from bench.bare import Bare, Work, taken_down
from bench.homes import KINDS, Home
from bench.load import CLIENTS, Load, load, written
from bench.results import Result, Run, compared, cpu
from bench.serving import serving
from bench.shop import Shop
from invoicing.storage.database import Database

FASTEST = 2_500  # a second: more than any server will use up of what is prepared
BARE = 2_000  # invoices of a round


@dataclass(frozen=True, slots=True)
class Mutation:
    """What is sent, each number once: what must be in stock for so many, and the command behind it."""

    name: str
    least: Mapping[str, float]
    stock: Callable[[Database, Shop, int], None]
    body: Callable[[int], object]
    work: Callable[[Shop, int], Work]


def results(run: Run, mutation: Mutation, *, printing: bool = False) -> Iterator[Result]:
    """With `printing`, it is measured once more on a server that makes the PDFs meanwhile."""
    for kind in KINDS:
        yield from _results(run, mutation, kind, printing=printing)


def _results(run: Run, mutation: Mutation, kind: str, *, printing: bool) -> Iterator[Result]:
    bare_count = BARE // 5 if run.quick else BARE
    with ExitStack() as open_things:
        sender = Sender(open_things, run, mutation, kind, workers=0)
        printer = Sender(open_things, run, mutation, kind, workers=1) if printing else None
        home = open_things.enter_context(run.homes.fresh(kind))
        bare = _bare(home, mutation, bare_count, run.rounds)
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
    yield compared(name, rates, bare_rates, least=mutation.least[kind], errors=sender.errors)
    yield cpu(name, [load.cpu for load in loads], [cpu for _, cpu in limits])
    if printer:
        yield compared(f"{name}, while it makes PDFs too", with_pdf, bare_rates, errors=printer.errors)


class Sender:
    """A server with enough in stock for all that it is sent, each body once."""

    def __init__(
        self, open_things: ExitStack, run: Run, mutation: Mutation, kind: str, *, workers: int
    ) -> None:
        home = open_things.enter_context(run.homes.fresh(kind))
        self._bodies, token = prepared(home, mutation, FASTEST * (run.seconds * run.rounds + 1))
        home.settle()
        self._server = open_things.enter_context(serving(home, token, workers=workers))
        self._next = 0
        self.errors = 0
        self.send(1)  # to warm it

    def send(self, seconds: int) -> Load:
        done = load(self._server, self._bodies, seconds=seconds, start=self._next)
        self._next = done.sent
        self.errors += done.errors
        return done


def prepared(home: Home, mutation: Mutation, count: int) -> tuple[Path, str]:
    """A shop with enough for so many; the requests, and the token they need."""
    with home.database() as database:
        opened = shop.opened(database)
        mutation.stock(database, opened, count)
    return written(home.data / "bodies", map(mutation.body, range(count))), opened.token


def _bare(home: Home, mutation: Mutation, count: int, rounds: int) -> Bare:
    """The rate of the bare statements, on a database of the same kind and size."""
    needed = count * rounds + count // 4
    with home.database() as database:
        opened = shop.opened(database)
        mutation.stock(database, opened, needed + 1)
        database.write(mutation.work(opened, 0))  # so that its series has begun
        works = [mutation.work(opened, number) for number in range(1, needed + 1)]
        transactions = taken_down(database, works)
    home.settle()
    return Bare(home, transactions)
