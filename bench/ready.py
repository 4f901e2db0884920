"""Row 5: the time from the mutation's answer until the PDF is ready, on an otherwise idle server.

The client asks again two milliseconds after each answer, as somebody does who has no webhook.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from bench import issuing, mutating
from bench.homes import KINDS
from bench.results import Result, Run
from bench.serving import Client, running_server

MAX_P50 = 50  # milliseconds
INVOICES = 100
_WARM = 5
_PAUSE = 0.002  # seconds between two questions
_QUERY = "query($id: String!) { invoice(id: $id) { pdf_url } }"


def results(run: Run) -> Iterator[Result]:
    for kind in KINDS:
        times = _times(run, kind)
        p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        yield Result(
            f"from the answer of `invoiceItems` to its PDF, idle server, asked every 2 ms, {kind}",
            f"p50 {p50:.0f} ms, p95 {p95:.0f} ms",
            to_reach=f"p50 < {MAX_P50} ms",
            reached=p50 < MAX_P50,
        )


def _times(run: Run, kind: str) -> list[float]:
    """Milliseconds from each mutation's answer to the first response with a link."""
    count = INVOICES // 3 if run.quick else INVOICES
    with run.homes.fresh(kind) as home:
        _, token = mutating.prepare(home, issuing.ISSUE, count + _WARM)
        home.settle()
        with running_server(home, token, workers=1) as server:
            client = Client(server)
            return [_time_to_pdf(client, number) for number in range(count + _WARM)][_WARM:]


def _time_to_pdf(client: Client, number: int) -> float:
    id = client.ask(issuing.body(number))["invoiceItems"]["invoice"]["id"]
    start = time.perf_counter()
    while client.ask({"query": _QUERY, "variables": {"id": id}})["invoice"]["pdf_url"] is None:
        time.sleep(_PAUSE)
    return (time.perf_counter() - start) * 1000
