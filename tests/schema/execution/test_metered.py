"""What an answer costs is counted while it is made, and a long one lets others have their turn."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from invoicing.storage.database import Database
from invoicing.storage.tables import orders
from resolvers import turns
from schema import schema_under
from schema.execution.documents import Rules
from schema.execution.limits import Limits
from schema.execution.meter import Meter, size
from tests.schema.execution.test_plain_fields import FREE, ROOTS, USUAL, executed, selection, unstable
from tests.schema.execution.test_query_counts import INVOICES, MONEY, ORDERS, counted
from tests.support import factories
from tests.support.client import CREATE_ORDER, INVOICE_ITEMS, Client, client
from tests.support.contexts import context
from tests.support.factories import item

LINES = '{ invoice(id: "v") { lines { id name vat { rate } } } }'


@pytest.fixture
def database(fresh_sqlite: Any) -> Iterator[Database]:
    """Nothing here depends on the kind of database."""
    with fresh_sqlite() as url:
        database = Database(url)
        yield database
        database.close()


@pytest.fixture
def every_turn_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine so slow that each part of an answer has to wait for its turn."""
    monkeypatch.setattr(turns, "LONGEST", -1.0)


def shop(database: Database, folder: Path, lines: int, **settings: Any) -> Client:
    """Its order `o` is on its invoice `v`."""
    shop = client(database, folder, **settings)
    given = [item(id=f"i{n}", sku="M") for n in range(lines)]
    factories.customer(database, shop.principal, id="c")
    factories.order(database, shop.principal, id="o", customer_id="c", items=given)
    shop.ask(INVOICE_ITEMS, input={"items": [each["id"] for each in given], "invoice_id": "v"})
    return shop


def refusal_of(answer: Any) -> dict[str, Any]:
    (error,) = answer["errors"]
    extensions: dict[str, Any] = error["extensions"]
    assert extensions["code"] == "QUERY_TOO_COMPLEX"
    assert extensions["limit"] == "cost"
    return extensions


# ---------------------------------------------------------------- the unit


def cost(query: str, ctx: Any) -> int:
    """The least limit under which the query is answered."""
    low, high = 0, 100_000
    while high - low > 1:
        middle = (low + high) // 2
        result = asyncio.run(
            schema_under(Rules(Limits(cost=middle))).execute(query, context_value=ctx.another())
        )
        low, high = (middle, high) if result.errors else (low, middle)
    return high


def test_an_answer_costs_its_objects_their_values_and_its_characters() -> None:
    assert (size("abc"), size(7), size(None), size({"a": 1}), size(["ab", "c"])) == (3, 0, 0, 7, 203)


def test_the_lines_that_are_there_are_counted_and_not_a_guess(database: Database, tmp_path: Path) -> None:
    ctx = context(shop(database, tmp_path, 30).principal, database)
    assert cost('{ invoice(id: "v") { id } }', ctx) == 2
    few = cost('{ invoice(id: "v") { id } }', ctx)
    many = cost('{ invoice(id: "v") { id lines { sku vat { rate } } } }', ctx)
    assert 30 * 2.3 <= many - few < 30 * 2.4  # two objects with three values, and the letters of their names


def test_long_texts_and_long_names_for_values_cost_too(database: Database, tmp_path: Path) -> None:
    ours = shop(database, tmp_path, 1)
    factories.order(
        database,
        ours.principal,
        id="long",
        items=[item(description="x" * 5_000)],
        meta={"a": "y" * 5_000},
    )
    ctx = context(ours.principal, database)
    asked = "metadata items { description }"
    short = cost(f'{{ order(id: "o") {{ {asked} }} }}', ctx)
    assert cost(f'{{ order(id: "long") {{ {asked} }} }}', ctx) == short + 10
    assert cost(f'{{ order(id: "long") {{ {asked} again: metadata }} }}', ctx) >= short + 15
    name = "n" * 100
    named = " ".join(f"{name[n:]}: metadata" for n in range(40))
    assert cost(f'{{ order(id: "o") {{ {named} }} }}', ctx) > cost('{ order(id: "o") { id } }', ctx) + 5


# ---------------------------------------------------------------- refused


