"""The migration that shares out the discounts of orders that were taken in before."""

from __future__ import annotations

from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, text, update

from invoicing.access import Principal
from invoicing.invoices import from_orders, queries
from invoicing.invoices.queries import Issued
from invoicing.orders import intake, lists, returns
from invoicing.orders.actions import RULES, Action, is_done
from invoicing.orders.returns import Contra
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from invoicing.storage.pages import Window
from invoicing.storage.tables import invoice_lines, invoices, order_items, orders
from tests.support.factories import item
from tests.support.own_line_discounts import change, order_with_discount, sale_with_discount
from tests.support.state_machine import ship
from tests.support.till import Till

BEFORE = (
    "ALTER TABLE order_items DROP COLUMN discount_reason",
    "UPDATE alembic_version SET version_num = '0015'",
)


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    return Till(database, principal)


def ordered(till: Till, *goods: dict[str, Any], off: int, rate: float = 21, **values: Any) -> None:
    """Order `o` as it was taken in before, with a discount `off` that nothing has a share of."""
    order_with_discount(till, *[{"vat_rate": 21, **each} for each in goods], off=off, **values)
    change(till, "off", vat_rate=round(rate * 10_000), name="Spring sale")


def migrate(till: Till) -> None:
    change(till, "off", type="DISCOUNT")
    settings = running.config()

    def run(connection: Connection) -> None:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        for statement in BEFORE:
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0016")
        connection.execute(text("UPDATE alembic_version SET version_num = :last"), {"last": version})

    till.database.write(run)
    till.is_right()


def shares(till: Till) -> dict[str, int]:
    return {row.id: row.allocated_discount for row in till.rows(order_items) if row.contra_of is None}


def total(till: Till) -> int:
    return till.database.read(intake.find_order, till.principal, "o").total


def invoiced(till: Till) -> Issued:
    """Invoices all that can be invoiced, which leaves nothing to be invoiced."""
    made: Issued = till.write(from_orders.invoice_order, "o")
    order = till.database.read(intake.find_order, till.principal, "o")
    items = till.database.read(intake.items_of, till.principal, "o")
    assert not [row for row in items if RULES[Action.INVOICE](order, row) is None]
    assert till.is_right()
    return made


def test_what_is_not_invoiced_yet_gets_its_share(till: Till) -> None:
    ordered(till, item(id="a", unit_price=15_000), item(id="b", unit_price=6_000), off=4_200)
    migrate(till)
    assert shares(till) == {"a": 3_000, "b": 1_200, "off": 0}
    assert total(till) == 16_800
    assert [line.discount_reason for line in invoiced(till).frozen().lines] == ["Spring sale", "Spring sale"]
    till.write(ship, "o", [("a", None), ("b", None)])
    till.write(returns.undo_items, Action.RETURN, "o", [Contra("a")])
    assert till.write(from_orders.invoice_order, "o").total == -12_000


def test_so_it_does_after_a_part_was_cancelled_for_what_was_quoted_then(till: Till) -> None:
    ordered(till, item(id="a", unit_price=1_000), item(id="b", unit_price=300), off=260)
    till.write(returns.undo_items, Action.CANCEL, "o", [Contra("a")])
    migrate(till)
    assert (shares(till), total(till)) == ({"a": 0, "b": 260, "off": 0}, 40)
    assert invoiced(till).total == 40


def test_a_discount_larger_than_what_is_left_says_what_was_not_given(till: Till) -> None:
    ordered(till, item(id="sofa", unit_price=100_000), item(id="lamp", unit_price=10_000), off=22_000)
    till.invoice("sofa", id="sale")
    before = till.rows(invoices), till.rows(invoice_lines)
    migrate(till)
    assert (till.rows(invoices), till.rows(invoice_lines)) == before
    (rest,) = [row for row in till.rows(order_items) if row.split_from == "off"]
    assert (rest.subtotal, rest.undone_as, rest.allocated_discount) == (-12_000, "CANCELLED", 0)
    assert "credit it on an invoice of the order" in rest.undo_reason
    assert {name: shares(till)[name] for name in ("sofa", "lamp", "off")} == {
        "sofa": 0,
        "lamp": 10_000,
        "off": 0,
    }
    assert total(till) == 100_000
    assert invoiced(till).total == 0
    sale = till.database.read(queries.found_invoice, till.principal, "sale")
    assert till.credit(sale, 12_000).total == -12_000
    assert till.is_right()


