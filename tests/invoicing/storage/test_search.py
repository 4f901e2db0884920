"""Searches of many rows, by the index and without it: on each database what comparing all rows finds."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, Table, insert, select, update

from invoicing.access import Principal
from invoicing.customers import details
from invoicing.customers import lists as customer_lists
from invoicing.errors import ValidationError
from invoicing.invoices import lists as invoice_lists
from invoicing.orders import lists as order_lists
from invoicing.orders.lists import FEW
from invoicing.storage.database import Database
from invoicing.storage.pages import Window, cursor
from invoicing.storage.search import COMMON, MOST_COMPARED
from invoicing.storage.search_sample import SAMPLE
from invoicing.storage.tables import customers, invoices, orders
from tests.support import factories
from tests.support.factories import NOW

ROWS = SAMPLE + 500
NAMES = (
    "ann baker",
    "bob cook",
    "eva smith",
    "dirk o'neil",
    'eve "the" fox',
    "fay 100%",
    "gus_wa",
    "ülf ōm",
)
WORDS = (
    "baker",
    "n-00017",
    "n-0001",
    "smith n-000",
    "o'neil n-00",
    '"the"',
    "00% n-001",
    "s_w",
    "lf ō",
    "zzz",
)
LISTS: dict[str, tuple[Any, Any]] = {
    "customers": (customer_lists.customers_page, customer_lists.customers_count),
    "orders": (order_lists.orders_page, order_lists.orders_count),
    "invoices": (invoice_lists.invoices_page, invoice_lists.invoices_count),
}


@pytest.fixture(params=["sqlite", "postgresql", "debian"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """PostgreSQL without `pg_trgm` and with it."""
    with request.getfixturevalue(f"fresh_{request.param}")() as url:
        yield url


def fill(database: Database, table: Table, texts: Sequence[str], **more: Any) -> None:
    """Copies of the table's only row, with these texts; the last is the newest but one."""

    def insert_copies(connection: Connection) -> None:
        row = dict(connection.execute(select(table)).mappings().one())
        unique = {"invoices": ("number",), "customers": ("handle",)}.get(table.name, ())
        copies = [
            {**row, **more, "id": f"c{place:06}", "search_text": text}
            | dict.fromkeys(unique, f"{place}")
            | ({"sequence": place + 2} if table is invoices else {})
            for place, text in enumerate(texts)
        ]
        connection.execute(insert(table), copies)

    database.write(insert_copies)


def fill_orders_of_customers(database: Database, principal: Principal, text: str) -> None:
    """An order with this text of each of the customers that were filled in."""
    factories.order(database, principal, id="first", customer_id="zoe")
    fill(database, orders, [text for _ in range(ROWS)])
    theirs = update(orders).where(orders.c.id != "first").values(customer_id=orders.c.id)
    database.write(lambda connection: connection.execute(theirs).close())


def texts(*, seed: int) -> list[str]:
    choice = random.Random(seed)
    return [f"{choice.choice(NAMES)} n-{number:05}" for number in range(ROWS)]


def found(database: Database, seller: Principal, name: str, words: str) -> list[str]:
    """The ids of all rows that are found, from page to page."""
    page, count = LISTS[name]
    ids: list[str] = []
    window = Window(first=100)
    while True:
        rows = database.read(page, seller, {"search": words}, window)
        ids += [row.id for row in rows.rows]
        if not rows.has_next:
            break
        window = Window(first=100, after=cursor(rows.rows[-1].created_at, rows.rows[-1].id))
    assert database.read(count, seller, {"search": words}) == len(ids)
    return ids


@pytest.mark.parametrize("name", LISTS)
def test_what_is_found_are_all_rows_with_the_words_newest_first(
    database: Database, principal: Principal, name: str
) -> None:
    factories.customer(database, principal, id="zoe", name="Zoe")
    factories.invoice(database, principal, billing_name="Zoe")
    table = {"customers": customers, "orders": orders, "invoices": invoices}[name]
    all_texts = texts(seed=len(name))
    fill(database, table, all_texts)
    common = sum("baker" in text for text in all_texts[-SAMPLE:])
    assert common > COMMON  # and the numbers are rare
    for words in WORDS:
        expected = [f"c{place:06}" for place, text in enumerate(all_texts) if words in text]
        assert found(database, principal, name, words) == expected[::-1], words
    neighbour = factories.principal(database)
    assert found(database, neighbour, name, "baker") == []


