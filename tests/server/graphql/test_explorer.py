"""The explorer fills the guide in, keeps to its own site, and works in a real browser."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import build_schema, graphql_sync, parse, validate
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from server.graphql.explorer import PLAIN, Explorer
from server.graphql.explorer_tabs import tabs
from tests.support.installed import CHROMIUM, need
from tests.support.live_server import running_server
from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[3]
OPEN = ROOT / "graphiql" / "test" / "open.mjs"
TITLES = [
    *("getOrderActions", "InvoiceItems", "invoice", "invoiceUpdated"),
    *("invoices", "settleInvoiceManually"),
]
EXAMPLE = {"order_id": "order-1", "item_ids": ["item-1", "item-2"], "invoice_id": "invoice-1"}


def plain(**options: Any) -> Explorer:
    return Explorer(graphiql=Path("not-built"), **options)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """What a build of GraphiQL looks like from outside."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-a1b2c3.js").write_text("export {};")
    (tmp_path / "index.html").write_text(
        '<script id="config" type="application/json">{}</script>'
        '<script type="module" src="/static/graphiql/assets/index-a1b2c3.js"></script>'
    )
    return tmp_path


def html(explorer: Explorer) -> str:
    return bytes(explorer.page(is_local=True).body).decode()


def config(explorer: Explorer) -> dict[str, Any]:
    found = re.search(
        r'<script id="config" type="application/json">(.*?)</script>', html(explorer), re.DOTALL
    )
    assert found
    value: dict[str, Any] = json.loads(found[1])
    return value


def test_the_tabs_are_the_guide_filled_in() -> None:
    find, invoice, fetch, follow, found, paid = (json.loads(tab["variables"]) for tab in tabs(EXAMPLE))
    assert find == {"id": "order-1"}
    assert invoice == {"input": {"items": ["item-1", "item-2"], "invoice_id": "invoice-1"}}
    assert fetch == follow == {"id": "invoice-1"}
    assert found == {"filter": {}}
    assert paid["input"].items() >= {"id": "invoice-1", "method": "BANK_TRANSFER"}.items()


def test_without_an_example_the_variables_are_there_to_fill_in() -> None:
    find, invoice, fetch, follow = (json.loads(tab["variables"]) for tab in tabs({})[:4])
    assert (find, invoice, fetch, follow) == ({"id": ""}, {"input": {"items": []}}, {"id": ""}, {"id": ""})


def test_every_tab_is_one_operation_of_the_schema() -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text())
    documents = [parse(tab["query"]) for tab in tabs({})]
    assert [len(document.definitions) for document in documents] == [1] * 6
    assert [validate(schema, document) for document in documents] == [[]] * 6


@pytest.mark.parametrize("name", ["answers.js", "papers.js"])
def test_both_pages_read_answers_alike(name: str) -> None:
    sources = (PLAIN / "assets" / name, ROOT / "graphiql" / "src" / name)
    ours, graphiql = (source.read_text() for source in sources)
    assert ours == graphiql


def test_the_page_carries_the_demo_key_only_when_there_is_one() -> None:
    assert config(plain(authorization="Bearer inv_demo"))["authorization"] == "Bearer inv_demo"
    assert config(plain())["authorization"] is None


def test_nobody_elsewhere_gets_the_demo_key_or_the_ids_of_what_it_sees() -> None:
    page = plain(authorization="Bearer inv_demo", example=lambda: EXAMPLE).page(is_local=False)
    assert not [word for word in ("inv_demo", "order-1", "item-1", "invoice-1") if word in str(page.body)]


def test_the_example_is_asked_for_at_every_opening() -> None:
    orders = iter(["order-1", "order-2"])
    explorer = plain(example=lambda: {"order_id": next(orders)})
    assert ["order-1" in html(explorer), "order-2" in html(explorer)] == [True, True]


def test_the_config_cannot_break_out_of_its_element() -> None:
    nasty = "</script><script>alert(1)</script><!-- \u2028 '\" &amp;"
    explorer = plain(authorization=nasty, example=lambda: {"order_id": nasty})
    assert config(explorer)["authorization"] == nasty
    assert json.loads(config(explorer)["tabs"][0]["variables"]) == {"id": nasty}
    assert html(explorer).count("</script>") == html(plain()).count("</script>")


def test_graphiql_is_served_when_it_is_built(built: Path) -> None:
    assert "index-a1b2c3.js" in html(Explorer(graphiql=built))
    assert "page.js" in html(plain())


@pytest.mark.parametrize("is_built", [True, False])
def test_the_page_permits_nothing_from_elsewhere(built: Path, is_built: bool) -> None:
    response = (Explorer(graphiql=built) if is_built else plain()).page(is_local=True)
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_the_page_names_no_other_site() -> None:
    for explorer in (plain(), Explorer()):
        assert not re.search(r"""(?:src|href)=["'](?!/static/graphiql/assets/|data:)""", html(explorer))
        assert "//" not in html(explorer)


