"""Customers' payment methods: kept once, found by their owner, charged until they are removed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from invoicing.access import Principal
from invoicing.payments import methods
from invoicing.storage.database import Database
from tests.invoicing.invoices.test_from_orders_concurrently import at_once
from tests.invoicing.payments.test_manual import refused
from tests.support import factories
from tests.support.factories import NOW
from tests.support.till import Till


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    till = Till(database, principal)
    factories.customer(database, principal, id="ann")
    return till


def test_a_method_is_added_once(till: Till) -> None:
    first = till.card("ann", "card")
    assert till.card("ann", "card").id == first.id
    assert [each.id for each in till.cards("ann")] == [first.id]


def test_of_twenty_that_add_a_method_at_once_one_is_kept(till: Till) -> None:
    assert len({card.id for card in at_once(lambda _: till.card("ann", "card"), 20)}) == 1
    assert len(till.cards("ann")) == 1


def test_the_newest_is_chosen_and_any_can_be_named(till: Till) -> None:
    old, new = till.card("ann", "old"), till.card("ann", "new", now=NOW + timedelta(hours=1))
    assert [each.id for each in till.cards("ann")] == [new.id, old.id]
    for asked, found in (("auto", new), (old.id, old)):
        chosen = till.database.read(
            methods.choose_method, till.principal, "ann", asked, field="payment_method"
        )
        assert chosen.id == found.id


def test_a_method_that_is_removed_is_gone_and_can_be_added_again(till: Till) -> None:
    card = till.card("ann", "card")
    assert till.remove(card.id).state == till.remove(card.id).state == "DELETED"
    assert till.cards("ann") == []
    assert till.card("ann", "card").id != card.id


def test_a_charge_that_is_under_way_goes_on_when_its_method_is_removed(till: Till) -> None:
    card = till.card("ann", "card")
    sale = till.sale(1_000, customer_id="ann")
    begun = till.charge(sale.id).payment
    till.remove(card.id)
    till.resolve(begun, "PAID")
    assert till.seen(sale.id) == ("SETTLED", "PAID", 0)
    assert till.is_right()


def test_a_method_that_was_removed_does_not_come_back_when_its_charge_fails_for_ever(till: Till) -> None:
    card = till.card("ann", "card")
    sale = till.sale(1_000, customer_id="ann")
    begun = till.charge(sale.id).payment
    till.remove(card.id)
    till.resolve(begun, "FAILED", error="expired", is_method_spent=True)
    assert till.cards("ann") == []


def test_another_accounts_methods_and_customers_are_not_found(till: Till) -> None:
    card = till.card("ann", "card")
    other = Till(till.database, factories.principal(till.database))
    refused("PAYMENT_METHOD_NOT_FOUND", "id", other.remove, card.id)
    refused("CUSTOMER_NOT_FOUND", "customer_id", other.card, "ann", "card")
    factories.customer(other.database, other.principal, id="ann")
    assert other.cards("ann") == []
    sale = other.sale(1_000, customer_id="ann")
    refused("PAYMENT_METHOD_NOT_FOUND", "payment_method", other.charge, sale.id, card.id)