def test_orders_are_found_by_their_customers_in_many_rows(database: Database, principal: Principal) -> None:
    factories.customer(database, principal, id="zoe", name="Zoe")
    fill(database, customers, texts(seed=1))
    factories.order(database, principal, id="first", customer_id="zoe")
    fill(database, orders, ["" for _ in range(ROWS)], customer_id="c000017")
    assert found(database, principal, "orders", "zoe") == ["first"]
    assert len(found(database, principal, "orders", "n-00017")) == ROWS
    assert found(database, principal, "orders", "n-00018") == []


@pytest.mark.parametrize("many", [FEW, FEW + 50])
def test_orders_of_customers_of_long_ago_are_found_however_many_there_are(
    database: Database, principal: Principal, many: int
) -> None:
    factories.customer(database, principal, id="zoe", name="Zoe")
    fill(database, customers, ["quirk" if place < many else "ann baker" for place in range(ROWS)])
    fill_orders_of_customers(database, principal, "")
    assert found(database, principal, "orders", "quirk") == [f"c{many - 1 - n:06}" for n in range(many)]


def test_the_index_follows_what_changes(database: Database, principal: Principal) -> None:
    factories.customer(database, principal, id="zoe", name="Zoe")
    fill(database, customers, texts(seed=2))
    assert found(database, principal, "customers", "zoe") == ["zoe"]
    database.write(details.update_customer, principal, {"id": "zoe", "name": "Yann Zola"}, now=NOW)
    assert found(database, principal, "customers", "zoe") == []
    assert found(database, principal, "customers", "yann zola") == ["zoe"]
    database.write(lambda connection: connection.execute(customers.delete().where(customers.c.id == "zoe")))
    assert found(database, principal, "customers", "yann zola") == []


def test_a_search_that_would_compare_every_row_is_refused(database: Database, principal: Principal) -> None:
    factories.customer(database, principal, id="zoe", name="Zoe")
    fill(database, customers, ["a" * 50 + "b"] * MOST_COMPARED)
    factories.order(database, principal, id="first", customer_id="zoe")
    fill(database, orders, [""] * ROWS)
    for name in ("customers", "orders"):
        with pytest.raises(ValidationError, match="nearly the same letters") as refusal:
            found(database, principal, name, "a" * 100 + "b")
        assert refusal.value.field == "search"
        assert found(database, principal, name, "b" + "a" * 100) == []  # no row has the trigram “baa”


def test_the_first_of_some_thousand_numbers_is_found_though_others_have_all_its_parts(
    database: Database, principal: Principal
) -> None:
    factories.invoice(database, principal)
    fill(database, invoices, [f"inv-{place:07}" for place in range(ROWS)])
    for place in (1, 9, 10, 100):
        assert found(database, principal, "invoices", f"inv-{place:07}") == [f"c{place:06}"]


@pytest.mark.parametrize("words", ["a", "ab", "ß"])
def test_a_search_has_three_characters_or_more(database: Database, principal: Principal, words: str) -> None:
    for page, count in LISTS.values():
        for look in (partial(page, window=Window()), count):
            with pytest.raises(ValidationError, match="3 characters or more") as refusal:
                database.read(look, principal, {"search": words})
            assert refusal.value.field == "search"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_index_outlives_a_vacuum(database: Database, principal: Principal) -> None:
    """It knows rows by their rowid, which SQLite keeps where a table has another index."""
    factories.customer(database, principal, id="zoe", name="Zoe")
    fill(database, customers, texts(seed=3))
    some = customers.delete().where(customers.c.id < "c000300")
    database.write(lambda connection: connection.execute(some))
    with closing(sqlite3.connect(str(database.url.database))) as alone:
        alone.execute("VACUUM")
    assert found(database, principal, "customers", "n-01400") == ["c001400"]
    database.write(details.update_customer, principal, {"id": "c001400", "name": "Yann Zola"}, now=NOW)
    assert found(database, principal, "customers", "yann zola") == ["c001400"]
    assert found(database, principal, "customers", "n-01400") == []