@pytest.mark.parametrize("is_built", [True, False])
def test_every_asset_of_the_page_is_served(built: Path, is_built: bool) -> None:
    explorer = Explorer(graphiql=built) if is_built else plain()
    paths = re.findall(r'(?:src|href)="(/[^"]+)"', html(explorer))
    assert paths
    with served(explorer) as url:
        responses = [httpx.get(httpx.URL(url).join(path), timeout=PATIENCE) for path in paths]
    assert {response.status_code for response in responses} == {200}
    assert {"immutable" in response.headers["cache-control"] for response in responses} == {is_built}


def test_only_assets_are_served(built: Path) -> None:
    with served(Explorer(graphiql=built)) as url:
        for path in ("index.html", "assets/..%2findex.html", "assets/"):
            assert (
                httpx.get(httpx.URL(url).join(f"/static/graphiql/{path}"), timeout=PATIENCE).status_code
                == 404
            )


# ---------------------------------------------------------------- in a browser


SCHEMA = build_schema("""
  type Query {
    order(id: String!): Order, invoice(id: String!): Invoice
    invoices(first: Int, filter: InvoiceFilter): Invoices
  }
  type Subscription { invoiceUpdated(id: String!): Invoice! }
  type Mutation {
    invoiceItems(input: InvoiceItemsInput!): InvoiceItemsPayload!
    settleInvoiceManually(input: SettleInvoiceManuallyInput!): SettleInvoiceManuallyPayload!
  }
  input InvoiceItemsInput { items: [String!]!, invoice_id: String }
  input InvoiceFilter { search: String }
  input SettleInvoiceManuallyInput { id: String!, method: String!, payment_date: String! }
  type SettleInvoiceManuallyPayload { payment: Payment, invoice: Invoice }
  type Payment { id: ID!, amount: Int, method: String }
  type Invoices { totalCount: Int, nodes: [Invoice!] }
  type Party { name: String }
  type InvoiceItemsPayload { invoice: Invoice }
  type Order { id: ID!, number: String!, actions: [OrderAction!]! }
  type OrderAction { action: String!, ids: [ID!]! }
  type Invoice {
    id: ID!, number: String!, type: String, currency: String, issued_on: String, due_on: String
    lines: [Line!], vat: [VatAmount!], total_ex_vat: Int, total_vat: Int, total: Int
    pdf_status: String, pdf_url: String, state: String, reimbursement: Reimbursement, credited_by: [Invoice!]
    buyer: Party, receipt_url: String
  }
  type Reimbursement { amount_outstanding: Int }
  type Line { name: String!, quantity: Int!, unit_price: Int!, total: Int!, vat: VatAmount }
  type VatAmount { rate: Float, category: String, base: Int, amount: Int }
""")


PDF = "https://invoices.example/invoice-1.pdf"
NAMED = "PDF 2025-0001"


