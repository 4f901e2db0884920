"""Row 1: `invoiceItems` over HTTP, against the same transactions without the server around them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench import shop
from bench.bare import Bare, taken_down
from bench.homes import KINDS, POSTGRESQL, SQLITE, Home
from bench.load import CLIENTS, Load, load, written
from bench.results import Result, Run, compared, cpu
from bench.serving import serving

LEAST = {SQLITE: 0.40, POSTGRESQL: 0.45}
LINES = 5
FASTEST = 2_500  # a second: more than any server will use up of what is prepared
BARE = 2_000  # invoices of a round
_MUTATION = "mutation($i:InvoiceItemsInput!){invoiceItems(input:$i){invoice{id number total currency}}}"


def results(run: Run) -> Iterator[Result]:
    for kind in KINDS:
        yield from _results(run, kind)


def _results(run: Run, kind: str) -> Iterator[Result]:
    bare_count = BARE // 5 if run.quick else BARE
    with ExitStack() as open_things:
        issuer = Issuer(open_things, run, kind, workers=0)
        printing = Issuer(open_things, run, kind, workers=1)
        bare = _bare(open_things.enter_context(run.homes.fresh(kind)), bare_count, run.rounds)
        bare.run(bare_count // 4, 1)
        loads: list[Load] = []
        limits: list[tuple[float, float]] = []
        with_pdf: list[float] = []
        for _ in range(run.rounds):
            loads.append(issuer.issue(run.seconds))
            limits.append(bare.run(bare_count, run.seconds))
            with_pdf.append(printing.issue(run.seconds).rate)
        rates, bare_rates = [load.rate for load in loads], [rate for rate, _ in limits]
        name = f"`invoiceItems`, {LINES} items, {CLIENTS} clients, {kind}"
        yield compared(name, rates, bare_rates, least=LEAST[kind], errors=issuer.errors)
        yield cpu(name, [load.cpu for load in loads], [cpu for _, cpu in limits])
        yield compared(f"{name}, while it makes PDFs too", with_pdf, bare_rates, errors=printing.errors)


class Issuer:
    """A server with orders to invoice, each once."""

    def __init__(self, open_things: ExitStack, run: Run, kind: str, *, workers: int) -> None:
        home = open_things.enter_context(run.homes.fresh(kind))
        self._bodies, token = prepared(home, FASTEST * (run.seconds * run.rounds + 1))
        home.settle()
        self._server = open_things.enter_context(serving(home, token, workers=workers))
        self._next = 0
        self.errors = 0
        self.issue(1)  # to warm it

    def issue(self, seconds: int) -> Load:
        done = load(self._server, self._bodies, seconds=seconds, start=self._next)
        self._next = done.sent
        self.errors += done.errors
        return done


def prepared(home: Home, count: int) -> tuple[Path, str]:
    """A shop with so many orders; the requests that invoice them, and the token they need."""
    with home.database() as database:
        opened = shop.opened(database)
        shop.stock_orders(database, opened, "A", count, lines=LINES)
    return written(home.data / "issue", (issue_body("A", number) for number in range(count))), opened.token


def issue_body(prefix: str, number: int) -> object:
    return {"query": _MUTATION, "variables": {"i": {"items": shop.item_ids(prefix, number, LINES)}}}


def _bare(home: Home, count: int, rounds: int) -> Bare:
    """The rate of the bare statements, on a database of the same kind and size."""
    needed = count * rounds + count // 4
    with home.database() as database:
        opened = shop.opened(database)
        shop.stock_orders(database, opened, "A", needed + 1, lines=LINES)
        shop.issue(database, opened, shop.item_ids("A", 0, LINES))  # so that its series has begun
        orders = [shop.item_ids("A", number, LINES) for number in range(1, needed + 1)]
        transactions = taken_down(database, opened, orders)
    home.settle()
    return Bare(home, transactions)
