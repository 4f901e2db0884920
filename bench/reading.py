"""Row 2: `invoice` over HTTP, against the same bytes from memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson

from bench import shop
from bench.homes import KINDS, POSTGRESQL, SQLITE
from bench.load import CLIENTS, Load, load, write_bodies
from bench.results import Result, Run, comparison, cpu_comparison
from bench.serving import Client, Server, plain_server, running_server

LEAST = {SQLITE: 0.20, POSTGRESQL: 0.15}
LINES = 10
_FRAMEWORKS = {"strawberry": "Strawberry", "ariadne": "Ariadne"}
_QUERY = """query($id: String!) { invoice(id: $id) {
    id number type currency issued_on due_on
    lines { name quantity unit_price total vat { rate amount } }
    vat { rate category base amount }
    total_ex_vat total_vat total pdf_status pdf_url
} }"""


def results(run: Run) -> Iterator[Result]:
    with ExitStack() as open_things:
        servers = {kind: _start_server(open_things, run, kind) for kind in KINDS}
        folder = next(iter(servers.values()))[1].parent
        body = write_bodies(folder / "read", [read_body("A")])
        answer = folder / "answer"
        answer.write_bytes(Client(servers[KINDS[0]][0]).send(read_body("A")))
        contenders = {kind: server for kind, (server, _) in servers.items()}
        for name in ("starlette", *_FRAMEWORKS):
            contenders[name] = open_things.enter_context(plain_server(name, answer))
            _check_same_data(contenders[name], answer)
        loads: dict[str, list[Load]] = {name: [] for name in contenders}
        for server in contenders.values():
            load(server, body, seconds=1)
        for _ in range(run.rounds):
            for name, server in contenders.items():
                loads[name].append(load(server, body, seconds=run.seconds))
    what = f"`invoice`, {LINES} lines, {CLIENTS} clients"
    for kind in KINDS:
        yield from _results(f"{what}, {kind}", loads[kind], loads["starlette"], LEAST[kind])
    for name, shown in _FRAMEWORKS.items():
        stock = f"the same by stock {shown}, the data in memory"
        yield from _results(stock, loads[name], loads["starlette"])


def _results(
    what: str, loads: list[Load], limits: list[Load], least: float | None = None
) -> Iterator[Result]:
    rates = [load.rate for load in loads], [load.rate for load in limits]
    yield comparison(what, *rates, least=least, errors=sum(load.errors for load in [*loads, *limits]))
    yield cpu_comparison(what, [load.cpu for load in loads], [load.cpu for load in limits])


def read_body(prefix: str, number: int = 0) -> dict[str, Any]:
    return {"query": _QUERY, "variables": {"id": shop.tag(prefix, number)}}


def _start_server(open_things: ExitStack, run: Run, kind: str) -> tuple[Server, Path]:
    home = open_things.enter_context(run.homes.fresh(kind))
    with home.database() as database:
        opened = shop.open_shop(database)
        shop.issue_with_pdf(database, opened, "A", lines=LINES)
    home.settle()
    return open_things.enter_context(running_server(home, opened.token)), home.data / "bodies"


def _check_same_data(server: Server, answer: Path) -> None:
    assert Client(server).ask(read_body("A")) == orjson.loads(answer.read_bytes())["data"]
