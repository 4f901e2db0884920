"""Every command locks in the order of `invoicing.locks`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from invoicing import locks, numbering
from invoicing.accounts import settings as account_settings
from invoicing.audit.actions import AuditAction
from invoicing.customers import details
from invoicing.erasure.customer import erase_customer
from invoicing.importing.csv_file import Source
from invoicing.importing.online_retail import ONLINE_RETAIL
from invoicing.importing.run import import_orders
from invoicing.invoices import from_orders, one_time, paid_orders, pdf, queries, refund
from invoicing.invoices.cancel import cancel_invoice
from invoicing.invoices.pdf import RenderedPdf
from invoicing.invoices.queries import Issued
from invoicing.orders import intake, returns, shipping
from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.storage.database import Database
from invoicing.storage.outbox import LEASE
from invoicing.storage.tables import allocations, new_id, order_items
from invoicing.storage.tables import orders as orders_table
from invoicing.verify.books import verify
from invoicing.webhooks import deliveries, endpoints
from invoicing.webhooks import log as webhook_log
from invoicing.webhooks.deliveries import DeliveryResult
from tests.conftest import FreshUrl
from tests.support import factories
from tests.support.audit_trail import do
from tests.support.factories import NOW, item
from tests.support.import_files import import_terms
from tests.support.lock_watch import NAMED, STEPS, watching
from tests.support.till import CASH, Till
from tests.support.webhook_listener import KEYRING, endpoint

Lock = Callable[[Connection, str], Any]

ROOT = Path(__file__).parents[2]
LATER = NOW + timedelta(minutes=1)
RETAIL = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
2,M1,MUG,5,2025-03-02T10:00,5.00,bob,France
1,M1,MUG,3,2025-03-01T10:00,5.00,ann,France
C3,M1,MUG,-1,2025-03-03T10:00,5.00,ann,France
C4,M1,MUG,-2,2025-03-04T10:00,5.00,bob,France
"""


@pytest.fixture
def till(fresh_postgresql: FreshUrl) -> Iterator[Till]:
    """A till on PostgreSQL, which has row locks; with a payment method and a webhook endpoint."""
    with fresh_postgresql() as url:
        database = Database(url)
        till = Till(database, factories.principal(database))
        till.buyer("ann")
        endpoint(database, till.principal)
        yield till
        database.close()


def the_account(till: Till, _: Path) -> None:
    till.write(account_settings.update_account, {"locale": "nl"})
    (hook,) = till.database.read(endpoints.endpoints_of, till.principal)
    till.write(endpoints.rotate_webhook_secret, hook.id, keyring=KEYRING)
    till.sale(1_000)
    till.write(endpoints.update_webhook_endpoint, hook.id, {"is_active": False})


def the_audit_log(till: Till, _: Path) -> None:
    till.sale(100)  # creates the number series
    order = factories.order(till.database, till.principal, id="o", customer_id="ann")
    do(till.database, till.principal, AuditAction.INVOICE_ORDER, from_orders.invoice_order, order.id)


def customers(till: Till, _: Path) -> None:
    bob = factories.customer(till.database, till.principal, handle="bob")
    till.write(details.update_customer, {"id": bob.id, "name": "Bob"})
    till.remove(till.card(bob.id, "another").id)


def erasure(till: Till, _: Path) -> None:
    """A deleted row is locked more strongly, so it is a customer with invoices."""
    for id in ("b", "a"):
        till.sale(1_000, id=id, customer_id="ann")
        till.settle(id)
    till.card("ann", "another")
    with_shipped(till, "o-b", "o-a")
    till.write(erase_customer, id="ann")


def with_shipped(till: Till, *order_ids: str) -> None:
    for id in order_ids:
        items = [(row.id, None) for row in till.database.read(intake.items_of, till.principal, id)]
        till.database.write(shipping.ship_items, till.principal, id, items, shipped_at=NOW)


