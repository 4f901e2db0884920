"""One-time invoices: lines of their own, to a customer, with no order behind them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from invoicing.access import Principal
from invoicing.decimals import MILLION
from invoicing.invoices import lists, queries
from invoicing.invoices.queries import Issued
from invoicing.snapshot import Address, PrintedPayment
from invoicing.storage.database import Database
from invoicing.storage.pages import Window
from invoicing.stored_snapshot import load
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.factories import ADDRESS, NOW, order_line

OneTime = Callable[..., Issued]


@pytest.fixture
def make(database: Database, principal: Principal) -> OneTime:
    """Issues to the customer `ann`, who has an address and a number in the trade register."""
    ann: dict[str, Any] = {
        "id": "ann",
        "handle": "ann-1",
        "billing_address": ADDRESS,
        "registration_number": "KVK 1",
    }
    factories.customer(database, principal, **ann)

    def made(*lines: dict[str, Any], **values: Any) -> Issued:
        if not {"customer_id", "customer_handle"} & values.keys():
            values["customer_id"] = "ann"
        return factories.one_time_invoice(database, principal, *lines, **values)

    return made


def test_an_invoice_needs_no_order(make: OneTime) -> None:
    made = make(order_line(quantity=2), handle="A.b_c@d-1")
    assert (made.id, made.handle, made.number) == ("A.b_c@d-1", "A.b_c@d-1", "INV-2025-00001")
    assert (made.type, made.state, made.customer_id, made.currency) == ("INVOICE", "PENDING", "ann", "EUR")
    assert (made.total, made.total_ex_vat, made.total_vat) == (2_420, 2_000, 420)
    assert (made.issued_on, made.due_on) == (date(2025, 6, 2), date(2025, 6, 16))
    paper = made.frozen()
    (line,) = paper.lines
    assert (line.name, line.quantity, line.unit, line.unit_price) == ("Advice", 2 * MILLION, "C62", 1_210)
    assert (line.order_id, line.order_item_id, line.discount) == (None, None, 0)
    assert (line.vat_rate, line.vat_category) == (210_000, "S")
    assert (paper.orders, paper.buyer.name, paper.buyer.address.locality) == ((), "Ann Baker", "Amsterdam")


def test_a_transfer_that_settles_it_is_on_its_paper(make: OneTime) -> None:
    transfer = {"method": "BANK_TRANSFER", "payment_date": date(2025, 5, 30)}
    paper = make(order_line(), manual_transfer=transfer).frozen()
    assert paper.payments == (
        PrintedPayment(paid_on=date(2025, 5, 30), method="BANK_TRANSFER", amount=1_210),
    )
    assert paper.is_paid
    assert make(order_line(amount=0), manual_transfer=transfer, handle="free").frozen().payments == ()


@pytest.mark.parametrize("amount", [1_210, 0])
def test_a_settled_invoice_is_returned_as_it_is_stored(
    make: OneTime, database: Database, principal: Principal, amount: int
) -> None:
    transfer = {"method": "CASH", "payment_date": date(2025, 5, 30)}
    made = make(order_line(amount=amount), manual_transfer=transfer)
    assert made.state == "SETTLED"
    assert database.read(queries.found_invoice, principal, made.id) == made
    assert database.read(verify).findings == []


def test_the_account_says_what_the_request_leaves_out(database: Database) -> None:
    seller = factories.principal(
        database,
        default_currency="JPY",
        default_vat_rate=9,
        payment_terms_days=30,
        locale="nl",
        timezone="Pacific/Auckland",
    )
    made = factories.one_time_invoice(database, seller, now=NOW.replace(hour=23))
    assert (made.currency, made.frozen().lines[0].vat_rate, made.frozen().locale) == ("JPY", 90_000, "nl")
    assert (made.issued_on, made.due_on) == (date(2025, 6, 3), date(2025, 7, 3))


def test_what_is_given_is_frozen(make: OneTime) -> None:
    metadata = {"project": {"id": 7, "tags": ["a", None, 1.5]}}
    made = make(
        order_line(unit="HUR", vat_rate=5.5, amount_incl_vat=False),
        currency="USD",
        cost_center="4210",
        purchase_order_number="PO-1",
        note=" Thank you.\nUntil next time. ",
        due_on=date(2025, 6, 2),
        meta=metadata,
        shipping_address={"locality": "Delft", "country_code": "nl"},
    )
    paper = load(made.snapshot)
    assert (made.currency, made.is_including_vat, made.due_on) == ("USD", False, date(2025, 6, 2))
    assert (made.total_ex_vat, made.total_vat) == (1_210, 67)
    assert (paper.cost_center, paper.purchase_order_number) == ("4210", "PO-1")
    assert (paper.note, paper.metadata) == ("Thank you.\nUntil next time.", metadata)
    assert paper.shipping_address == Address(locality="Delft", country_code="NL")
    assert paper.lines[0].unit == "HUR"


def test_a_line_says_its_category_as_an_order_item_does(make: OneTime) -> None:
    made = make(
        order_line(),
        order_line(vat_rate=0),
        order_line(vat_category="AE"),
        order_line(vat_category="E", vat_rate=0),
        order_line(vat_category="S", vat_rate=9),
    )
    found = [(line.vat_category, line.vat_rate) for line in made.frozen().lines]
    assert found == [("S", 210_000), ("Z", 0), ("AE", 0), ("E", 0), ("S", 90_000)]


def test_a_line_says_all_that_an_order_item_says(make: OneTime) -> None:
    more = {
        "sku": "ADV-1",
        "description": "Two visits.",
        "exemption_reason": "Small enterprise.",
        "supply": "SERVICES",
    }
    made = make(
        order_line(quantity=3, discount=630, vat_category="E", **more), order_line(amount=0, discount=0)
    )
    first, second = load(made.snapshot).lines
    assert {name: getattr(first, name) for name in more} == more
    assert (first.subtotal, first.discount, first.total, made.total) == (3_630, 630, 3_000, 3_000)
    assert (second.sku, second.description, second.exemption_reason, second.supply) == (
        None,
        None,
        None,
        "GOODS",
    )


def test_discounts_of_lines_are_taxed_as_their_lines(
    make: OneTime, database: Database, principal: Principal
) -> None:
    made = make(order_line(discount=121), order_line(discount=109, vat_rate=9, amount=1_090))
    assert (made.total, made.total_ex_vat, made.total_vat) == (2_070, 1_800, 270)
    assert (made.subtotal, made.frozen().vat[0].base) == (2_300, 900)
    assert database.read(verify, principal.account_id).findings == []


def test_a_rebate_is_taken_off_and_the_total_may_be_nothing(make: OneTime) -> None:
    made = make(order_line(amount=2_500), order_line(text="Rebate", amount=-500, quantity=5))
    assert (made.total, made.subtotal, made.total_vat) == (0, 0, 0)
    assert [line.total for line in made.frozen().lines] == [2_500, -2_500]


@pytest.mark.parametrize(
    ("customer", "billing", "name", "contact"),
    [
        ({"name": "Ann"}, {"name": "Bea"}, "Bea", None),
        ({"name": "Ann"}, {"name": "Bea", "organisation": "Studio"}, "Studio", "Bea"),
        ({"name": "Ann"}, {"locality": "Delft"}, "Ann", None),
        (
            {"name": "Firm", "vat_number": "NL123456782B01", "contact_name": "Cas"},
            {"name": "Bea"},
            "Firm",
            "Bea",
        ),
        ({"name": "Firm", "vat_number": "NL123456782B01"}, {"organisation": "Holding"}, "Holding", None),
        ({"name": "Firm", "vat_number": "NL123456782B01", "contact_name": "Cas"}, {}, "Firm", "Cas"),
    ],
)
def test_a_billing_address_may_rename_the_buyer(
    database: Database, principal: Principal, customer: Any, billing: Any, name: str, contact: str | None
) -> None:
    factories.customer(database, principal, id="c", billing_address=ADDRESS, **customer)
    made = factories.one_time_invoice(database, principal, customer_id="c", billing_address=billing)
    buyer = made.frozen().buyer
    assert (buyer.name, buyer.contact_name) == (name, contact)
    assert (buyer.vat_number, buyer.address) == (customer.get("vat_number"), Address(**(billing or ADDRESS)))
    found = database.read(lists.invoices_page, principal, {"search": name.upper()}, Window())
    assert [row.id for row in found.rows] == [made.id]


def test_the_customers_own_addresses_stand_where_none_is_given(
    database: Database, principal: Principal
) -> None:
    shipping = {"locality": "Leeds"}
    factories.customer(database, principal, id="c", shipping_address=shipping, buyer_reference="R-7")
    paper = factories.one_time_invoice(database, principal, customer_id="c").frozen()
    assert paper.buyer.address == paper.shipping_address == Address(**shipping)
    assert paper.buyer.reference == "R-7"


def test_the_books_stay_right(make: OneTime, database: Database, principal: Principal) -> None:
    make(*[order_line(text=f"Line {n}", amount=n, vat_rate=(0, 9, 21)[n % 3]) for n in range(1_000)])
    make(order_line(amount=199), order_line(amount=-1))
    verdict = database.read(verify, principal.account_id)
    assert (verdict.invoices, verdict.findings) == (2, [])


def test_it_is_found_like_any_other(make: OneTime, database: Database, principal: Principal) -> None:
    made = make(handle="h", order_lines=[order_line(amount=777)])
    make(billing_address={"name": "Else"}, currency="USD")
    assert database.read(queries.found_invoice, principal, "h").snapshot == made.snapshot
    for given in (
        {"handle": "h"},
        {"number": made.number},
        {"customer_id": "ann", "currency": "EUR", "type": "INVOICE", "state": "PENDING"},
        {"total_from": 777, "total_to": 777, "issued_from": made.issued_on, "due_to": made.due_on},
        {"search": "ann BAK"},
    ):
        found = database.read(lists.invoices_page, principal, given, Window())
        assert [row.id for row in found.rows] == ["h"], given