class Api:
    """The fields of the tabs."""

    def order(self, _: object, id: str) -> dict[str, Any]:
        return {"id": id, "number": "1", "actions": [{"action": "INVOICE", "ids": EXAMPLE["item_ids"]}]}

    def invoice(self, _: object, id: str) -> dict[str, Any]:
        return {"id": id, "number": "2025-0001", "total": 2499, "currency": "EUR", "pdf_url": PDF}

    def invoices(self, info: object, **_: object) -> dict[str, Any]:
        return {"totalCount": 1, "nodes": [self.invoice(info, "invoice-1")]}

    def settleInvoiceManually(self, info: object, input: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        receipt = {"receipt_url": "javascript:alert(1)"}  # what is no web address is never a link
        return {"payment": {"id": "1"}, "invoice": self.invoice(info, input["id"]) | receipt}

    def invoiceItems(self, info: object, input: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        assert input["items"] == EXAMPLE["item_ids"]
        return {"invoice": self.invoice(info, input["invoice_id"])}


async def events(invoice_id: str) -> AsyncIterator[str]:
    """The invoice, kept alive, and once more with its PDF; cut where a network may cut it."""
    for pdf_url in (None, PDF):
        data = {"data": {"invoiceUpdated": {"id": invoice_id, "pdf_url": pdf_url}}}
        text = f"event: next\ndata: {json.dumps(data, ensure_ascii=False)}\n\n:\n\n"
        for part in (text[:20], text[20:-5], text[-5:]):
            yield part
            await asyncio.sleep(0.1)
    await asyncio.Event().wait()


async def answer(request: Request) -> Response:
    if request.headers["authorization"] != "Bearer inv_demo":
        return JSONResponse({"errors": [{"message": "A valid API key is needed"}]}, status_code=401)
    asked = await request.json()
    if asked["query"].startswith("# Follow it"):
        assert "text/event-stream" in request.headers["accept"]
        return StreamingResponse(events(asked["variables"]["id"]), media_type="text/event-stream")
    result = graphql_sync(
        SCHEMA,
        asked["query"],
        Api(),
        variable_values=asked.get("variables"),
        operation_name=asked.get("operationName"),
    )
    return JSONResponse(result.formatted)


@contextmanager
def served(explorer: Explorer) -> Iterator[str]:
    """The page's address, as long as a server of its own lasts."""

    async def page(_: Request) -> Response:
        return explorer.page(is_local=True)

    routes = [*explorer.routes, Route("/graphql", page), Route("/graphql", answer, methods=["POST"])]
    with running_server(Starlette(routes=routes)) as address:
        yield f"{address}/graphql"


def opened(explorer: Explorer, *options: str) -> dict[str, Any]:
    """What the browser saw and did, as told by `graphiql/test/open.mjs`."""
    with served(explorer) as url:
        command = ["node", str(OPEN), url, "--chromium", CHROMIUM or "", *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


@pytest.mark.parametrize("ui", ["graphiql", "plain"])
def test_in_a_browser_the_guide_can_be_clicked_through(ui: str) -> None:
    need("Chromium", "Node", "playwright-core", *(["GraphiQL"] if ui == "graphiql" else []))
    examples = iter([EXAMPLE, {"order_id": "order-2", "item_ids": ["item-3"], "invoice_id": "invoice-2"}])
    make = Explorer if ui == "graphiql" else plain
    seen = opened(make(authorization="Bearer inv_demo", example=lambda: next(examples)), "--run", "6")

    assert seen["ui"] == ui
    assert (seen["problems"], seen["offSite"]) == ([], [])
    assert seen["titles"] == TITLES
    assert not seen["hint"]
    assert json.loads(seen["first"]["headers"]) == {"Authorization": "Bearer inv_demo"}
    assert json.loads(seen["first"]["variables"]) == {"id": "order-1"}
    *answers, updates, listed, paid = seen["results"]
    order, issued, invoice = (result["data"] for result in answers)
    assert order["order"]["actions"] == [{"action": "INVOICE", "ids": ["item-1", "item-2"]}]
    assert issued["invoiceItems"]["invoice"]["id"] == "invoice-1"
    assert invoice["invoice"]["id"] == "invoice-1"
    told = [update["data"]["invoiceUpdated"] for update in updates]
    assert told == [{"id": "invoice-1", "pdf_url": url} for url in (None, PDF)]
    assert listed["data"]["invoices"]["totalCount"] == 1
    assert paid["data"]["settleInvoiceManually"]["invoice"]["number"] == "2025-0001"
    assert [list(papers) for papers in seen["papers"]] == [[], [], [NAMED], ["PDF"], [NAMED], []]
    assert {url for papers in seen["papers"] for url in papers.values()} == {PDF}
    # At the next opening GraphiQL is where it was, with what the page offers by then, new tabs too.
    assert seen["again"]["titles"] == seen["titles"]
    assert json.loads(seen["again"]["headers"]) == {"Authorization": "Bearer inv_demo"}
    where_it_was, at_the_start = '{"filter": {}}', '{"id": "order-2"}'
    again = json.loads(where_it_was if ui == "graphiql" else at_the_start)
    assert json.loads(seen["again"]["variables"]) == again


@pytest.mark.parametrize("ui", ["graphiql", "plain"])
def test_without_a_key_the_page_says_where_to_put_it(ui: str) -> None:
    need("Chromium", "Node", "playwright-core", *(["GraphiQL"] if ui == "graphiql" else []))
    seen = opened(Explorer() if ui == "graphiql" else plain(), "--run", "0")
    assert seen["hint"]
    assert json.loads(seen["first"]["headers"]) == {"Authorization": "Bearer "}


@pytest.mark.parametrize("ui", ["graphiql", "plain"])
def test_on_a_telephone_nothing_is_cut_off(ui: str) -> None:
    need("Chromium", "Node", "playwright-core", *(["GraphiQL"] if ui == "graphiql" else []))
    make = Explorer if ui == "graphiql" else plain
    seen = opened(make(authorization="Bearer inv_demo", example=lambda: EXAMPLE), "--width", "390")
    assert (seen["ui"], seen["narrow"], seen["problems"]) == (ui, [], [])


def test_the_explorer_opens_where_its_example_cannot_be_had() -> None:
    def broken() -> dict[str, object]:
        raise LookupError("no such table")

    assert Explorer(example=broken).page(is_local=True).status_code == 200