def orders(till: Till, _: Path) -> None:
    till.order("o", 100)
    factories.order(till.database, till.principal, id="p", items=[item(id="b", quantity=4), item(id="a")])
    till.write(account_settings.update_account, {"contra_flow": "GUIDED"})
    till.write(intake.update_order, "p", {"billing_name": "Somebody else"})
    till.write(intake.update_billing, "p", {"billing_name": "Ann Baker"})
    till.database.write(shipping.ship_items, till.principal, "p", [("b", 1)], shipped_at=NOW)
    till.write(from_orders.invoice_order, "p")
    till.write(returns.undo_items, Action.CANCEL, "p", [Contra("b", 1, "d"), Contra("a", 1, "c")])
    till.write(returns.handle_items, Action.HANDLE_APPROVAL, "p", ["d", "c"])


def invoices(till: Till, _: Path) -> None:
    second, _rest = till.order("q", 1_000, 500, customer_id="ann")
    first, _rest = till.order("p", 700, 300, customer_id="ann", billing_address=factories.ADDRESS)
    till.pay(400, order_id="p")
    till.invoice(second, first, id="shared")
    till.write(from_orders.invoice_order, "q")
    till.settle("shared")
    till.pay(1_000, order_id="p")
    till.write(paid_orders.invoice_paid_order, "p")


def credits_of_invoices(till: Till, _: Path) -> None:
    sales = [till.sale(1_000, 500, id=id, customer_id="ann") for id in ("b", "a")]
    for sale in sales:
        till.credit(sale, 100)
        order = sale.frozen().orders[0].id
        till.write(returns.undo_items, Action.CANCEL, order, [Contra(f"{order}-1", 1, f"{order}-undone")])
    till.invoice("o-b-undone", "o-a-undone")
    till.write(cancel_invoice, "a")


def credits_of_quoted_orders(till: Till, _: Path) -> None:
    """What rounding leaves is set off, also against an invoice of another order and an earlier credit."""
    given: dict[str, Any] = {"customer_id": "ann", "is_including_vat": False}
    one, two, three = till.order("q", 13, 13, 13, **given)
    four, five, six = till.order("p", 2_450, 2_450, 2_450, **given)
    sales = [till.invoice(*ids) for ids in ((six,), (three,), (four, two), (one,), (five,))]
    till.settle(sales[4].id)
    till.credit(sales[1], 5)
    till.credit(sales[2])
    till.write(cancel_invoice, sales[3].id)
    till.cancel("q", three)
    till.cancel("p", six)
    till.write(refund.refund_invoice, sales[4].id, None, key="back", transfer=CASH, gateways=[])
    assert till.outstanding(*[sale.id for sale in sales]) == [0] * 5


def payments(till: Till, _: Path) -> None:
    for id in ("c", "b", "a"):
        till.sale(1_000, 500, id=id, customer_id="ann")
    till.pay(700, order_id="o-b")
    till.pay(700, invoice_id="c")
    till.settle("c")
    till.resolve(till.charge("a").payment, "FAILED", error="declined", is_method_spent=True)
    till.card("ann", "another")
    till.resolve(till.charge("a").payment, "PAID", reference="ch_1")


def refunds(till: Till, _: Path) -> None:
    """Refunds on an order that shares an invoice with another order, and on an invoice."""
    one, two, three = till.order("q", 1_000, 500, 250, customer_id="ann")
    four, five = till.order("p", 700, 300, customer_id="ann")
    shared, *others = (till.invoice(*ids) for ids in ((four, two), (one,), (five,), (three,)))
    payment = till.pay(1_750, order_id="q")
    till.pay(1_000, order_id="p")
    for each in (*others, shared):
        till.credit(each, 100)
    till.refund(payment, 300)
    till.write(refund.refund_invoice, shared.id, 400, key="back", transfer=CASH, gateways=[])
    charged = till.sale(1_000, customer_id="ann")
    paid = till.resolve(till.charge(charged.id).payment, "PAID", reference="ch_1")
    till.write(refund.refund_invoice, charged.id, 400, key="back", gateways=["sandbox"])
    till.resolve(till.begin_refund(paid, 100), "PAID", reference="re_1")
    till.resolve(till.begin_refund(paid, 100), "FAILED", error="closed")


