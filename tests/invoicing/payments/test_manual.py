"""Payments that were made elsewhere are written down once, on what they paid."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from invoicing.access import Principal
from invoicing.errors import InvoicingError
from invoicing.money import MAX_AMOUNT
from invoicing.payments import manual
from invoicing.storage.database import Database
from invoicing.storage.tables import payments
from tests.invoicing.invoices.test_from_orders_concurrently import at_once
from tests.support import factories
from tests.support.factories import NOW
from tests.support.own_line_discounts import invoice_in_the_buyers_favour, order_with_discount
from tests.support.till import CASH, Till


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    return Till(database, principal)


def refused(code: str, field: str | None, command: Any, *args: Any, **options: Any) -> None:
    with pytest.raises(InvoicingError) as refusal:
        command(*args, **options)
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_a_payment_is_written_down_as_it_was_made(till: Till) -> None:
    till.order("o", 1_000)
    earlier = NOW - timedelta(days=3)
    paid = till.pay(
        900, order_id="o", reference="R 1", comment="at the door", paid_at=earlier, currency="EUR"
    )
    assert (paid.type, paid.status, paid.amount, paid.currency) == ("PAYMENT", "PAID", 900, "EUR")
    assert (paid.method, paid.reference, paid.comment) == ("ideal", "R 1", "at the door")
    assert (paid.paid_at, paid.created_at, paid.actor_name) == (earlier, NOW, "Test")
    assert till.left("o") == [900]


def test_the_same_key_with_the_same_request_pays_once(till: Till) -> None:
    till.order("o", 1_000)
    assert till.pay(900, order_id="o", key="k") == till.pay(900, order_id="o", key="k")
    assert till.left("o") == [900]


@pytest.mark.parametrize("other", [{"amount": 901}, {"order_id": "p"}, {"comment": "another"}])
def test_the_same_key_with_another_request_is_refused(till: Till, other: dict[str, Any]) -> None:
    till.order("o", 1_000)
    till.order("p", 1_000)
    till.pay(900, order_id="o", key="k")
    refused(
        "IDEMPOTENCY_KEY_REUSED",
        "idempotency_key",
        till.pay,
        **{"amount": 900, "order_id": "o", **other},
        key="k",
    )
    assert len(till.rows(payments)) == 1


def test_what_is_null_in_one_request_and_left_out_in_the_other_is_the_same(till: Till) -> None:
    till.order("o", 1_000)
    paid = till.pay(900, order_id="o", key="k")
    assert till.pay(900, order_id="o", key="k", invoice_id=None, comment=None, paid_at=None) == paid


def test_of_twenty_calls_with_one_key_one_pays(till: Till) -> None:
    till.order("o", 1_000)
    told = at_once(lambda _: till.pay(900, order_id="o", key="k"), 20)
    assert len({paid.id for paid in told}) == 1
    assert till.left("o") == [900]


def test_of_twenty_calls_with_one_key_on_twenty_orders_one_pays(till: Till) -> None:
    for place in range(20):
        till.order(f"o{place}", 1_000)
    told = at_once(lambda place: till.pay(900, order_id=f"o{place}", key="k"), 20)
    lost = [one for one in told if isinstance(one, InvoicingError)]
    assert {one.code for one in lost} == {"IDEMPOTENCY_KEY_REUSED"}
    assert len(lost) == 19
    assert len(till.rows(payments)) == 1


def test_a_key_is_known_on_another_connection(till: Till, database_url: str) -> None:
    till.order("o", 1_000)
    paid = till.pay(900, order_id="o", key="k")
    again = Till(Database(database_url), till.principal)
    assert again.pay(900, order_id="o", key="k") == paid
    again.database.close()


def test_two_accounts_use_the_same_key(till: Till) -> None:
    other = Till(till.database, factories.principal(till.database))
    for each in (till, other):
        each.order("o", 1_000)
        each.pay(900, order_id="o", key="k")
    assert (till.left("o"), other.left("o")) == ([900], [900])


@pytest.mark.parametrize(
    ("target", "code", "field"),
    [
        ({}, "VALIDATION_ERROR", "invoice_id"),
        ({"order_id": "o", "invoice_id": "sale"}, "VALIDATION_ERROR", "invoice_id"),
        ({"order_id": "nowhere"}, "NOT_FOUND", "order_id"),
        ({"invoice_id": "nowhere"}, "NOT_FOUND", "invoice_id"),
        ({"order_id": "theirs"}, "NOT_FOUND", "order_id"),
        ({"invoice_id": "their-sale"}, "NOT_FOUND", "invoice_id"),
        ({"order_id": "o", "currency": "USD"}, "MIXED_CURRENCIES", "currency"),
        ({"order_id": "o", "amount": 0}, "VALIDATION_ERROR", "amount"),
        ({"order_id": "o", "amount": -1}, "VALIDATION_ERROR", "amount"),
        ({"order_id": "o", "method": ""}, "VALIDATION_ERROR", "method"),
        ({"order_id": "o", "key": "no key"}, "MALFORMED_ID", "idempotency_key"),
    ],
)
def test_what_cannot_be_a_payment_is_refused(
    till: Till, target: dict[str, Any], code: str, field: str
) -> None:
    till.order("o", 1_000)
    till.sale(1_000)
    other = Till(till.database, factories.principal(till.database))
    other.order("theirs", 1_000)
    other.sale(1_000, id="their-sale")
    refused(code, field, till.pay, **{"amount": 900, **target})
    assert till.rows(payments) == []


def test_no_more_is_paid_than_an_amount_can_tell(till: Till) -> None:
    till.order("o", 1_000)
    till.sale(1_000)
    targets: list[dict[str, Any]] = [{"order_id": "o"}, {"invoice_id": "sale"}]
    for target in targets:
        till.pay(MAX_AMOUNT - 1, **target)
        refused("AMOUNT_TOO_LARGE", "amount", till.pay, 2, **target)
        till.pay(1, **target)
    assert till.seen("sale") == ("SETTLED", "OVERPAID", 1_000 - MAX_AMOUNT)


def test_a_credit_invoice_is_not_paid(till: Till) -> None:
    credit = till.credit(till.sale(1_000))
    refused("NOT_PAYABLE", "invoice_id", till.pay, 900, invoice_id=credit.id)
    refused("NOT_PAYABLE", "id", till.settle, credit.id)


def test_an_invoice_in_the_buyers_favour_is_not_paid(till: Till) -> None:
    order_with_discount(till, off=200)
    favour = invoice_in_the_buyers_favour(till)
    refused("NOT_PAYABLE", "invoice_id", till.pay, 900, invoice_id=favour.id)
    assert till.seen(favour.id) == ("PENDING", "OPEN", -200)


def test_settling_pays_all_that_is_outstanding(till: Till) -> None:
    sale = till.sale(1_000)
    till.pay(300, order_id="o-sale")
    paid = till.settle(sale.id)
    assert (paid.amount, paid.method) == (700, "CASH")
    assert till.seen(sale.id) == ("SETTLED", "PAID", 0)
    assert till.is_right()


def test_the_day_of_a_transfer_begins_where_the_account_is(database: Database) -> None:
    till = Till(database, factories.principal(database, timezone="Europe/Amsterdam"))
    assert till.settle(till.sale(1_000).id).paid_at == datetime(2025, 6, 1, 22, tzinfo=UTC)


def test_settling_again_with_the_same_transfer_answers_with_the_same_payment(till: Till) -> None:
    sale = till.sale(1_000)
    assert till.settle(sale.id) == till.settle(sale.id)
    other = {**CASH, "method": "CHECK"}
    refused("ALREADY_SETTLED", "id", till.write, manual.settle_invoice_manually, sale.id, other)


def test_of_twenty_that_settle_at_once_one_pays(till: Till) -> None:
    sale = till.sale(1_000)
    assert len({paid.id for paid in at_once(lambda _: till.settle(sale.id), 20)}) == 1
    assert [paid.amount for paid in till.rows(payments)] == [1_000]
    assert till.is_right()


def test_what_is_outstanding_is_settled_once_whatever_the_keys(till: Till) -> None:
    sale = till.sale(1_000)
    told = at_once(lambda place: till.settle(sale.id, key=f"k{place}"), 20)
    assert sum(not isinstance(one, InvoicingError) for one in told) == 1
    assert {one.code for one in told if isinstance(one, InvoicingError)} == {"ALREADY_SETTLED"}
    assert till.is_right()


@pytest.mark.parametrize("day", [date.min, date(202, 6, 1), date(1969, 12, 31)])
def test_a_transfer_is_not_long_ago(till: Till, day: date) -> None:
    sale = till.sale(1_000)
    slip = {**CASH, "payment_date": day}
    refused("VALIDATION_ERROR", "payment_date", till.write, manual.settle_invoice_manually, sale.id, slip)


def test_a_transfer_is_not_in_the_future(till: Till) -> None:
    sale = till.sale(1_000)
    tomorrow = {**CASH, "payment_date": NOW.date() + timedelta(days=1)}
    refused("VALIDATION_ERROR", "payment_date", till.write, manual.settle_invoice_manually, sale.id, tomorrow)
    refused(
        "VALIDATION_ERROR",
        "method",
        till.write,
        manual.settle_invoice_manually,
        sale.id,
        {**CASH, "method": "x"},
    )
    assert till.seen(sale.id) == ("PENDING", "OPEN", 1_000)


def test_nothing_is_settled_of_what_asks_nothing(till: Till) -> None:
    refused("ALREADY_SETTLED", "id", till.settle, till.sale(0).id)
    refused("NOT_FOUND", "id", till.settle, "nowhere")
