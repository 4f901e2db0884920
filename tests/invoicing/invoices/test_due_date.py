"""When an invoice is to be paid: as asked, else by the terms of its orders, its customer or the account."""

from __future__ import annotations

from datetime import date

import pytest

from invoicing.access import Principal
from invoicing.errors import InvoicingError, ValidationError
from invoicing.invoices import from_orders
from invoicing.invoices.values import IssueTerms
from invoicing.orders import intake, returns
from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.storage.database import Database
from invoicing.storage.tables import new_id
from tests.support import factories
from tests.support.factories import NOW, item
from tests.support.till import Till

TODAY = NOW.date()


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    """An account with terms of 14 days, the customer `ann` of 30, and `bob` without any of his own."""
    factories.customer(database, principal, id="ann", payment_terms_days=30)
    factories.customer(database, principal, id="bob")
    return Till(database, principal)


def days(till: Till, customer_id: str, *terms: int | None) -> int:
    """In how many days an invoice of orders with these terms is due."""
    ids = []
    for each in terms:
        id = new_id()
        factories.order(
            till.database,
            till.principal,
            id=id,
            items=[item(id=id)],
            customer_id=customer_id,
            payment_terms_days=each,
        )
        ids.append(id)
    due = till.invoice(*ids).due_on
    assert due is not None
    return (due - TODAY).days


def test_the_order_comes_before_the_customer_before_the_account(till: Till) -> None:
    assert days(till, "bob", None) == 14
    assert days(till, "ann", None) == 30
    assert days(till, "ann", 7) == 7
    assert days(till, "bob", 0) == 0


def test_of_several_orders_the_longest_terms_count(till: Till) -> None:
    assert days(till, "ann", 7, 45) == 45
    assert days(till, "ann", 7, None) == 30
    assert days(till, "bob", 0, 0) == 0


def test_a_one_time_invoice_follows_its_customer(till: Till) -> None:
    made = factories.one_time_invoice(till.database, till.principal, customer_id="ann")
    assert made.due_on == date(2025, 7, 2)


def test_terms_are_changed_and_taken_away_again(till: Till) -> None:
    ids = till.order("o", 100, customer_id="ann", payment_terms_days=7)
    till.write(intake.update_order, "o", {"payment_terms_days": None})
    assert till.invoice(*ids).due_on == date(2025, 7, 2)


def test_a_due_date_that_is_asked_for_is_taken(till: Till) -> None:
    terms = IssueTerms(due_on=date(2025, 12, 31))
    ids = till.order("o", 100, 200, customer_id="ann", payment_terms_days=7)
    assert till.write(from_orders.invoice_items, ids[:1], terms=terms).due_on == date(2025, 12, 31)
    assert till.write(from_orders.invoice_order, "o", terms=terms).due_on == date(2025, 12, 31)


def refused(till: Till, *item_ids: str, due_on: date) -> InvoicingError:
    with pytest.raises(ValidationError) as refusal:
        till.write(from_orders.invoice_items, item_ids, terms=IssueTerms(due_on=due_on))
    assert refusal.value.field == "due_on"
    return refusal.value


def test_a_due_date_in_the_past_or_of_a_credit_is_refused(till: Till) -> None:
    ids = till.order("o", 100, 200)
    assert "2025-06-02" in str(refused(till, *ids, due_on=date(2025, 6, 1)))
    till.invoice(*ids)
    till.write(returns.undo_items, Action.CANCEL, "o", [Contra(ids[0], None, "undone")])
    assert "credit" in str(refused(till, "undone", due_on=date(2025, 7, 1)))


@pytest.mark.parametrize("terms", [-1, 366])
def test_terms_beyond_a_year_are_refused(till: Till, terms: int) -> None:
    with pytest.raises(ValidationError, match="payment_terms_days must be a whole number from 0 to 365"):
        factories.customer(till.database, till.principal, payment_terms_days=terms)
    with pytest.raises(ValidationError, match="payment_terms_days must be a whole number from 0 to 365"):
        factories.order(till.database, till.principal, payment_terms_days=terms)
