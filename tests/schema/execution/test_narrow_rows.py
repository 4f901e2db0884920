"""A plan reads the columns that are asked for, and these are all that its fields need."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_required_argument, parse, validate
from sqlalchemy import Engine, event

from documents.store import FileStore
from invoicing.storage import narrow
from invoicing.storage.database import Database
from resolvers import invoices, orders
from resolvers.watches import Watch
from resolvers.ways import Way
from schema import schema_under
from schema.execution.compiled import needs
from schema.execution.documents import Rules
from tests.support import factories
from tests.support.both_ways import executed_once
from tests.support.client import CREDIT, INVOICE_ITEMS, RETURN, SHIP, Client, client
from tests.support.contexts import context
from tests.support.factories import item
from tests.support.rendering import render_due

SCHEMA = schema_under(Rules())
PLACES: Sequence[tuple[str, str]] = (
    ("Invoice", "invoices { nodes { % } }"),
    ("Invoice", 'invoices(filter: {customer_id: "c"}) { totalCount edges { cursor node { % } } }'),
    ("Invoice", 'invoice(id: "v") { % }'),
    ("Invoice", "orders { nodes { invoices { % } } }"),
    ("Invoice", 'order(id: "o") { items { invoice { % } } }'),
    ("Invoice", "invoices { nodes { credited_by { % } credits { % } } }"),
    ("Order", "orders { nodes { % } pageInfo { endCursor } }"),
    ("Order", 'order(id: "o") { % }'),
    ("Order", "invoices { nodes { orders { % } } }"),
    ("OrderItem", "orders { nodes { items { % } } }"),
    ("OrderItem", 'order(id: "o") { items { contra_of { % } } }'),
    ("OrderItem", "invoices { nodes { orders { items { % } } } }"),
    ("Customer", "customers { nodes { % } }"),
    ("Customer", "invoices { nodes { customer { % } } }"),
    ("Customer", "orders { nodes { customer { % } } }"),
)
WHOLE = ("e_invoices", "e_invoice")
"""Fields that may read anything."""
PAIRS = 200


def _asked(kind: GraphQLObjectType, depth: int) -> Iterator[str]:
    """Each field of a type, with what is in it."""
    for name, field in kind.fields.items():
        if any(map(is_required_argument, field.args.values())) or name in WHOLE:
            continue
        inner: Any = get_named_type(field.type)
        if is_leaf_type(inner):
            yield name
        elif depth:
            yield f"{name} {{ {' '.join(_asked(inner, depth - 1))} }}"


def _fields_of(name: str) -> list[str]:
    kind: Any = SCHEMA.graphql_schema.type_map[name]
    leaves_of_objects = 1
    return [*_asked(kind, leaves_of_objects)]


@pytest.fixture(autouse=True)
def _any_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if nobody had asked for other columns before."""
    monkeypatch.setattr(narrow, "MOST", 100_000)


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    """With invoices, credits, and items in all states, of which some may not be sold."""
    shop = client(database, tmp_path)
    addresses: dict[str, Any] = {"billing_address": factories.ADDRESS, "shipping_address": factories.ADDRESS}
    factories.customer(database, shop.principal, id="c", name="Ann", meta={"a": [1]}, **addresses)
    given = [
        item(id="a", quantity=3, service_period={"start": date(2025, 5, 1), "end": date(2025, 5, 31)}),
        item(id="b", vat_rate=0, vat_category="K"),
        item(id="d", unit_price=-5, type="DISCOUNT"),
        item(id="e", unit_price=0.175),
    ]
    factories.order(database, shop.principal, id="o", customer_id="c", items=given, **addresses)
    factories.order(database, shop.principal, id="p", items=[item(id="p0"), item(id="p1")])
    shop.ask(SHIP, input={"order_id": "o", "items": [{"item_id": "a"}]})
    shop.ask(INVOICE_ITEMS, input={"items": ["a"], "invoice_id": "v"})
    shop.ask(INVOICE_ITEMS, input={"items": ["p0"], "invoice_id": "w"})
    shop.ask(RETURN, input={"order_id": "o", "items": [{"item_id": "a", "quantity": "1"}]})
    shop.ask(CREDIT, input={"invoice_id": "w", "credit_invoice_id": "x"})
    render_due(database, FileStore(tmp_path / "documents"))
    return shop


