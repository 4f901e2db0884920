"""The whole walk as a new user takes it: `invoicing serve`, GraphiQL in a browser, an invoice, its PDF."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pypdf

from tests.server.graphql.test_explorer import OPEN
from tests.support.installed import CHROMIUM, need
from tests.support.patience import PATIENCE, until
from tools.ports import free_port

PROGRAM = (sys.executable, "-c", "from server.entry import main; main()")


@contextmanager
def serving(data: Path, *options: str, program: Sequence[str] = PROGRAM, **settings: str) -> Iterator[str]:
    """A server of its own, with the demo shop unless `options` say otherwise; answers where it listens."""
    port = free_port()
    command = [*program, "serve", "--port", str(port), *options]
    environment = {**os.environ, "INVOICING_DATA_DIR": str(data), **settings}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stderr is not None
        log = Thread(target=server.stderr.read)  # a pipe that is full would stop the server
        try:
            assert any("running on" in line for line in iter(server.stderr.readline, ""))
            log.start()
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            if log.ident is not None:
                log.join()


SETTLE = """
mutation ($id: String!) {
  settleInvoiceManually(input: {id: $id, method: CASH, payment_date: "2026-01-31"}) { payment { id } }
}
"""


def test_an_order_is_invoiced_in_a_browser_its_paper_opened_and_its_payment_seen(tmp_path: Path) -> None:
    need("Chromium", "Node", "playwright-core", "GraphiQL")
    with serving(tmp_path) as address:
        command = ["node", str(OPEN), f"{address}/graphql", "--chromium", CHROMIUM or "", "--run", "5"]
        command += ["--click", "--meanwhile", SETTLE, "--until", '"state": "SETTLED"']
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        seen: dict[str, Any] = json.loads(done.stdout)
        invoice = seen["results"][2]["data"]["invoice"]
        paper = httpx.get(invoice["pdf_url"] or _asked(address, seen, invoice["id"]), timeout=PATIENCE)

    assert (seen["problems"], seen["offSite"]) == ([], [])
    *answers, updates, listed = seen["results"]
    order, issued, _ = (result["data"] for result in answers)
    ready = next(entry["ids"] for entry in order["order"]["actions"] if entry["action"] == "INVOICE")
    assert len(ready) == len(invoice["lines"])
    assert issued["invoiceItems"]["invoice"]["number"] == invoice["number"]
    assert (paper.status_code, paper.headers["content-type"]) == (200, "application/pdf")
    assert (seen["paper"]["status"], seen["paper"]["type"]) == (200, "application/pdf")
    assert invoice["number"] == listed["data"]["invoices"]["nodes"][0]["number"]
    first, *_, last = (update["data"]["invoiceUpdated"] for update in updates)
    assert (first["state"], last["state"]) == ("PENDING", "SETTLED")
    assert last["reimbursement"] == {"amount_outstanding": 0}
    assert last["number"] == invoice["number"]
    text = pypdf.PdfReader(io.BytesIO(paper.content)).pages[0].extract_text()
    assert invoice["number"] in text
    assert all(line["name"] in text for line in invoice["lines"])


def _asked(address: str, seen: dict[str, Any], invoice_id: str) -> str:
    """The link, asked for until it is there, as the guide says."""
    headers = json.loads(seen["first"]["headers"])
    query = {
        "query": "query ($id: String!) { invoice(id: $id) { pdf_url } }",
        "variables": {"id": invoice_id},
    }
    links: list[str | None] = []

    def is_there() -> bool:
        answer = httpx.post(f"{address}/graphql", json=query, headers=headers, timeout=PATIENCE).json()
        links.append(answer["data"]["invoice"]["pdf_url"])
        return bool(links[-1])

    until(is_there)
    return str(links[-1])