def set_offs(till: Till, _: Path) -> None:
    """What is owed for a later invoice pays an earlier one, and the other way round."""
    for id in ("c", "b", "a"):
        till.sale(1_000, 500, id=id, customer_id="ann")
    till.pay(1_500, order_id="o-b")
    till.apply(till.credit(read(till, "b"), 700).id, "c")
    till.pay(1_700, invoice_id="c")
    till.apply("c", "a")


def read(till: Till, invoice_id: str) -> Issued:
    return till.database.read(queries.found_invoice, till.principal, invoice_id)


def one_time_invoices(till: Till, _: Path) -> None:
    values = {"customer_id": "ann", "order_lines": [factories.order_line()]}
    ways: dict[str, dict[str, Any]] = {
        "a": {"manual_transfer": CASH},
        "b": {"settle": {"payment_method": "auto"}},
        "c": {"idempotency_key": "k"},
    }
    for handle, way in ways.items():
        till.write(one_time.create_invoice, {"handle": handle, **values, **way}, gateways=["sandbox"])


def jobs_after_commit(till: Till, _: Path) -> None:
    for id in ("b", "a"):
        till.sale(1_000, id=id)
    due = till.database.write(pdf.claim, most=9, now=LATER)
    rendered = [RenderedPdf(each.job, each.job.id, 1, "sum") for each in reversed(due)]
    till.database.write(pdf.record, rendered, [], now=LATER)
    till.write(from_orders.retry_pdf, "a")
    for each in till.database.write(deliveries.claim_deliveries, most=9, now=LATER, lease=LEASE):
        till.database.write(deliveries.record_result, each, DeliveryResult(status=204), jitter=0.5, now=LATER)
        till.write(webhook_log.replay_webhook_delivery, each.job.subject_id, now=LATER)


def imports(till: Till, folder: Path) -> None:
    till.sale(100)  # creates the number series
    file = folder / "orders.csv"
    file.write_text(RETAIL)
    terms = import_terms(till.database, till.principal, currency="GBP", including_vat=False, vat_rate=20)
    rejects = folder / "rejects.csv"
    done = import_orders(
        till.database, till.principal, Source(file), ONLINE_RETAIL, terms, rejects=rejects, invoice=True
    )
    assert (done.invoices, done.credits) == (2, 2)


ISSUING = {"the series of invoices", NAMED}
COMMANDS: dict[Callable[[Till, Path], None], set[str]] = {
    the_account: {"accounts", "endpoints", "jobs", NAMED, "orders"},
    the_audit_log: {"the series of orders", "orders", *ISSUING, "the audit log"},
    customers: {"customers", "payment methods", NAMED},
    erasure: {"customers", "the series of orders", "orders", "invoices", *ISSUING, "payment methods"},
    orders: {"accounts", "the series of orders", "orders", NAMED},
    invoices: {"the series of orders", "orders", "invoices", *ISSUING},
    credits_of_invoices: {"the series of orders", "orders", "invoices", *ISSUING},
    credits_of_quoted_orders: {"the series of orders", "orders", "invoices", *ISSUING},
    payments: {
        "customers",
        "the series of orders",
        "orders",
        "invoices",
        "the series of invoices",
        NAMED,
        "payments",
        "jobs",
        "payment methods",
    },
    refunds: {"the series of orders", "orders", "invoices", *ISSUING, "payments", "jobs"},
    set_offs: {"the series of orders", "orders", "invoices", *ISSUING},
    one_time_invoices: ISSUING,
    jobs_after_commit: {"the series of orders", "orders", *ISSUING, "jobs", "documents", "deliveries"},
    imports: {"orders", "invoices", *ISSUING, "the audit log"},
}