def _ways(shop: Client, database: Database, documents: Sequence[str]) -> dict[str, Way | None]:
    async def ask(document: str) -> Way | None:
        ctx = context(shop.principal, database)
        result = await SCHEMA.execute(document, context_value=ctx)
        assert not result.errors, (document, result.errors)
        assert not ctx.loaders.is_narrow
        return ctx.way

    async def ask_all() -> dict[str, Way | None]:
        return {document: await ask(document) for document in documents}

    return asyncio.run(ask_all())


def _failed(shop: Client, database: Database, documents: Sequence[str]) -> list[str]:
    """Those that were not answered by their plans. Both ways are compared meanwhile."""
    return [text for text, way in _ways(shop, database, documents).items() if way is not Way.PLANNED]


@pytest.mark.parametrize(("kind", "place"), PLACES, ids=[place for _, place in PLACES])
def test_each_field_has_what_it_needs(shop: Client, database: Database, kind: str, place: str) -> None:
    documents = [f"{{ {place.replace('%', field)} }}" for field in _fields_of(kind)]
    assert len(documents) > 15
    assert _failed(shop, database, documents) == []


def test_fields_of_all_types_have_together_what_they_need(shop: Client, database: Database) -> None:
    dice = random.Random(1)
    documents = []
    for _ in range(PAIRS):
        (kind, place), (other, another) = dice.choice(PLACES), dice.choice(PLACES)
        one, two = dice.choice(_fields_of(kind)), dice.choice(_fields_of(other))
        documents.append(f"{{ {place.replace('%', one)} {another.replace('%', f'__typename {two}')} }}")
    documents = [text for text in documents if not validate(SCHEMA.graphql_schema, parse(text))]
    assert len(documents) > PAIRS / 2  # of the others GraphQL says that their lists are not the same
    assert _failed(shop, database, documents) == []


def test_a_page_reads_what_is_asked_for(shop: Client, database: Database) -> None:
    statements: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        statements.append(statement)

    document = "{ invoices { nodes { number customer { name } } } }"
    _ways(shop, database, [document])
    with executed_once():
        event.listen(Engine, "before_cursor_execute", note)
        try:
            ways = _ways(shop, database, [document])
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    assert [*ways.values()] == [Way.PLANNED]
    of_invoices, of_customers = [each for each in statements if each.startswith("SELECT")]
    assert "snapshot" not in of_invoices
    assert "documents" not in of_invoices
    assert "billing_address" not in of_customers


def test_an_order_is_read_at_once_with_what_is_shown_of_it(shop: Client, database: Database) -> None:
    async def read() -> None:
        ctx = context(shop.principal, database)
        shown = {"OrderItem": frozenset({"name"}), "Account": None, "Customer": frozenset({"vat_number"})}
        ctx.loaders.narrow(shown)
        order = await orders.order(ctx, "o")
        database.close()  # nothing is read any more
        found, parties = await orders.items_and_parties(ctx, order)
        assert {each.name for each in found} == {"Mug"}
        assert parties.seller.id == shop.principal.account_id
        assert parties.customer is not None
        assert parties.customer.vat_number is None

    asyncio.run(read())


def test_what_a_plan_cannot_read_is_read_whole_by_graphql_core(
    shop: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needs.NeededColumns, "found", lambda _: {})
    documents = ["{ invoices { nodes { number buyer { name } customer { name } } } }"]
    assert [*_ways(shop, database, documents).values()] == [Way.FAILED]


def test_who_has_waited_for_a_pdf_does_not_wait_again_where_its_plan_fails(
    shop: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.ask(INVOICE_ITEMS, input={"items": ["p1"], "invoice_id": "y"})  # whose PDF is not made
    waits: list[float] = []

    async def wait(_: Watch, seconds: float) -> bool:
        waits.append(seconds)
        return False

    monkeypatch.setattr(Watch, "wait", wait)
    monkeypatch.setattr(invoices, "monotonic", lambda: sum(waits))
    monkeypatch.setattr(needs.NeededColumns, "found", lambda _: {})
    documents = ['{ invoice(id: "y", wait_for_pdf_ms: 10000) { number buyer { name } } }']
    _ways(shop, database, documents)
    assert [*_ways(shop, database, documents).values()] == [Way.FAILED]
    assert waits == [10, 10]
