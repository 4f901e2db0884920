"""Row 5: how long it takes from the mutation to a PDF that is ready, on a server that is idle otherwise."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from bench import issuing, mutating
from bench.homes import KINDS
from bench.results import Result, Run
from bench.serving import Client, serving

P50 = 50  # milliseconds
INVOICES = 100
_WARM = 5
_QUERY = "query($id: String!) { invoice(id: $id) { pdf_url } }"


def results(run: Run) -> Iterator[Result]:
    for kind in KINDS:
        times = _times(run, kind)
        p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        yield Result(
            f"`invoiceItems` to PDF ready, idle server, {kind}",
            f"p50 {p50:.0f} ms, p95 {p95:.0f} ms",
            to_reach=f"p50 < {P50} ms",
            reached=p50 < P50,
        )


def _times(run: Run, kind: str) -> list[float]:
    """Milliseconds from sending the mutation to the first answer with a link."""
    count = INVOICES // 3 if run.quick else INVOICES
    with run.homes.fresh(kind) as home:
        _, token = mutating.prepared(home, issuing.ISSUE, count + _WARM)
        home.settle()
        with serving(home, token, workers=1) as server:
            client = Client(server)
            return [_one(client, number) for number in range(count + _WARM)][_WARM:]


def _one(client: Client, number: int) -> float:
    body = issuing.body(number)
    began = time.perf_counter()
    id = client.ask(body)["invoiceItems"]["invoice"]["id"]
    while client.ask({"query": _QUERY, "variables": {"id": id}})["invoice"]["pdf_url"] is None:
        pass
    return (time.perf_counter() - began) * 1000
