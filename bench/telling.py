"""Row 13: the time until 200 subscribers have received one change, against a bare broadcast of it.

Both servers have their 200 connections all the time, and are told of changes in turns.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import websockets
from websockets import Subprotocol

from bench import shop
from bench.homes import KINDS, Home
from bench.results import Result, Run, cpu_comparison
from bench.serving import HOST, Server, plain_server, running_server

LEAST = 0.15
SUBSCRIBERS = 200
CHANGES = 40
_WARM = 3
_FOLLOW = (
    "subscription($id:String!){invoiceUpdated(id:$id)"
    "{id number pdf_status pdf_url state reimbursement{status amount_paid amount_outstanding}}}"
)
_PAY = "mutation($i:RecordPaymentInput!){recordPayment(input:$i){payment{id}}}"

Tell = Callable[[int], Awaitable[object]]


@dataclass(slots=True)
class Told:
    """How long each subscriber waited for each change, in milliseconds, and the server's CPU for it."""

    latencies: list[Sequence[float]] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def without_first(self) -> Told:
        return Told(self.latencies[_WARM:], self.cpu[_WARM:])


def results(run: Run) -> Iterator[Result]:
    changes = CHANGES // 4 if run.quick else CHANGES
    for kind in KINDS:
        with run.homes.fresh(kind) as home, ExitStack() as open_things:
            with home.database() as database:
                opened = shop.open_shop(database)
                invoice = shop.issue_with_pdf(database, opened, "A", lines=5)
            home.settle()
            server = open_things.enter_context(running_server(home, opened.token))
            ours, bare = asyncio.run(_told(home, server, invoice, changes))
        name = f"{SUBSCRIBERS} subscribers told of a payment, {kind}"
        yield _compared(f"{name}: all of them", ours, bare, max, LEAST)
        yield _compared(f"{name}: half of them", ours, bare, statistics.median)
        means = ([statistics.mean(told.cpu)] for told in (ours, bare))  # Linux counts in steps of 10 ms
        yield cpu_comparison(f"{name}, all of them", *means)


def _compared(
    name: str, ours: Told, bare: Told, of_all: Callable[[Sequence[float]], float], least: float | None = None
) -> Result:
    times, limits = ([of_all(each) for each in told.latencies] for told in (ours, bare))
    took, limit = statistics.median(times), statistics.median(limits)
    ratio = statistics.median(limit / time for time, limit in zip(times, limits, strict=True))
    return Result(
        name,
        f"p50 {took:.0f} ms",
        f"{limit:.0f} ms",
        f"{ratio:.3f}",
        "" if least is None else f"≥ {least}",
        None if least is None else ratio >= least,
    )


async def _told(home: Home, server: Server, invoice_id: str, changes: int) -> tuple[Told, Told]:
    subscribe = {"query": _FOLLOW, "variables": {"id": invoice_id}}
    hello = (
        {"type": "connection_init", "payload": {"Authorization": f"Bearer {server.token}"}},
        {"type": "subscribe", "id": "1", "payload": subscribe},
    )
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            httpx.AsyncClient(headers={"authorization": f"Bearer {server.token}"}, timeout=60)
        )

        async def pay(number: int) -> None:
            given = {"invoice_id": invoice_id, "amount": 1, "method": "CASH", "idempotency_key": f"k{number}"}
            body = {"query": _PAY, "variables": {"i": given}}
            answer = await http.post(server.at("/graphql"), json=body)
            assert "errors" not in answer.json(), answer.text

        connections = [await _connected(stack, server, hello) for _ in range(SUBSCRIBERS)]
        answer = home.data / "said"
        answer.write_text((await _tell(connections, pay, -1))[1])
        plain = stack.enter_context(plain_server("broadcast", answer))
        listeners = [await _connected(stack, plain, ()) for _ in range(SUBSCRIBERS)]
        ours, bare = Told(), Told()
        for number in range(_WARM + changes):
            await _measure(ours, server, connections, pay, number)
            await _measure(bare, plain, listeners, lambda _: http.post(plain.at("/graphql")), number)
    return ours.without_first(), bare.without_first()


async def _connected(
    stack: AsyncExitStack, server: Server, hello: Sequence[Any]
) -> websockets.ClientConnection:
    """A subscriber that has received what there is at first."""
    url = f"ws://{HOST}:{server.port}/graphql"
    connecting = websockets.connect(
        url, subprotocols=[Subprotocol("graphql-transport-ws")], ping_interval=None
    )
    connection = await stack.enter_async_context(connecting)
    for message in hello:
        await connection.send(json.dumps(message))
    for _ in hello or (None,):
        await connection.recv()
    return connection


async def _measure(
    told: Told, server: Server, connections: Sequence[websockets.ClientConnection], tell: Tell, number: int
) -> None:
    cpu = server.cpu()
    told.latencies.append((await _tell(connections, tell, number))[0])
    told.cpu.append((server.cpu() - cpu) * 1000)


async def _tell(
    connections: Sequence[websockets.ClientConnection], tell: Tell, number: int
) -> tuple[Sequence[float], str]:
    """Milliseconds from sending a change until each subscriber received it, and the message."""
    start = time.perf_counter()

    async def receive(connection: websockets.ClientConnection) -> tuple[float, str]:
        text = str(await connection.recv())
        return (time.perf_counter() - start) * 1000, text

    received, _ = await asyncio.gather(asyncio.gather(*map(receive, connections)), tell(number))
    return [latency for latency, _ in received], received[0][1]
