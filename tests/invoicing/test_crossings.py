"""Pairs of commands that once deadlocked on PostgreSQL and no longer do."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from invoicing.errors import DuplicateId, IdempotencyKeyReused, InvoicingError
from invoicing.invoices import from_orders, pdf, refund
from invoicing.invoices.pdf import RenderedPdf
from invoicing.orders import returns
from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.storage import postgresql_transactions
from invoicing.storage.database import Database
from invoicing.storage.tables import order_items
from invoicing.verify.books import verify
from tests.conftest import FreshUrl
from tests.support import factories
from tests.support.crossing import Command, meetings, outcome, waiting
from tests.support.factories import NOW, item
from tests.support.till import CASH, Till


@pytest.fixture
def shop(fresh_postgresql: FreshUrl, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A PostgreSQL database, on which two commands can run at the same time; a deadlock is an error."""
    monkeypatch.setattr(postgresql_transactions, "MAX_DEADLOCKS", 1)
    with fresh_postgresql() as url:
        database = Database(url)
        yield database
        assert database.read(verify).findings == []
        database.close()


@pytest.fixture
def new_till(shop: Database) -> Any:
    """Creates a new account for each meeting."""

    def till() -> Till:
        till = Till(shop, factories.principal(shop))
        factories.customer(shop, till.principal, id="ann")
        return till

    return till


def refunding(till: Till, invoice_id: str) -> Command:
    options: dict[str, Any] = {"key": f"back-{invoice_id}", "transfer": CASH, "gateways": []}
    return partial(till.write, refund.refund_invoice, invoice_id, None, **options)


def test_a_refund_with_credit_and_a_credit_of_another_invoice_of_the_order(
    shop: Database, new_till: Any
) -> None:
    def arrange() -> tuple[Command, Command]:
        till = new_till()
        items = till.order("o", 1_000, 500)
        _, other = [till.invoice(each, id=each) for each in items]
        till.pay(1_500, order_id="o")
        return refunding(till, "o-0"), partial(till.credit, other)

    for meeting in meetings(shop, arrange):
        assert [type(each).__name__ for each in meeting.outcomes] == ["Repaid", "Issued"]


def test_a_refund_with_credit_and_the_credit_of_what_was_undone_on_an_order_beside(
    shop: Database, new_till: Any
) -> None:
    def arrange() -> tuple[Command, Command]:
        till = new_till()
        first, second = till.order("o", 1_000, 500, customer_id="ann")
        beside, undone_item = till.order("r", 700, 300, customer_id="ann")
        till.invoice(first, id="sale")
        till.invoice(second, beside, id="shared")
        till.invoice(undone_item, id="other")
        till.pay(1_500, order_id="o")
        till.write(returns.undo_items, Action.CANCEL, "r", [Contra(undone_item, None, "contra")])
        return refunding(till, "sale"), partial(till.invoice, "contra")

    for meeting in meetings(shop, arrange):
        assert [type(each).__name__ for each in meeting.outcomes] == ["Repaid", "Issued"]


def test_the_refund_of_a_payment_and_a_credit_of_two_invoices(shop: Database, new_till: Any) -> None:
    """The credit locks the credits of both invoices; the refund locks these and the orders of the other."""

    def arrange() -> tuple[Command, Command]:
        till = new_till()
        items = till.order("o", 1_000, 500, 300, customer_id="ann")
        others = till.order("r", 700, 300, 200, customer_id="ann")
        till.invoice(items[0], others[0], id="shared")
        other = till.invoice(*others[1:], id="other")
        till.write(returns.undo_items, Action.CANCEL, "o", [Contra(items[0], None, "c0")])
        till.write(returns.undo_items, Action.CANCEL, "r", [Contra(others[1], None, "c1")])
        payment = till.pay(1_000, order_id="o")
        till.pay(700, order_id="r")
        till.invoice("c0", "c1")
        return partial(till.refund, payment, 900), partial(till.credit, other)

    for meeting in meetings(shop, arrange):
        assert not [each for each in meeting.outcomes if isinstance(each, InvoicingError)]


