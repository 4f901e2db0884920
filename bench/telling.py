"""Row 13: the time until 200 subscribers have received one change, against a bare broadcast of it."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import httpx
import websockets
from websockets import Subprotocol

from bench import shop
from bench.homes import KINDS
from bench.results import Result, Run
from bench.serving import HOST, Server, plain_server, running_server

SUBSCRIBERS = 200
CHANGES = 40
_FOLLOW = (
    "subscription($id:String!){invoiceUpdated(id:$id)"
    "{id number pdf_status pdf_url state reimbursement{status amount_paid amount_outstanding}}}"
)
_PAY = "mutation($i:RecordPaymentInput!){recordPayment(input:$i){payment{id}}}"

Change = Callable[[httpx.AsyncClient, int], Awaitable[object]]


def results(run: Run) -> Iterator[Result]:
    changes = CHANGES // 4 if run.quick else CHANGES
    for kind in KINDS:
        with run.homes.fresh(kind) as home:
            with home.database() as database:
                opened = shop.open_shop(database)
                invoice = shop.issue_with_pdf(database, opened, "A", lines=5)
            home.settle()
            with running_server(home, opened.token) as server:
                latencies, text = asyncio.run(_product(server, invoice, changes))
            answer = home.data / "said"
            answer.write_text(text)
            with plain_server("broadcast", answer) as bare:
                limit, _ = asyncio.run(_broadcast(bare, changes))
        name = f"{SUBSCRIBERS} subscribers told of a payment, {kind}"
        yield _compared(f"{name}: all of them", latencies, limit, last=True)
        yield _compared(f"{name}: half of them", latencies, limit, last=False)


def _compared(
    name: str, latencies: Sequence[Sequence[float]], limit: Sequence[Sequence[float]], *, last: bool
) -> Result:
    ours, bare = (
        statistics.median(max(each) if last else statistics.median(each) for each in times)
        for times in (latencies, limit)
    )
    return Result(name, f"p50 {ours:.0f} ms", f"{bare:.0f} ms", f"{bare / ours:.3f}")


async def _product(server: Server, invoice_id: str, changes: int) -> tuple[list[list[float]], str]:
    async def pay(http: httpx.AsyncClient, number: int) -> None:
        given = {"invoice_id": invoice_id, "amount": 1, "method": "CASH", "idempotency_key": f"k{number}"}
        body = {"query": _PAY, "variables": {"i": given}}
        answer = await http.post(server.at("/graphql"), json=body)
        assert "errors" not in answer.json(), answer.text

    subscribe = {"query": _FOLLOW, "variables": {"id": invoice_id}}
    hello = (
        {"type": "connection_init", "payload": {"Authorization": f"Bearer {server.token}"}},
        {"type": "subscribe", "id": "1", "payload": subscribe},
    )
    return await _measure(server, pay, changes, hello=hello, before=2)


async def _broadcast(server: Server, changes: int) -> tuple[list[list[float]], str]:
    async def broadcast(http: httpx.AsyncClient, _: int) -> None:
        await http.post(server.at("/graphql"))

    return await _measure(server, broadcast, changes, hello=(), before=1)


async def _measure(
    server: Server, change: Change, changes: int, *, hello: Sequence[Any], before: int
) -> tuple[list[list[float]], str]:
    """Milliseconds from sending a change until each subscriber received it, and the last message."""
    url = f"ws://{HOST}:{server.port}/graphql"
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            httpx.AsyncClient(headers={"authorization": f"Bearer {server.token}"}, timeout=60)
        )
        connections = []
        for _ in range(SUBSCRIBERS):
            connection = await stack.enter_async_context(
                websockets.connect(url, subprotocols=[Subprotocol("graphql-transport-ws")])
            )
            for message in hello:
                await connection.send(json.dumps(message))
            for _ in range(before):
                await connection.recv()
            connections.append(connection)
        latencies = []
        for number in range(changes):
            start = time.perf_counter()

            async def receive(
                connection: websockets.ClientConnection, start: float = start
            ) -> tuple[float, str]:
                text = str(await connection.recv())
                return (time.perf_counter() - start) * 1000, text

            received, _ = await asyncio.gather(
                asyncio.gather(*(receive(connection) for connection in connections)), change(http, number)
            )
            latencies.append([latency for latency, _ in received])
        return latencies, received[0][1]
