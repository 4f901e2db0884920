"""The migration that adds the ledger sets earlier credits off and updates the states."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import Connection, text

from invoicing.access import Principal
from invoicing.invoices import from_orders
from invoicing.orders import returns
from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from invoicing.storage.tables import invoices
from tests.support import factories
from tests.support.factories import item
from tests.support.own_line_discounts import sale_with_discount
from tests.support.till import Till

BEFORE = (
    "DROP TABLE allocations",
    "DROP TABLE payments",
    "DROP TABLE payment_methods",
    "DROP INDEX outbox_due",
    "CREATE INDEX outbox_due ON outbox (run_after) WHERE failed_at IS NULL",
    "UPDATE invoices SET state = 'PENDING'",
    "UPDATE alembic_version SET version_num = '0003'",
)


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    return Till(database, principal)


def migrate_from_0003(database: Database) -> None:
    """Removes the ledger, and runs only the migration that adds it; later migrations stay as they are."""
    settings = running.config()

    def migrate(connection: Connection) -> None:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        for statement in BEFORE if database.is_sqlite else (*BEFORE, "DROP FUNCTION ledger_is_final()"):
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0004")
        connection.execute(text("UPDATE alembic_version SET version_num = :last"), {"last": version})

    database.write(migrate)


def test_earlier_credits_are_set_off_as_they_would_be_today(till: Till) -> None:
    other = Till(till.database, factories.principal(till.database))
    for each in (till, other):
        whole, part, twice, free = (each.sale(1_000, 500, id=id) for id in ("whole", "part", "twice", "free"))
        each.sale(0, id="nothing")
        each.credit(whole)
        each.credit(part, 400)
        each.credit(twice, 600)
        each.credit(twice)
        assert free.state == "PENDING"
    before = [each.balance(row.id) for each in (till, other) for row in each.rows(invoices)]
    migrate_from_0003(till.database)
    after = [each.balance(row.id) for each in (till, other) for row in each.rows(invoices)]
    assert after == before
    assert till.is_right()
    assert other.is_right()
    states = {id: till.seen(id) for id in ("whole", "part", "twice", "free", "nothing")}
    assert states == {
        "whole": ("CANCELLED", "PAID", 0),
        "part": ("PENDING", "PARTIALLY_PAID", 1_100),
        "twice": ("CANCELLED", "PAID", 0),
        "free": ("PENDING", "OPEN", 1_500),
        "nothing": ("SETTLED", "PAID", 0),
    }


def test_no_more_is_set_off_than_the_total_of_an_invoice(till: Till) -> None:
    """The mug alone costs more than the invoice, which has a discount too; such a credit was issued then."""
    sale = sale_with_discount(till, item(id="mug", unit_price=1_000), off=200)
    credit = till.credit(sale, 800)
    credit_all_of_the_mug(till.database)
    migrate_from_0003(till.database)
    assert till.seen(sale.id) == ("SETTLED", "PAID", 0)
    assert till.seen(credit.id) == ("PENDING", "PARTIALLY_PAID", -200)


def credit_all_of_the_mug(database: Database) -> None:
    on = {name: "" if database.is_sqlite else f" ON {name}" for name in ("invoices", "invoice_lines")}
    statements = (
        *(f"DROP TRIGGER {name}_stay{on[name]}" for name in on),
        "UPDATE invoice_lines SET subtotal = -1000, total = -1000, total_ex_vat = -826, vat_amount = -174 "
        "WHERE credited_line_id IS NOT NULL",
        "UPDATE invoices SET subtotal = -1000, total = -1000, total_ex_vat = -826, total_vat = -174 "
        "WHERE type = 'CREDIT'",
    )
    for statement in statements:
        database.write(Connection.exec_driver_sql, statement)


def test_a_credit_of_several_invoices_is_set_off_against_each(till: Till) -> None:
    items = till.order("o", 1_000, 500, 300)
    one, two = till.invoice(items[0]), till.invoice(*items[1:])
    till.write(returns.undo_items, Action.CANCEL, "o", [Contra(id, None, f"{id}-undone") for id in items[:2]])
    credit = till.write(from_orders.invoice_items, [f"{id}-undone" for id in items[:2]])
    migrate_from_0003(till.database)
    assert till.outstanding(one.id, two.id, credit.id) == [0, 300, 0]
    assert [till.seen(each.id)[0] for each in (one, two, credit)] == ["CANCELLED", "PENDING", "SETTLED"]
    assert till.is_right()


def test_the_ledger_works_after_the_migration(till: Till) -> None:
    sale = till.sale(1_000)
    credit = till.credit(sale, 400)
    migrate_from_0003(till.database)
    till.pay(600, order_id="o-sale")
    assert till.seen(sale.id) == ("SETTLED", "PAID", 0)
    assert till.seen(credit.id) == ("SETTLED", "REFUNDED", 0)
    assert till.is_right()