def test_one_idempotency_key_on_an_order_and_on_its_invoice(shop: Database, new_till: Any) -> None:
    tills = []

    def arrange() -> tuple[Command, Command]:
        tills.append(till := new_till())
        till.invoice(*till.order("o", 1_000), id="sale")
        return (
            partial(till.pay, 700, key="twice", order_id="o"),
            partial(till.pay, 600, key="twice", invoice_id="sale"),
        )

    for meeting in meetings(shop, arrange):
        assert [isinstance(each, IdempotencyKeyReused) for each in meeting.outcomes].count(True) == 1
        assert tills[-1].outstanding("sale") in ([300], [400])


@pytest.mark.parametrize("moves", ["a payment", "a refund"])
@pytest.mark.parametrize("beside", ["a batch of PDFs", "a part is cancelled"])
def test_what_only_names_an_invoice_does_not_wait_for_money_that_moves_on_it(
    shop: Database, new_till: Any, beside: str, moves: str
) -> None:
    def arrange() -> tuple[Command, Command]:
        till = new_till()
        factories.order(shop, till.principal, id="o", items=[item(id="i", quantity=4)])
        sale = till.invoice("i", id="sale")
        payment = till.pay(1_000, invoice_id="sale")
        till.credit(sale, 200)
        due = shop.write(pdf.claim, most=9, now=NOW)
        rendered = [RenderedPdf(each.job, each.job.subject_id, 1, "sum") for each in reversed(due)]
        first = {
            "a payment": partial(till.pay, 500, invoice_id="sale"),
            "a refund": partial(till.refund, payment, 900),
        }
        second = {
            "a batch of PDFs": partial(shop.write, pdf.record, rendered, [], now=NOW),
            "a part is cancelled": partial(
                till.write, returns.undo_items, Action.CANCEL, "o", [Contra("i", 1, "contra")]
            ),
        }
        return first[moves], second[beside]

    for meeting in meetings(shop, arrange):
        if moves == "a payment" or beside == "a batch of PDFs":  # a refund locks the invoice's orders too
            assert not meeting.has_waited


def test_a_pdf_that_is_asked_for_again_while_its_order_is_paid(shop: Database, new_till: Any) -> None:
    def arrange() -> tuple[Command, Command]:
        till = new_till()
        till.invoice(*till.order("o", 1_000), id="sale")
        return partial(till.write, from_orders.retry_pdf, "sale"), partial(till.pay, 500, order_id="o")

    assert not any(meeting.has_waited for meeting in meetings(shop, arrange))


def in_opposite_order(till: Till, kind: str) -> list[Command]:
    """Two commands that insert the ids a, m and z in opposite order."""
    if kind == "orders":
        return [
            partial(
                factories.order,
                till.database,
                till.principal,
                id=id,
                number=id,  # without it, the number series would let only one in at a time
                items=[item(id=each) for each in ids],
            )
            for id, ids in {"p": "amz", "q": "zma"}.items()
        ]
    for id in "pq":
        till.invoice(*till.order(id, 1_000, 1_000, 1_000))
    return [
        partial(
            till.write,
            returns.undo_items,
            Action.CANCEL,
            id,
            [Contra(f"{id}-{place}", None, each) for place, each in enumerate(ids)],
        )
        for id, ids in {"p": "amz", "q": "zma"}.items()
    ]


@pytest.mark.parametrize("kind", ["orders", "contra items"])
def test_the_same_item_ids_in_opposite_order(shop: Database, new_till: Any, kind: str) -> None:
    """A third transaction holds the id in the middle until both wait; each could then hold one end."""
    till = new_till()
    till.order("third", 100)
    first, second = in_opposite_order(till, kind)
    (held,) = till.rows(order_items)[-1:]

    def hold(connection: Connection, pool: ThreadPoolExecutor) -> list[Any]:
        connection.execute(insert(order_items).values({**held._mapping, "id": "m"}))
        pending = []
        for command in (first, second):
            pending.append(pool.submit(outcome, command))
            while waiting(shop) < len(pending):
                pass
        raise RolledBack(pending)

    with ThreadPoolExecutor(2) as pool:
        try:
            shop.write(hold, pool)
        except RolledBack as rolled_back:
            outcomes = [each.result() for each in rolled_back.pending]
    assert sorted(isinstance(each, DuplicateId) for each in outcomes) == [False, True]


class RolledBack(Exception):
    """Rolls the third transaction back."""

    def __init__(self, pending: list[Any]) -> None:
        super().__init__()
        self.pending = pending
