"""Whatever is asked for, a plan answers what graphql-core answers, byte for byte.

`python3 dev.py test tests/schema/execution/compiled/test_any_document.py` runs some documents; with
INVOICING_DOCUMENTS=20000 as many as that, from INVOICING_FIRST_DOCUMENT on.
"""

from __future__ import annotations

import asyncio
import gc
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from graphql import OperationType

from invoicing.access import Actor, Principal, Scope
from invoicing.storage.database import Database
from resolvers.context import Context
from resolvers.ways import Way
from schema import schema_under
from schema.execution.documents import Rules
from schema.execution.limits import Limits
from tests.support import factories
from tests.support.any_document import DOCUMENTS, FIRST, AnyDocument, Call
from tests.support.both_ways import compared_ways
from tests.support.client import INVOICE_ITEMS, Client, client
from tests.support.contexts import context
from tests.support.factories import item

VALUES = {
    "id": ("o", "v", "c", "p", "w"),
    "items": ("b", "a"),
    "search": ("Ann", "xyz"),
    "customer_id": ("c",),
    "handle": ("ann",),
}
SCHEMA = schema_under(Rules(Limits(depth=100, aliases=1_000, root_fields=100, cost=10**6)))
MUG = {"name": "Mug", "quantity": 2.5, "unit_price": 0.175, "vat_rate": 21}
ORDER = {"customer_id": "c", "items": [MUG, {**MUG, "name": "Cup", "vat_rate": 9}], "metadata": {"a": [1]}}
CHANGES: tuple[Call, ...] = tuple(
    (name, {"input": values})
    for name, values in (
        ("createOrder", ORDER),
        ("createOrders", {"orders": [ORDER, {"items": [], "billing_name": "Nobody"}]}),
        ("updateOrder", {"id": "o", "billing_name": "Ben"}),
        ("shipOrderItems", {"order_id": "p", "items": [{"item_id": "p0", "quantity": "0.05"}]}),
        ("cancelOrderItems", {"order_id": "p", "items": [{"item_id": "p59", "quantity": "0.05"}]}),
        ("invoiceItems", {"items": ["a"], "invoice_id": "v"}),
        ("invoiceOrders", {"orders": [{"order_id": "o"}, {"order_id": "none"}]}),
        ("settleInvoiceManually", {"id": "w", "method": "CASH", "payment_date": "2025-06-02"}),
        ("creditInvoice", {"invoice_id": "w", "credit_invoice_id": "x"}),
        ("retryInvoicePdf", {"invoice_id": "v"}),
        ("recordPayment", {"invoice_id": "v", "amount": 1, "method": "CASH", "idempotency_key": "k"}),
        ("createCustomer", {"name": "New", "billing_address": factories.ADDRESS}),
        ("updateCustomer", {"id": "c", "name": "Ann"}),
        ("createCustomerSession", {"customer_id": "c"}),
        ("updateAccount", {"contra_flow": "GUIDED"}),
        ("createApiKey", {"name": "K", "scopes": ["ORDERS_READ"]}),
        ("setExchangeRates", {"rates": [{"currency": "USD", "date": "2025-06-02", "rate": "1.1"}]}),
    )
)
LINES = {"customer_id": "c", "order_lines": [{"text": "A", "amount": 100}, {"text": "B", "amount": 5}]}
FOLLOWED: tuple[Call, ...] = tuple(("invoiceUpdated", {"id": id}) for id in ("v", "w", "v", "w", "none"))
KINDS = (*[OperationType.QUERY] * 5, *[OperationType.MUTATION] * 3, *[OperationType.SUBSCRIPTION] * 2)


@pytest.fixture(autouse=True)
def _both_ways() -> None:
    """From when the shop is there."""


