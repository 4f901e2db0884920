"""The invoice of a paid order, when its buyer asks for it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, update

from invoicing.access import Principal
from invoicing.errors import BillingDetailsMissing, NotFound, NothingToInvoice, OrderNotPaid
from invoicing.invoices import from_orders, paid_orders, queries
from invoicing.invoices.queries import Issued
from invoicing.orders import returns, shipping
from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.payments import manual
from invoicing.payments.values import RecordPaymentValues
from invoicing.storage.database import Database
from invoicing.storage.tables import invoices, new_id, outbox
from tests.support import factories
from tests.support.factories import NOW, item

HOME = {"address_line_1": "Oude Delft 1", "locality": "Delft", "country_code": "NL"}


def paid(database: Database, principal: Principal, amount: int = 1_210, **values: Any) -> str:
    """A guest's order, paid in advance."""
    order = factories.order(database, principal, **{"billing_address": HOME, **values})
    pay(database, principal, order.id, amount)
    return order.id


def pay(database: Database, principal: Principal, order_id: str, amount: int) -> None:
    given: RecordPaymentValues = {
        "order_id": order_id,
        "amount": amount,
        "method": "card",
        "idempotency_key": new_id(),
    }
    database.write(manual.record_payment, principal, given, now=NOW)


def asked(database: Database, principal: Principal, order_id: str) -> Issued:
    return database.write(paid_orders.invoice_paid_order, principal, order_id, now=NOW)


def count(database: Database) -> int:
    return database.read(
        lambda connection: connection.execute(select(func.count()).select_from(invoices)).scalar_one()
    )


def test_a_paid_order_is_invoiced_once(database: Database, principal: Principal) -> None:
    order = paid(database, principal)
    made = asked(database, principal, order)
    assert (made.type, made.total, made.state) == ("INVOICE", 1_210, "SETTLED")
    assert asked(database, principal, order).id == made.id
    assert count(database) == 1


def test_an_order_that_is_not_paid_in_full_is_not_invoiced(database: Database, principal: Principal) -> None:
    order = paid(database, principal, 1_209)
    with pytest.raises(OrderNotPaid):
        asked(database, principal, order)
    pay(database, principal, order, 1)
    assert asked(database, principal, order).state == "SETTLED"


def test_an_invoice_that_is_there_answers_whether_it_is_paid_or_not(
    database: Database, principal: Principal
) -> None:
    order = factories.order(database, principal)
    made = database.write(from_orders.invoice_order, principal, order.id, now=NOW)
    assert asked(database, principal, order.id).id == made.id


@pytest.mark.parametrize("address", [None, {"locality": "Delft"}])
def test_it_takes_an_address_with_a_country(
    database: Database, principal: Principal, address: dict[str, str] | None
) -> None:
    order = paid(database, principal, billing_address=address)
    with pytest.raises(BillingDetailsMissing):
        asked(database, principal, order)
    assert count(database) == 0


def test_the_customers_own_address_will_do(database: Database, principal: Principal) -> None:
    ann = factories.customer(database, principal, billing_address=HOME)
    order = paid(database, principal, customer_id=ann.id, billing_address=None)
    assert asked(database, principal, order).frozen().buyer.address.locality == "Delft"


def test_what_waits_for_shipment_is_not_invoiced(database: Database, principal: Principal) -> None:
    items = [item(id="mug"), item(id="pot")]
    order = paid(database, principal, 2_420, items=items, invoice_after_shipment=True)
    with pytest.raises(NothingToInvoice):
        asked(database, principal, order)
    first, second = (shipped(database, principal, order, id) for id in ("mug", "pot"))
    assert first.id != second.id
    assert asked(database, principal, order).id == second.id


def shipped(database: Database, principal: Principal, order_id: str, item_id: str) -> Issued:
    database.write(shipping.ship_items, principal, order_id, [(item_id, None)], shipped_at=NOW)
    return asked(database, principal, order_id)


def test_it_never_credits(database: Database, principal: Principal) -> None:
    order = paid(database, principal, items=[item(id="mug")])
    made = asked(database, principal, order)
    database.write(returns.undo_items, principal, Action.CANCEL, order, [Contra("mug")], now=NOW)
    assert asked(database, principal, order).id == made.id
    assert count(database) == 1


def test_a_pdf_that_was_given_up_is_made_again(database: Database, principal: Principal) -> None:
    order = paid(database, principal)
    made = asked(database, principal, order)
    database.write(lambda connection: connection.execute(update(outbox).values(failed_at=NOW, attempts=5)))
    asked(database, principal, order)
    again = database.read(queries.found_invoice, principal, made.id)
    assert again.pdf_failed_at is None


def test_another_accounts_order_is_not_found(database: Database, principal: Principal) -> None:
    order = paid(database, principal)
    with pytest.raises(NotFound):
        asked(database, factories.principal(database), order)