def test_of_which_nothing_is_left_it_is_cancelled(till: Till) -> None:
    ordered(till, item(id="a", unit_price=1_000), off=200)
    till.write(ship, "o", [("a", None)])
    till.invoice("a")
    migrate(till)
    (off,) = [row for row in till.rows(order_items) if row.type == "DISCOUNT"]
    assert (off.id, off.subtotal, off.undone_as) == ("off", -200, "CANCELLED")
    assert off.undone_at is not None
    assert total(till) == 1_000
    assert is_done(till.database.read(intake.items_of, till.principal, "o"))
    assert not till.database.read(
        lists.orders_page, till.principal, {"invoiceable": True}, Window(first=1)
    ).rows


def test_its_rate_comes_first_then_all_else(till: Till) -> None:
    goods = [
        item(id="low", unit_price=1_000, vat_rate=9),
        item(id="high", unit_price=100),
        item(id="post", unit_price=50, type="SHIPPING"),
    ]
    ordered(till, *goods, off=300)
    migrate(till)
    assert shares(till) == {"low": 150, "high": 100, "post": 50, "off": 0}
    assert invoiced(till).total == 850


def test_prices_without_vat_have_the_vat_of_what_is_left(till: Till) -> None:
    goods = [item(id="a", unit_price=1_000), item(id="b", unit_price=1_000, vat_rate=9)]
    ordered(till, *goods, off=1_100, is_including_vat=False)
    migrate(till)
    assert shares(till) == {"a": 1_000, "b": 100, "off": 0}
    assert total(till) == 900 + 81
    assert invoiced(till).total == 981


def test_a_discount_that_was_invoiced_stays_on_its_line_and_is_returned_with_it(till: Till) -> None:
    sale = sale_with_discount(till, item(id="mug", unit_price=1_000), off=200)
    till.write(ship, "o", [("mug", None), ("off", None)])
    before = till.rows(invoices), till.rows(invoice_lines), till.rows(order_items)
    migrate(till)
    assert (till.rows(invoices), till.rows(invoice_lines), till.rows(order_items)) == before
    till.write(returns.undo_items, Action.RETURN, "o", [Contra("mug"), Contra("off")])
    credit = till.write(from_orders.invoice_order, "o")
    assert (sale.total, credit.total) == (800, -800)
    assert till.is_right()


def test_parts_of_an_item_that_was_split_are_split_on_to_the_cent(till: Till) -> None:
    ordered(till, item(id="a", quantity=6, unit_price=333), off=100)
    for quantity in (1, 2):
        till.write(returns.undo_items, Action.CANCEL, "o", [Contra("a", 1)])
        till.write(ship, "o", [("a", quantity)])
    migrate(till)
    assert sum(shares(till).values()) == 100
    open_parts = [row for row in till.rows(order_items) if row.type == "PRODUCT" and row.undone_as is None]
    for row in open_parts:
        action = Action.RETURN if row.shipped_at else Action.CANCEL
        if row.quantity > 1_000_000:
            till.write(returns.undo_items, action, "o", [Contra(row.id, "0.7")])
    assert sum(shares(till).values()) == 100
    kept = [row for row in till.rows(order_items) if row.type == "PRODUCT" and row.undone_as is None]
    assert invoiced(till).total == sum(row.subtotal - row.allocated_discount for row in kept) == total(till)


def test_orders_without_such_a_discount_stay_as_they_are(till: Till) -> None:
    ids = till.order("p", 1_000, 500)
    till.invoice(ids[0])
    ordered(till, item(id="a"), off=0)
    change_total = update(orders).where(orders.c.id == "p").values(total=7)
    till.database.write(lambda connection: connection.execute(change_total))
    before = [row for row in till.rows(order_items) if row.id != "off"]
    migrate(till)
    assert [row for row in till.rows(order_items) if row.id != "off"] == before
    assert till.database.read(intake.find_order, till.principal, "p").total == 7