def test_an_answer_that_costs_too_much_is_refused_whole(database: Database, tmp_path: Path) -> None:
    ours = shop(database, tmp_path, 60, max_cost=100)
    answer = ours.post(LINES).json()
    extensions = refusal_of(answer)
    assert "data" not in answer
    assert extensions["most"] == 100 < extensions["value"]
    strict = {"accept": "application/graphql-response+json"}
    assert ours.request("POST", json={"query": LINES}, headers=strict).status_code == 400
    assert ours.ask('{ invoice(id: "v") { lines { id } } }')


@pytest.mark.parametrize("lines", [5, 60])
def test_aliases_of_a_list_are_counted_each(database: Database, tmp_path: Path, lines: int) -> None:
    ours = shop(database, tmp_path, lines, max_cost=lines * 20)
    inner = "lines { id name vat { rate } }"
    aliases = " ".join(f'a{n}: invoice(id: "v") {{ {inner} }}' for n in range(15))
    refusal_of(ours.post(f"{{ {aliases} }}").json())
    spread = f'{{ invoice(id: "v") {{ {" ".join(f"a{n}: {inner}" for n in range(15))} }} }}'
    refusal_of(ours.post(spread).json())


def test_nothing_is_read_any_more_for_a_refused_answer(database: Database, tmp_path: Path) -> None:
    ours = shop(database, tmp_path, 60, max_cost=100)
    query = (
        '{ invoice(id: "v") { a: lines { id vat { rate } } orders { items { invoice { orders { id } } } } } }'
    )
    with counted() as statements:
        refusal_of(ours.post(query).json())
    assert not [statement for statement in statements if "FROM orders" in statement]


def test_what_was_refused_leaves_the_next_answer_alone(database: Database, tmp_path: Path) -> None:
    ours = shop(database, tmp_path, 60, max_cost=100)
    for _ in range(2):
        refusal_of(ours.post(LINES).json())
        assert ours.ask('{ invoice(id: "v") { lines { id } } }')


# ---------------------------------------------------------------- changes


def test_a_change_whose_answer_is_refused_says_that_it_was_made(database: Database, tmp_path: Path) -> None:
    ours = client(database, tmp_path, max_cost=100)
    given = {"billing_name": "Ann", "items": [item() for _ in range(60)]}
    query = """mutation ($input: CreateOrderInput!) {
      one: createOrder(input: $input) { order { id } }
      two: createOrder(input: $input) { order { id items { id vat { rate } } } }
      three: createOrder(input: $input) { order { id } }
    }"""
    answer = ours.post(query, input=given).json()
    assert answer["data"] is None
    assert answer["errors"][0]["path"] == ["two"]
    assert answer["errors"][0]["message"].startswith("It was done")
    done = refusal_of(answer)["done"]
    assert [*done] == ["one", "two"]
    there = ours.ask("{ orders { nodes { id } } }")["orders"]["nodes"]
    assert {node["id"] for node in there} == {made["order"] for made in done.values()}


def test_a_change_whose_answer_costs_too_much_for_sure_is_not_made(
    database: Database, tmp_path: Path
) -> None:
    ours = client(database, tmp_path, max_cost=1)
    extensions = refusal_of(ours.post(CREATE_ORDER, input={"billing_name": "Ann", "items": [item()]}).json())
    assert "done" not in extensions
    assert database.read(lambda connection: connection.execute(select(orders)).all()) == []


# ---------------------------------------------------------------- turns


def test_the_meter_tells_the_points_it_has_seen() -> None:
    meter = Meter(2)
    meter.spent += 2_000
    assert not meter.is_over
    meter.spent += 1
    assert meter.is_over
    assert (meter.refusal().extensions or {})["value"] == 3


@pytest.mark.usefixtures("every_turn_over")
def test_others_have_their_turn_between_the_parts_of_a_long_answer(
    database: Database, tmp_path: Path
) -> None:
    ours = shop(database, tmp_path, 500)

    async def turns_meanwhile(query: str) -> int:
        ctx = context(ours.principal, database)
        answering = asyncio.ensure_future(schema_under(Rules()).execute(query, context_value=ctx))
        seen: list[int] = []

        def count() -> None:
            seen.append(1)
            if not answering.done():
                asyncio.get_running_loop().call_soon(count)

        count()
        assert not (await answering).errors
        return len(seen)

    assert asyncio.run(turns_meanwhile(LINES)) > 500 / 50
    assert asyncio.run(turns_meanwhile("{ __schema { types { name fields { name } } } }")) > 50


