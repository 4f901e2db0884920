"""What is read with an order is its own, and no other's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from invoicing.access import Principal
from invoicing.accounts.settings import account
from invoicing.customers.details import customers_by_id
from invoicing.errors import NotFound
from invoicing.orders.intake import find_order
from invoicing.orders.queries import items_by_order
from invoicing.orders.view import Columns, Seen, Wanted, see
from invoicing.storage.database import Database
from invoicing.storage.lazy_rows import NotRead
from tests.support import factories
from tests.support.factories import item

WAYS = [
    Wanted(items=items, seller=seller, customer=customer)
    for items in (False, True)
    for seller in (False, True)
    for customer in (False, True)
]


@pytest.fixture
def other(database: Database) -> Principal:
    """Another account with a customer and an order of the same ids."""
    other = factories.principal(database, name="Other")
    factories.customer(database, other, id="c", name="Bob", billing_address=factories.ADDRESS)
    factories.order(database, other, id="o", customer_id="c", items=[item(id="other")])
    factories.order(database, other, id="theirs", customer_id="c", items=[item(id="another")])
    return other


@pytest.fixture
def shop(database: Database, principal: Principal, other: Principal) -> Principal:
    assert other
    factories.customer(database, principal, id="c", name="Ann")
    given = [item(id="b"), item(id="a"), item(id="d", unit_price=-1, type="DISCOUNT")]
    factories.order(database, principal, id="o", customer_id="c", items=given, meta={"a": [1]})
    factories.order(database, principal, id="guest", billing_name="Guest", items=[item(id="g")])
    return principal


def seen(database: Database, who: Principal, order_id: str, wanted: Wanted) -> Seen:
    return database.read(see, who, order_id, wanted)


@pytest.mark.parametrize("wanted", WAYS)
@pytest.mark.parametrize(("order_id", "customer"), [("o", "c"), ("guest", None)])
def test_it_is_what_is_read_apart(
    database: Database, shop: Principal, order_id: str, customer: str | None, wanted: Wanted
) -> None:
    found = seen(database, shop, order_id, wanted)
    assert found.order == database.read(find_order, shop, order_id)
    items = database.read(items_by_order, shop, [order_id])[order_id]
    assert found.items == (items if wanted.items else None)
    assert found.seller == (database.read(account, shop.account_id) if wanted.seller else None)
    ids = [] if customer is None else [customer]
    of_order = database.read(customers_by_id, shop, ids).get("c")
    assert found.customer == (of_order if wanted.customer else None)


@pytest.mark.parametrize("wanted", WAYS)
def test_an_order_of_another_account_is_not_there(
    database: Database, shop: Principal, wanted: Wanted
) -> None:
    with pytest.raises(NotFound, match="There is no order theirs") as refusal:
        seen(database, shop, "theirs", wanted)
    assert (refusal.value.field, [*refusal.value.ids]) == ("id", ["theirs"])


@pytest.mark.parametrize("wanted", WAYS)
def test_a_customer_sees_their_own_order_only(database: Database, shop: Principal, wanted: Wanted) -> None:
    ann = replace(shop, customer_id="c")
    assert seen(database, ann, "o", wanted).order.id == "o"
    with pytest.raises(NotFound):
        seen(database, ann, "guest", wanted)


def test_only_what_is_wanted_of_a_row_is_read(database: Database, shop: Principal) -> None:
    columns = Columns(
        order=frozenset(("number",)),
        items=frozenset(("name",)),
        seller=frozenset(("legal_name", "address")),
        customer=frozenset(("billing_address",)),
    )
    found = seen(database, shop, "o", Wanted(items=True, seller=True, customer=True, columns=columns))
    assert found.items
    assert found.seller
    assert found.customer
    assert found.order.number == database.read(find_order, shop, "o").number
    assert found.seller.address == database.read(account, shop.account_id).address
    assert found.customer.billing_address is None
    for row, name in (
        (found.order, "total"),
        (found.items[0], "sku"),
        (found.seller, "iban"),
        (found.customer, "name"),
    ):
        with pytest.raises(NotRead):
            getattr(row, name)
