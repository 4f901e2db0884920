"""Row: orders invoiced by `invoiceOrders`, against the same statements with a commit for each order."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

from bench import issuing, mutating, shop
from bench.bare import Work, command
from bench.homes import KINDS
from bench.mutating import MAX_RATE, Mutation
from bench.results import Result, Run, comparison, cpu_comparison
from bench.serving import Client, Server, running_server
from bench.shop import NOW, Shop
from invoicing.audit.actions import AuditAction
from invoicing.invoices import from_orders

LEAST = 0.70
ORDERS = 100
_MUTATION = (
    "mutation($i:InvoiceOrdersInput!){invoiceOrders(input:$i)"
    "{results{invoice{id number total currency} refusal{code}}}}"
)


def results(run: Run) -> Iterator[Result]:
    for kind in KINDS:
        yield from _results(run, kind)


def _results(run: Run, kind: str) -> Iterator[Result]:
    bare_count = mutating.count_bare(run)
    with ExitStack() as open_things:
        home, other = (open_things.enter_context(run.homes.fresh(kind)) for _ in range(2))
        with home.database() as database:
            opened = shop.open_shop(database)
            issuing.stock(database, opened, MAX_RATE * run.seconds * (run.rounds + 1))
        home.settle()
        server = open_things.enter_context(running_server(home, opened.token))
        sender = _Sender(server)
        bare = open_things.enter_context(
            closing(mutating.prepare_bare(other, _INVOICE, bare_count, run.rounds))
        )
        sender.send(run.seconds)  # warms both up
        bare.run(bare_count // 4, 1)
        rounds = [(sender.send(run.seconds), bare.run(bare_count, run.seconds)) for _ in range(run.rounds)]
    name = f"{_INVOICE.name}, 1 client, {kind}"
    yield comparison(name, [ours[0] for ours, _ in rounds], [bare[0] for _, bare in rounds], least=LEAST)
    yield cpu_comparison(name, [ours[1] for ours, _ in rounds], [bare[1] for _, bare in rounds])


class _Sender:
    """Sends batches, each of other orders; all of an order's time counts, also that of a last, long batch."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client = Client(server)
        self._next = 0

    def send(self, seconds: float) -> tuple[float, float]:
        """Returns orders a second, and milliseconds of the server's CPU for one."""
        start, cpu, done, elapsed = time.perf_counter(), self._server.cpu(), 0, 0.0
        while elapsed < seconds:
            found = self._client.ask(_body(self._next))["invoiceOrders"]["results"]
            assert all(each["invoice"] for each in found), found
            self._next += 1
            done, elapsed = done + ORDERS, time.perf_counter() - start
        return done / elapsed, (self._server.cpu() - cpu) / done * 1000


def _body(number: int) -> object:
    orders = [{"order_id": shop.tag("A", number * ORDERS + place)} for place in range(ORDERS)]
    return {"query": _MUTATION, "variables": {"i": {"orders": orders}}}


def _work(opened: Shop, number: int) -> Work:
    id = shop.tag("A", number)
    return command(opened.principal, AuditAction.INVOICE_ORDER, from_orders.invoice_order, id, now=NOW)


_INVOICE = Mutation(
    f"orders of {issuing.LINES} items, {ORDERS} in an `invoiceOrders`",
    dict.fromkeys(KINDS, LEAST),
    issuing.stock,
    _body,
    _work,
    issuing.ISSUE.inserts,
)