@pytest.fixture
def database(fresh_sqlite: Any) -> Iterator[Database]:
    """Nothing here depends on the kind of database."""
    with fresh_sqlite() as url:
        database = Database(url)
        yield database
        database.close()


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    shop = client(database, tmp_path)
    factories.customer(database, shop.principal, id="c", name="Ann", handle="ann", meta={"a": [1, None]})
    given = [item(id="a", quantity=2.5, unit_price=0.175), item(id="b", vat_rate=6.625)]
    factories.order(database, shop.principal, id="o", number="1", customer_id="c", items=given)
    factories.order(database, shop.principal, id="p", items=[item(id=f"p{n}") for n in range(60)])
    shop.ask(INVOICE_ITEMS, input={"items": ["a"], "invoice_id": "v"})
    shop.ask(INVOICE_ITEMS, input={"items": [f"p{n}" for n in range(55)], "invoice_id": "w"})
    return shop


def askers(principal: Principal) -> list[Principal]:
    """The seller, a key that may do little, and the customer."""
    few = frozenset({Scope.INVOICES_READ})
    return [
        *[principal] * 4,
        replace(principal, scopes=few),
        replace(principal, actor=Actor("c", "Ann", "customer"), customer_id="c"),
    ]


def changes(seed: int) -> list[Call]:
    """The mutations that documents call; each can be called again."""
    return [*CHANGES, ("createInvoice", {"input": {**LINES, "handle": f"h{seed}"}})]


def any_document(seed: int, dice: random.Random) -> AnyDocument:
    kind = dice.choice(KINDS)
    calls: list[Call] = []
    if kind is OperationType.MUTATION:
        calls = dice.sample(changes(seed), dice.choice((1, 1, 2, 3)))
    elif kind is OperationType.SUBSCRIPTION:
        calls = [dice.choice(FOLLOWED)]
    return AnyDocument(SCHEMA.graphql_schema, dice, VALUES, kind, calls)


async def first_result(document: AnyDocument, ctx: Context) -> Any:
    """Over a connection, as subscriptions come, and other operations may."""
    stream: Any = await SCHEMA.stream(
        query=document.text, variable_values=document.variables, context_value=ctx, operation_name=None
    )
    async with aclosing(stream):
        return await anext(stream)


@pytest.mark.timeout(60 + DOCUMENTS)
@pytest.mark.filterwarnings(  # graphql-core leaves some behind where another field has failed
    "ignore:Exception ignored in. <coroutine object (GraphQLCoreConverter|[A-Z][a-z]+Execution|Executor):"
    "pytest.PytestUnraisableExceptionWarning"
)
def test_any_document_is_answered_alike(shop: Client) -> None:
    with_data: Counter[str] = Counter()
    ways: Counter[tuple[str, Way]] = Counter()

    def count_way(kind: str, way: Way) -> None:
        ways[kind, way] += 1

    async def run_all() -> None:
        for seed in range(FIRST, FIRST + DOCUMENTS):
            dice = random.Random(seed)
            document = any_document(seed, dice)
            asker = dice.choice(askers(shop.principal))
            count = partial(count_way, document.kind)
            ctx = replace(context(asker, shop.database), count_execution=count)
            if document.kind == "subscription" or dice.random() < 0.3:
                result = await first_result(document, ctx)
            else:
                result = await SCHEMA.execute(
                    document.text, variable_values=document.variables, context_value=ctx
                )
            with_data[document.kind] += result.data is not None

    with compared_ways():
        asyncio.run(run_all())
    gc.collect()  # here, where this is expected
    print(f"{DOCUMENTS} documents from {FIRST}: {dict(with_data)} had data; {dict(ways)}")
    for kind in OperationType:
        planned = ways[kind.value, Way.PLANNED]
        assert planned > sum(count for (other, _), count in ways.items() if other == kind.value) * 0.15


def test_each_of_the_changes_is_made(shop: Client) -> None:
    """Else nothing below it would be compared."""
    refused = {}
    for name, arguments in changes(0):
        root = SCHEMA.graphql_schema.get_root_type(OperationType.MUTATION)
        assert root is not None
        kind = root.fields[name].args["input"].type
        change = f"mutation ($input: {kind}) {{ {name}(input: $input) {{ __typename }} }}"
        answer = shop.post(change, **arguments)
        if errors := answer.json().get("errors"):
            refused[name] = errors
    assert refused == {}