@pytest.mark.parametrize("commands", COMMANDS, ids=lambda each: each.__name__)
def test_commands_lock_in_one_order(
    till: Till, commands: Callable[[Till, Path], None], tmp_path: Path
) -> None:
    with watching(till.database) as watch:
        commands(till, tmp_path)
    assert watch.faults == set()
    assert watch.steps == COMMANDS[commands]
    assert till.database.read(verify).findings == []


def test_every_step_occurs() -> None:
    assert set().union(*COMMANDS.values()) == set(STEPS)


def lock_item(connection: Connection, account_id: str) -> None:
    condition = order_items.c.account_id == account_id, order_items.c.id == "o-p-0"
    connection.execute(update(order_items).where(*condition).values(name="Cup"))


def lock_for_update(connection: Connection, account_id: str) -> None:
    condition = orders_table.c.account_id == account_id
    connection.execute(select(orders_table.c.id).where(condition).with_for_update())


def allocate_credit(connection: Connection, account_id: str) -> None:
    """Allocates a credit invoice to an invoice; neither is locked here."""
    row = {"invoice_id": "p", "credit_invoice_id": "q", "amount": 1, "created_at": NOW}
    connection.execute(insert(allocations).values(account_id=account_id, id=new_id(), **row))


def lock_number(connection: Connection, account_id: str) -> None:
    numbering.next_sequence(connection, account_id, "INVOICE", "2025")


def name_order(connection: Connection, account_id: str) -> None:
    statement = select(orders_table).where(orders_table.c.account_id == account_id)
    row = dict(connection.execute(statement).mappings().first() or {})
    connection.execute(insert(orders_table).values({**row, "id": "new"}))


def locking(kind: str, *ids: str) -> Lock:
    lock: Any = {"orders": locks.lock_orders, "invoices": locks.lock_invoices}[kind]
    return lambda connection, account_id: [lock(connection, account_id, [id]) for id in ids]


@pytest.mark.parametrize(
    ("locks_taken", "fault"),
    [
        ([locking("orders", "o-q", "o-p")], "orders: o-p is locked after one that follows it"),
        ([locking("invoices", "q", "p")], "invoices: p is locked after one that follows it"),
        ([locking("invoices", "p"), locking("orders", "o-p")], "orders are locked after invoices"),
        ([lock_number, locking("invoices", "p")], "invoices are locked after the series of invoices"),
        ([name_order, locking("orders", "o-p")], "orders are locked after what callers name"),
        ([name_order, lock_number], "the series of invoices are locked after what callers name"),
        ([lock_item], "The item o-p-0 is changed, and its order is not locked"),
        ([lock_for_update], "Inserts that refer to orders o-p would wait"),
        ([locking("invoices", "q"), allocate_credit], "inserted, and its invoice_id is not locked"),
        ([locking("invoices", "p"), allocate_credit], "inserted, and its credit_invoice_id is not locked"),
    ],
)
def test_a_lock_against_the_order_is_reported(till: Till, locks_taken: Sequence[Lock], fault: str) -> None:
    for id in ("p", "q"):
        till.sale(1_000, id=id)

    def lock_in_wrong_order(connection: Connection) -> None:
        for lock in locks_taken:
            lock(connection, till.principal.account_id)
        raise RolledBack

    with watching(till.database) as watch, pytest.raises(RolledBack):
        till.database.write(lock_in_wrong_order)
    assert any(fault in each for each in watch.faults), watch.faults


class RolledBack(Exception):
    """Rolls the transaction back."""


def test_rows_are_locked_in_three_files_alone() -> None:
    """Claiming jobs skips locked rows; everything else locks through `invoicing.locks`."""
    found = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "invoicing").rglob("*.py")
        if "with_for_update" in path.read_text()
    }
    assert found == {"invoicing/locks.py", "invoicing/storage/outbox.py", "invoicing/storage/outbox_turns.py"}