@pytest.mark.usefixtures("every_turn_over")
def test_an_answer_in_turns_is_the_usual_answer(database: Database, tmp_path: Path) -> None:
    ours = shop(database, tmp_path, 120)
    factories.order(database, ours.principal, id="p", items=[item(id="b")])
    answered = 0
    for seed in range(25):
        dice = random.Random(seed)
        picked = [dice.choice(list(ROOTS)) for _ in range(dice.randint(1, 4))]
        fields = [f"r{n}: {root} {selection(dice, ROOTS[root], 4)}" for n, root in enumerate(picked)]
        query = f"query ($yes: Boolean!) {{ yes: __typename @include(if: $yes) {' '.join(fields)} }}"
        short, usual = (executed(ours, by, query, {"yes": True}) for by in (FREE, USUAL))
        assert orjson.dumps(unstable(short)) == orjson.dumps(unstable(usual)), query
        answered += short[0] is not None
    assert answered > 20


@pytest.mark.usefixtures("every_turn_over")
def test_what_is_asked_for_in_several_turns_is_read_at_once(database: Database, tmp_path: Path) -> None:
    ours = client(database, tmp_path)
    for place in range(20):
        factories.customer(database, ours.principal, id=f"c{place}")
        factories.invoice(database, ours.principal, customer_id=f"c{place}", invoice_id=f"v{place}")
    ours.ask("{ account { id } }")
    for query, most in ((INVOICES, 4), (ORDERS, 6), (MONEY, 6)):
        with counted() as statements:
            ours.ask(query, n=20)
        assert len([each for each in statements if "FROM api_keys" not in each]) <= most, statements


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of graphql-core's own
@pytest.mark.usefixtures("every_turn_over")
def test_an_answer_that_nobody_waits_for_ends(database: Database, tmp_path: Path) -> None:
    ours = shop(database, tmp_path, 200)
    query = "{ invoices { nodes { lines { id } orders { items { id } invoices { id } } } } }"

    async def give_up_after(steps: int) -> bool:
        ctx = context(ours.principal, database)
        answering = asyncio.ensure_future(FREE.execute(query, context_value=ctx))
        for _ in range(steps):
            await asyncio.sleep(0)
        answering.cancel()
        await asyncio.wait((answering,))
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if left:
            await asyncio.wait(left)
        return answering.cancelled()

    assert sum(asyncio.run(give_up_after(steps)) for steps in (*range(1, 30), 60, 90)) > 5


def test_a_turn_is_passed_on_also_by_those_who_gave_up() -> None:
    async def run() -> list[int]:
        ours, passed = turns.turns(), list[int]()

        async def work(number: int) -> None:
            await ours.next()
            passed.append(number)

        tasks = [asyncio.ensure_future(work(number)) for number in range(6)]
        await asyncio.sleep(0)
        for number in (0, 1, 4):
            tasks[number].cancel()
        await asyncio.wait(tasks)
        return passed

    assert asyncio.run(run()) == [2, 3, 5]


def test_accounts_have_turns_one_after_the_other() -> None:
    async def run() -> list[str]:
        ours, passed = turns.turns(), list[str]()

        async def work(account_id: str) -> None:
            await ours.next(account_id)
            passed.append(account_id)

        await asyncio.gather(*(work(each) for each in (*["busy"] * 5, "calm", "calm", "busy")))
        return passed

    assert asyncio.run(run()) == ["busy", "calm", "busy", "calm", *["busy"] * 4]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of graphql-core's own
@pytest.mark.usefixtures("every_turn_over")
def test_what_fails_beside_a_long_list_is_told_and_not_the_cost(database: Database, tmp_path: Path) -> None:
    """What fails cancels the list beside it, which waits for its turn."""
    ours = shop(database, tmp_path, 800)
    database.write(lambda connection: connection.exec_driver_sql("ALTER TABLE payments RENAME TO lost"))
    query = "{ orders { nodes { items { id invoice { id } } payments { id } } } }"
    for _ in range(12):  # whether the list is in the midst of it depends on the threads
        answer = asyncio.run(FREE.execute(query, context_value=context(ours.principal, database)))
        assert [error.path for error in answer.errors or []] == [["orders", "nodes", 0, "payments"]]
