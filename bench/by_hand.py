"""`invoice` and a page of invoices over HTTP, against the same written by hand without GraphQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from bench import larger, reading, shop
from bench.homes import KINDS, Home
from bench.load import CLIENTS, Load, load, write_bodies
from bench.results import Result, Run, comparison, cpu_comparison
from bench.serving import Client, Server, plain_server, rest_server, running_server
from bench.shop import Shop

QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "invoice": (f"`invoice`, {reading.LINES} lines", reading.read_body("P", 5)),
    "page": (f"a page of {larger.PAGE} invoices with customers and `pdf_url`", larger.PAGE_BODY),
}


def results(run: Run) -> Iterator[Result]:
    for kind in KINDS:
        with run.homes.fresh(kind) as home:
            with home.database() as database:
                opened = shop.open_shop(database)
                shop.stock_invoices(database, opened, "P", larger.PAGE + 10, lines=reading.LINES)
            home.settle()
            for question, (what, body) in QUESTIONS.items():
                yield from _results(run, home, opened, question, f"{what}, {CLIENTS} clients, {kind}", body)


def _results(
    run: Run, home: Home, opened: Shop, question: str, what: str, body: dict[str, Any]
) -> Iterator[Result]:
    bodies, answer = write_bodies(home.data / f"asked {question}", [body]), home.data / f"answer {question}"
    with ExitStack() as open_things:
        ours = open_things.enter_context(running_server(home, opened.token))
        answer.write_bytes(Client(ours).send(body))
        account = opened.principal.account_id
        by_hand = open_things.enter_context(rest_server(question, home.url, account))
        plain = open_things.enter_context(plain_server("starlette", answer))
        _check_same(ours, by_hand, body)
        loads: list[list[Load]] = [[], [], []]
        servers = (ours, by_hand, plain)
        for server in servers:
            load(server, bodies, seconds=1)
        for _ in range(run.rounds):
            for server, measured in zip(servers, loads, strict=True):
                measured.append(load(server, bodies, seconds=run.seconds))
    of_ours, of_hand, of_plain = loads
    yield from _compared(f"{what}, against the same by hand", of_ours, of_hand)
    yield from _compared(f"{what}, by hand, against the same bytes from memory", of_hand, of_plain)


def _compared(what: str, measured: list[Load], limits: list[Load]) -> Iterator[Result]:
    errors = sum(each.errors for each in [*measured, *limits])
    yield comparison(what, [each.rate for each in measured], [each.rate for each in limits], errors=errors)
    yield cpu_comparison(what, [each.cpu for each in measured], [each.cpu for each in limits])


def _check_same(ours: Server, by_hand: Server, body: dict[str, Any]) -> None:
    """But for the links, which tell where they were made, and when."""
    one, other = _without_links(Client(ours).ask(body)), _without_links(Client(by_hand).ask(body))
    assert one == other, f"ours: {one}, by hand: {other}"


def _without_links(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_links(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: each is not None if name == "pdf_url" else _without_links(each) for name, each in value.items()
    }
