"""The VAT of an invoice in a foreign currency is said in the seller's tax currency, with the rate."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invoicing.access import Principal
from invoicing.accounts import settings as account_settings
from invoicing.accounts.exchange_rates import DailyRate, set_exchange_rates
from invoicing.accounts.settings import tax_currency_of
from invoicing.errors import AmountTooLarge, InvoicingError, ValidationError
from invoicing.invoices import from_orders
from invoicing.invoices.tax_currency import exchange_rate_on, tax_currency_on, total_vat_on
from invoicing.invoices.values import IssueTerms
from invoicing.orders import returns
from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.snapshot import Snapshot
from invoicing.storage.database import Database
from invoicing.stored_snapshot import load
from tests.support import factories
from tests.support.factories import ADDRESS, item, order_line
from tests.support.snapshots import SELLER, invoice
from tests.support.till import Till

SUNDAY = date(2025, 6, 1)


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    """A Dutch seller that knows the dollar of some days."""
    factories.customer(database, principal, id="ann")
    known = [("2025-05-01", "1.1"), ("2025-05-20", "1.2"), ("2025-06-01", "1.0837")]
    rates = [DailyRate(date.fromisoformat(day), "USD", rate) for day, rate in known]
    database.write(set_exchange_rates, principal, rates, now=datetime(2025, 6, 2, tzinfo=UTC))
    return Till(database, principal)


def said(paper: Snapshot) -> tuple[str, int | None, str | None]:
    return tax_currency_on(paper), total_vat_on(paper), exchange_rate_on(paper)


def one_time(till: Till, **values: Any) -> Snapshot:
    made = factories.one_time_invoice(
        till.database, till.principal, **{"customer_id": "ann", "currency": "USD", **values}
    )
    assert till.is_right()
    return load(made.snapshot)


def test_the_vat_is_said_at_the_latest_rate_before_the_day_of_supply(till: Till) -> None:
    assert said(one_time(till)) == ("EUR", 194, "1.0837")
    assert said(one_time(till, delivery_date=date(2025, 5, 31))) == ("EUR", 175, "1.2")
    period = {"start": date(2025, 5, 1), "end": date(2025, 5, 19)}
    assert said(one_time(till, service_period=period)) == ("EUR", 191, "1.1")
    assert said(one_time(till, delivery_date=date(2025, 4, 30))) == ("EUR", None, None)


def test_a_rate_that_is_asked_for_comes_first(till: Till) -> None:
    assert said(one_time(till, exchange_rate="2.10")) == ("EUR", 100, "2.1")
    assert said(one_time(till, exchange_rate="2", currency="GBP")) == ("EUR", 105, "2")


def test_in_the_tax_currency_itself_it_is_the_same(till: Till) -> None:
    assert said(one_time(till, currency="EUR")) == ("EUR", 210, None)
    assert said(one_time(till, currency="EUR", exchange_rate="1.0")) == ("EUR", 210, None)


def test_an_account_without_a_country_or_with_another_tax_currency(database: Database) -> None:
    nowhere = factories.principal(database, address={}, default_currency="CHF")
    assert tax_currency_of(database.read(account_settings.account, nowhere.account_id)) == "CHF"
    polish = factories.principal(database, address={**ADDRESS, "country_code": "PL"})
    assert said(factories.one_time_invoice(database, polish).frozen()) == ("PLN", None, None)
    database.write(account_settings.update_account, polish, {"tax_currency": "USD"}, now=factories.NOW)
    assert said(factories.one_time_invoice(database, polish, exchange_rate="0.9").frozen())[0] == "USD"
    database.write(account_settings.update_account, polish, {"tax_currency": None}, now=factories.NOW)
    assert said(factories.one_time_invoice(database, polish).frozen())[0] == "PLN"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"exchange_rate": "0"}, ValidationError),
        ({"exchange_rate": "-1"}, ValidationError),
        ({"exchange_rate": "1,08"}, ValidationError),
        ({"exchange_rate": "1.1", "currency": "EUR"}, ValidationError),
        ({"exchange_rate": "0.0000000001", "order_lines": [order_line(amount=10**13)]}, AmountTooLarge),
    ],
)
def test_a_rate_that_cannot_be_is_refused(
    till: Till, values: dict[str, Any], kind: type[InvoicingError]
) -> None:
    with pytest.raises(kind) as refusal:
        one_time(till, **values)
    assert refusal.value.field == "exchange_rate"


def test_of_several_orders_the_latest_day_counts_and_preview_and_invoice_agree(till: Till) -> None:
    for id, day in (("a", date(2025, 5, 5)), ("b", date(2025, 5, 25))):
        till.order(id, 12_100, customer_id="ann", currency="USD", delivery_date=day)
    shown = till.database.read(from_orders.preview, till.principal, ["a-0", "b-0"], now=factories.NOW)
    paper = till.invoice("a-0", "b-0").frozen()
    assert said(shown) == said(paper) == ("EUR", 3_500, "1.2")


def test_what_is_credited_has_the_rate_of_its_invoice(till: Till) -> None:
    ids = till.order("o", 12_100, 12_100, customer_id="ann", currency="USD")
    sale = till.write(from_orders.invoice_items, ids[:1], terms=IssueTerms(exchange_rate="1.5"))
    other = till.write(from_orders.invoice_items, ids[1:], terms=IssueTerms(exchange_rate="2"))
    credit = till.credit(sale, 1_210)
    assert said(load(credit.snapshot)) == ("EUR", -140, "1.5")
    contras = [Contra(id, None, f"{id}-back") for id in ids]
    till.write(returns.undo_items, Action.CANCEL, "o", contras)
    with pytest.raises(ValidationError, match="exchange rate of their invoice") as refusal:
        till.write(from_orders.invoice_items, ["o-0-back"], terms=IssueTerms(exchange_rate="1.5"))
    assert refusal.value.field == "exchange_rate"
    both = till.invoice("o-0-back", "o-1-back")
    assert [each.id for each in both.frozen().credits] == [sale.id, other.id]
    assert said(both.frozen()) == ("EUR", -1_260 - 1_050, None)
    assert till.is_right()


def test_a_credit_of_invoices_with_one_rate_converts_their_sum(till: Till) -> None:
    ids = till.order("o", 5, 5, customer_id="ann", currency="USD", delivery_date=SUNDAY)
    for id in ids:
        till.invoice(id)
    till.write(returns.undo_items, Action.CANCEL, "o", [Contra(id, None, f"{id}-back") for id in ids])
    assert said(till.invoice("o-0-back", "o-1-back").frozen()) == ("EUR", -2, "1.0837")


def test_a_credit_of_an_invoice_without_a_rate_has_none(till: Till) -> None:
    sale = factories.one_time_invoice(till.database, till.principal, customer_id="ann", currency="GBP")
    assert said(till.credit(sale).frozen()) == ("EUR", None, None)


def test_invoices_of_before_say_what_they_can() -> None:
    before = invoice(currency="USD")
    assert said(before) == ("USD", 210, None)
    seller = replace(SELLER, address=replace(SELLER.address, country_code="NL"))
    assert said(invoice(seller=seller, currency="USD")) == ("EUR", None, None)
    assert said(invoice(seller=seller)) == ("EUR", 210, None)


@settings(derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amount=st.integers(0, 10**9),
    rate=st.decimals("0.0001", "10000", places=6).filter(bool),
    currency=st.sampled_from(("USD", "JPY", "KWD")),
)
def test_the_vat_is_divided_by_the_rate_and_rounded_once(
    database: Database, principal: Principal, amount: int, rate: Any, currency: str
) -> None:
    made = factories.one_time_invoice(
        database, principal, order_line(amount=amount), currency=currency, exchange_rate=f"{rate:f}"
    )
    digits = {"USD": 2, "JPY": 0, "KWD": 3}[currency]
    exact = Fraction(made.total_vat) * 100 / 10**digits / Fraction(str(rate))
    amount_said = total_vat_on(made.frozen())
    assert amount_said is not None
    assert abs(amount_said - exact) <= Fraction(1, 2)


def test_an_items_invoice_takes_a_rate_too(till: Till) -> None:
    factories.order(
        till.database, till.principal, id="o", customer_id="ann", currency="USD", items=[item(id="i")]
    )
    made = till.write(from_orders.invoice_order, "o", terms=IssueTerms(exchange_rate="1.25"))
    assert said(made.frozen()) == ("EUR", 168, "1.25")
