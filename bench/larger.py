"""Larger answers over HTTP, against the same bytes from memory: a page of invoices, an order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from bench import shop
from bench.homes import KINDS
from bench.load import CLIENTS, Load, load, write_bodies
from bench.results import Result, Run, comparison, cpu_comparison
from bench.serving import Client, plain_server, running_server

PAGE, ITEMS = 50, 20
_PAGE = "query($n: Int) { invoices(first: $n) { nodes { id number total state pdf_url customer { name } } } }"
_ORDER = """query($id: String!) { order(id: $id) {
    id number status
    items { id name quantity unit_price total vat { rate amount } }
    actions { action ids } blocked { action id reason message }
} }"""
PAGE_BODY = {"query": _PAGE, "variables": {"n": PAGE}}
BODIES: dict[str, tuple[float, dict[str, Any]]] = {
    f"a page of {PAGE} invoices with customers and `pdf_url`": (
        0.20,
        PAGE_BODY,
    ),
    f"an order with {ITEMS} items, `actions`, `blocked`": (
        0.15,
        {"query": _ORDER, "variables": {"id": shop.tag("O", 0)}},
    ),
}
"""The least ratio to reach, and the request."""


def results(run: Run) -> Iterator[Result]:
    for kind in KINDS:
        with ExitStack() as open_things:
            home = open_things.enter_context(run.homes.fresh(kind))
            with home.database() as database:
                opened = shop.open_shop(database)
                shop.stock_invoices(database, opened, "P", PAGE + 10)
                shop.stock_orders(database, opened, "O", 2, lines=ITEMS)
            home.settle()
            server = open_things.enter_context(running_server(home, opened.token))
            for what, (least, body) in BODIES.items():
                bodies = write_bodies(home.data / f"asked {len(what)}", [body])
                answer = home.data / f"answer {len(what)}"
                answer.write_bytes(Client(server).send(body))
                plain = open_things.enter_context(plain_server("starlette", answer))
                ours: list[Load] = []
                limits: list[Load] = []
                for each in (server, plain):
                    load(each, bodies, seconds=1)
                for _ in range(run.rounds):
                    ours.append(load(server, bodies, seconds=run.seconds))
                    limits.append(load(plain, bodies, seconds=run.seconds))
                yield from _results(f"{what}, {CLIENTS} clients, {kind}", ours, limits, least)


def _results(what: str, ours: list[Load], limits: list[Load], least: float) -> Iterator[Result]:
    rates = [each.rate for each in ours], [each.rate for each in limits]
    yield comparison(what, *rates, least=least, errors=sum(each.errors for each in [*ours, *limits]))
    yield cpu_comparison(what, [each.cpu for each in ours], [each.cpu for each in limits])
