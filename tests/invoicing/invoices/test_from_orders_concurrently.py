"""Fifty callers at once: each item has one winner, the numbers have no gap, nothing is half-written."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from invoicing.access import Principal
from invoicing.decimals import MILLION
from invoicing.errors import InvoicingError
from invoicing.invoices import from_orders
from invoicing.invoices.queries import Issued
from invoicing.orders import shipping
from invoicing.storage.database import Database
from invoicing.storage.tables import invoice_lines, invoices, number_series, order_items, outbox
from invoicing.stored_snapshot import load
from tests.support import factories
from tests.support.factories import item

CALLERS = 50


def at_once(work: Callable[[int], Any], callers: int = CALLERS) -> list[Any]:
    """What each caller got: an answer, or the refusal."""

    def told(place: int) -> Any:
        try:
            return work(place)
        except InvoicingError as refusal:
            return refusal

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(told, range(callers)))


def agrees(database: Database) -> None:
    """Rows, lines, marks, jobs, snapshots and the series tell the same story."""

    def read(connection: Connection) -> None:
        papers = {row.id: row for row in connection.execute(select(invoices))}
        lines = [(row.invoice_id, row.order_item_id) for row in connection.execute(select(invoice_lines))]
        marked = select(order_items.c.invoice_id, order_items.c.id).where(
            order_items.c.invoice_id.is_not(None)
        )
        printed = [
            (id, line.order_item_id) for id, row in papers.items() for line in load(row.snapshot).lines
        ]
        assert sorted(lines) == sorted(printed) == sorted(tuple(row) for row in connection.execute(marked))
        assert len({item_id for _, item_id in lines}) == len(lines)
        assert sorted(connection.execute(select(outbox.c.subject_id)).scalars()) == sorted(papers)
        assert sorted(row.sequence for row in papers.values()) == list(range(1, len(papers) + 1))
        taken = select(number_series.c.last).where(number_series.c.type == "INVOICE")
        assert connection.execute(taken).scalar_one_or_none() == (len(papers) or None)
        assert all(load(row.snapshot).number == row.number for row in papers.values())

    database.read(read)


def codes(told: list[Any]) -> list[str]:
    return sorted({"ISSUED" if isinstance(one, Issued) else one.code for one in told})


def test_of_fifty_calls_for_one_item_one_wins(
    database: Database, principal: Principal, now: datetime
) -> None:
    factories.order(database, principal, items=[item(id="a")])
    told = at_once(lambda _: database.write(from_orders.invoice_items, principal, ["a"], now=now))
    won = [one for one in told if isinstance(one, Issued)]
    lost = [one for one in told if not isinstance(one, Issued)]
    assert len(won) == 1
    assert {(one.code, one.field, one.ids) for one in lost} == {("ITEM_ALREADY_INVOICED", "items", ("a",))}
    agrees(database)


def test_of_fifty_calls_for_overlapping_items_each_item_has_one_winner(
    database: Database, principal: Principal, now: datetime
) -> None:
    """In any order, over several orders: nobody waits for ever for another."""
    buyer = factories.customer(database, principal)
    ids = [f"{order}{place}" for order in "zyx" for place in range(4)]
    for order in "zyx":
        items = [item(id=id) for id in ids if id[0] == order]
        factories.order(database, principal, customer_id=buyer.id, items=items)
    chosen = [random.Random(caller).sample(ids, 3) for caller in range(CALLERS)]
    told = at_once(
        lambda caller: database.write(from_orders.invoice_items, principal, chosen[caller], now=now)
    )
    assert codes(told) == ["ISSUED", "ITEM_ALREADY_INVOICED"]
    for caller, outcome in enumerate(told):
        if isinstance(outcome, Issued):
            assert {line.order_item_id for line in outcome.frozen().lines} == set(chosen[caller])
        else:
            assert set(outcome.ids) <= set(chosen[caller])
    agrees(database)


def test_whole_orders_single_items_and_shipments_at_once(
    database: Database, principal: Principal, now: datetime
) -> None:
    """Everything that locks items, in orders whose items are not in the order of their ids."""
    for order in range(4):
        items = [item(id=f"{order}-{letter}", quantity=5) for letter in "dcba"]
        factories.order(database, principal, id=str(order), items=items)

    def act(caller: int) -> Any:
        order, kind = str(caller % 4), caller % 3
        if kind == 0:
            return database.write(from_orders.invoice_order, principal, order, now=now)
        if kind == 1:
            ids = [f"{order}-a", f"{order}-d"]
            return database.write(from_orders.invoice_items, principal, ids, now=now)
        parcels = [(f"{order}-b", 1), (f"{order}-c", 1)]
        return database.write(shipping.ship_items, principal, order, parcels, shipped_at=now)

    told = [one for one in at_once(act) if not isinstance(one, tuple)]
    assert set(codes(told)) <= {"ISSUED", "ITEM_ALREADY_INVOICED", "NOTHING_TO_INVOICE", "ITEM_NOT_SHIPPED"}
    shared = database.read(
        lambda connection: connection.execute(
            select(order_items.c.name, order_items.c.quantity).where(order_items.c.name == "Mug")
        ).all()
    )
    assert sum(row.quantity for row in shared) == 4 * 4 * 5 * MILLION


def test_fifty_calls_with_one_invoice_id_get_one_invoice(
    database: Database, principal: Principal, now: datetime
) -> None:
    factories.order(database, principal, items=[item(id="a"), item(id="b")])
    told = at_once(
        lambda caller: database.write(
            from_orders.invoice_items,
            principal,
            ["a", "b"][:: 1 - caller % 2 * 2],
            invoice_id="mine",
            now=now,
        )
    )
    assert len(set(told)) == 1
    assert told[0].id == "mine"
    agrees(database)


def crowd_for_one_id(database: Database, principal: Principal, id: str) -> None:
    factories.order(database, principal, items=[item(id=f"i{caller}") for caller in range(CALLERS)])
    told = at_once(
        lambda caller: database.write(
            from_orders.invoice_items, principal, [f"i{caller}"], invoice_id=id, now=factories.NOW
        )
    )
    assert [one.id for one in told if isinstance(one, Issued)] == [id]
    lost = {(one.code, one.field, one.ids) for one in told if not isinstance(one, Issued)}
    assert lost == {("INVOICE_ID_REUSED", "invoice_id", (id,))}
    agrees(database)


def test_of_fifty_calls_with_one_invoice_id_and_other_items_one_wins(
    database: Database, principal: Principal
) -> None:
    crowd_for_one_id(database, principal, "mine")


def test_an_id_that_reads_like_another_clash_is_told_for_what_it_is(
    database: Database, principal: Principal
) -> None:
    crowd_for_one_id(database, principal, "number-order_item_id")


def test_two_accounts_invoice_the_same_ids_at_the_same_time(database: Database, now: datetime) -> None:
    sellers = [factories.principal(database) for _ in range(2)]
    for seller in sellers:
        factories.order(database, seller, id="o", items=[item(id=f"i{place}") for place in range(10)])
    told = at_once(
        lambda caller: database.write(
            from_orders.invoice_items,
            sellers[caller % 2],
            [f"i{caller // 2}"],
            invoice_id=f"inv-{caller // 2}",
            now=now,
        ),
        20,
    )
    for place in range(2):
        mine = told[place::2]
        assert sorted(one.sequence for one in mine) == list(range(1, 11))
        assert {one.account_id for one in mine} == {sellers[place].account_id}
