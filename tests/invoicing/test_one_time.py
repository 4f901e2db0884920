"""One-time invoices: lines of their own, to a customer, with no order behind them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from invoicing import accounts, customers, filters, one_time, queries
from invoicing.access import Principal
from invoicing.database import Database
from invoicing.errors import (
    AmountTooLarge,
    CustomerNotFound,
    DuplicateHandle,
    IdempotencyKeyReused,
    InvoicingError,
    MalformedId,
    MixedVatModes,
    ValidationError,
)
from invoicing.money import MAX_AMOUNT
from invoicing.pages import Window
from invoicing.queries import Issued
from invoicing.snapshot import Address, load
from invoicing.verifying import verify
from tests import factories
from tests.factories import ADDRESS, NOW, order_line

OneTime = Callable[..., Issued]


@pytest.fixture
def make(database: Database, principal: Principal) -> OneTime:
    """Issues to the customer `ann`, who has an address and nothing else."""
    factories.customer(database, principal, id="ann", handle="ann-1", billing_address=ADDRESS)

    def made(*lines: dict[str, Any], **values: Any) -> Issued:
        if not {"customer_id", "customer_handle"} & values.keys():
            values["customer_id"] = "ann"
        return factories.one_time_invoice(database, principal, *lines, **values)

    return made


def asked(**values: Any) -> dict[str, Any]:
    return {"customer_id": "ann", "handle": "h", "order_lines": [order_line()], **values}


def test_an_invoice_needs_no_order(make: OneTime) -> None:
    made = make(order_line(quantity=2), handle="A.b_c@d-1")
    assert (made.id, made.handle, made.number) == ("A.b_c@d-1", "A.b_c@d-1", "INV-2025-00001")
    assert (made.type, made.state, made.customer_id, made.currency) == ("INVOICE", "PENDING", "ann", "EUR")
    assert (made.total, made.total_ex_vat, made.total_vat) == (2_420, 2_000, 420)
    assert (made.issued_on, made.due_on) == (date(2025, 6, 2), date(2025, 6, 16))
    paper = made.frozen()
    (line,) = paper.lines
    assert (line.name, line.quantity, line.unit, line.unit_price) == ("Advice", 2, "C62", 1_210)
    assert (line.order_id, line.order_item_id, line.discount) == (None, None, 0)
    assert (line.vat_rate, line.vat_category) == (2_100, "S")
    assert (paper.orders, paper.buyer.name, paper.buyer.address.locality) == ((), "Ann Baker", "Amsterdam")


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
    assert (made.currency, made.frozen().lines[0].vat_rate, made.frozen().locale) == ("JPY", 900, "nl")
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
    assert found == [("S", 2_100), ("Z", 0), ("AE", 0), ("E", 0), ("S", 900)]


def test_a_rebate_is_taken_off_and_the_total_may_be_nothing(make: OneTime) -> None:
    made = make(order_line(amount=2_500), order_line(text="Rebate", amount=-500, quantity=5))
    assert (made.total, made.subtotal, made.total_vat) == (0, 0, 0)
    assert [line.total for line in made.frozen().lines] == [2_500, -2_500]


@pytest.mark.parametrize(
    ("customer", "billing", "name"),
    [
        ({"name": "Ann"}, {"name": "Bea"}, "Bea"),
        ({"name": "Ann"}, {"name": "Bea", "organisation": "Studio"}, "Studio"),
        ({"name": "Ann"}, {"locality": "Delft"}, "Ann"),
        ({"name": "Firm", "vat_number": "NL1"}, {"name": "Bea"}, "Firm"),
        ({"name": "Firm", "vat_number": "NL1"}, {"organisation": "Holding"}, "Holding"),
        ({"name": "Firm", "vat_number": "NL1"}, {}, "Firm"),
    ],
)
def test_a_billing_address_may_rename_the_buyer(
    database: Database, principal: Principal, customer: Any, billing: Any, name: str
) -> None:
    factories.customer(database, principal, id="c", billing_address=ADDRESS, **customer)
    made = factories.one_time_invoice(database, principal, customer_id="c", billing_address=billing)
    buyer = made.frozen().buyer
    assert (buyer.name, buyer.vat_number) == (name, customer.get("vat_number"))
    assert buyer.address == Address(**(billing or ADDRESS))
    found = database.read(filters.invoices_page, principal, {"search": name.upper()}, Window())
    assert [row.id for row in found.rows] == [made.id]


def test_the_customers_own_addresses_stand_where_none_is_given(
    database: Database, principal: Principal
) -> None:
    shipping = {"locality": "Leeds"}
    factories.customer(database, principal, id="c", shipping_address=shipping, buyer_reference="R-7")
    paper = factories.one_time_invoice(database, principal, customer_id="c").frozen()
    assert paper.buyer.address == paper.shipping_address == Address(**shipping)
    assert paper.buyer.reference == "R-7"


Refusal = tuple[type[InvoicingError], str, str]

LINES_REFUSED: list[tuple[list[dict[str, Any]], Refusal]] = [
    ([], (ValidationError, "", "1 to 1,000 lines (it has 0)")),
    ([order_line()] * 1_001, (ValidationError, "", "1 to 1,000 lines (it has 1,001)")),
    ([order_line(amount=-1)], (ValidationError, "", "must not be negative")),
    ([order_line()] * 2 + [order_line(amount=1.5)], (ValidationError, ".2.amount", "whole minor units")),
    ([order_line(), {"text": "A"}], (ValidationError, ".1.amount", "needed")),
    ([{"amount": 1}], (ValidationError, ".0.text", "needed")),
    ([order_line(text=" ")], (ValidationError, ".0.text", "1 to 1000")),
    ([order_line(text="x" * 1_001)], (ValidationError, ".0.text", "1 to 1000")),
    ([order_line(quantity=0)], (ValidationError, ".0.quantity", "from 1")),
    ([order_line(vat_rate=101)], (ValidationError, ".0.vat_rate", "0 to 100")),
    ([order_line(vat_rate=9, vat_category="E")], (ValidationError, ".0.vat_rate", "category E")),
    ([order_line(vat_rate=0, vat_category="S")], (ValidationError, ".0.vat_rate", "category S")),
    ([order_line(unit="PIECE")], (ValidationError, ".0.unit", "1 to 3")),
    ([order_line(), order_line(amount_incl_vat=False)], (MixedVatModes, ".1.amount_incl_vat", "VAT")),
    ([order_line(amount=MAX_AMOUNT + 1)], (AmountTooLarge, ".0.amount", "possible")),
    ([order_line(amount=-MAX_AMOUNT, quantity=2)], (AmountTooLarge, ".0.amount", "quantity × amount")),
    ([order_line(amount=MAX_AMOUNT)] * 2, (AmountTooLarge, "", "would pass")),
    ([order_line(amount=MAX_AMOUNT, amount_incl_vat=False)], (AmountTooLarge, "", "would pass")),
]
HANDLE = "1 to 255 characters of A-Z a-z 0-9 _ . @ -"
BY_ID_OR_HANDLE = "by its id or by its handle"
REFUSED: list[tuple[dict[str, Any], Refusal]] = [
    *(
        ({"order_lines": lines}, (kind, f"order_lines{field}", words))
        for lines, (kind, field, words) in LINES_REFUSED
    ),
    ({"handle": None}, (ValidationError, "handle", "needed")),
    *(({"handle": handle}, (ValidationError, "handle", HANDLE)) for handle in ("", "a:b", "a\n", "x" * 256)),
    ({"idempotency_key": "a b"}, (MalformedId, "idempotency_key", "no id")),
    ({"customer_id": None}, (ValidationError, "customer_id", BY_ID_OR_HANDLE)),
    ({"customer_handle": "ann-1"}, (ValidationError, "customer_id", BY_ID_OR_HANDLE)),
    ({"customer_id": "no"}, (CustomerNotFound, "customer_id", "no customer no")),
    ({"customer_id": None, "customer_handle": "no"}, (CustomerNotFound, "customer_handle", "no customer")),
    ({"currency": "DOGE"}, (ValidationError, "currency", "ISO 4217")),
    ({"due_on": date(2025, 6, 1)}, (ValidationError, "due_on", "2025-06-02 (it is 2025-06-01)")),
    ({"meta": {"a": "x" * 17_000}}, (ValidationError, "metadata", "16 kB")),
    ({"billing_address": {"country_code": "XX"}}, (ValidationError, "billing_address.country_code", "ISO")),
    ({"shipping_address": {"email": "x"}}, (ValidationError, "shipping_address.email", "e-mail")),
    ({"cost_center": "x" * 201}, (ValidationError, "cost_center", "1 to 200")),
    ({"purchase_order_number": "x\x00"}, (ValidationError, "purchase_order_number", "U+0000")),
    ({"note": "x" * 10_001}, (ValidationError, "note", "1 to 10000")),
]


@pytest.mark.usefixtures("make")
def test_a_request_that_makes_no_invoice_says_why_and_takes_no_number(
    database: Database, principal: Principal
) -> None:
    for values, (refusal, field, words) in REFUSED:
        with pytest.raises(refusal) as told:
            database.write(one_time.create_invoice, principal, asked(**values), now=NOW)
        assert (type(told.value), told.value.field) == (refusal, field)
        assert words in str(told.value)
    made = database.write(one_time.create_invoice, principal, asked(), now=NOW)
    assert made.number == "INV-2025-00001"


def test_a_handle_is_used_once_whatever_invoice_has_it(
    make: OneTime, database: Database, principal: Principal
) -> None:
    make(handle="a")
    factories.invoice(database, principal, invoice_id="b")
    generated = factories.invoice(database, principal)
    for taken in ("a", "b", generated.id):
        for key in (None, "k"):
            with pytest.raises(DuplicateHandle) as refusal:
                make(handle=taken, idempotency_key=key)
            assert (refusal.value.field, refusal.value.ids) == ("handle", (taken,))
    assert make(handle="c").number == "INV-2025-00004"


def test_two_accounts_use_the_same_handle(database: Database) -> None:
    for _ in range(2):
        seller = factories.principal(database)
        assert factories.one_time_invoice(database, seller, handle="h").id == "h"


def test_the_same_request_under_a_key_answers_with_the_same_invoice(
    make: OneTime, database: Database, principal: Principal
) -> None:
    given = {"handle": "h", "idempotency_key": "k", "due_on": date(2025, 6, 2), "meta": {"b": 1, "a": 2}}
    first = make(order_line(), **given)
    database.write(customers.update_customer, principal, {"id": "ann", "name": "Anna"}, now=NOW)
    database.write(accounts.update_account, principal, {"default_vat_rate": 9}, now=NOW)
    spelled_out = order_line(quantity=1, unit="C62", amount_incl_vat=True, vat_rate=None)
    again = make(
        spelled_out, **{**given, "meta": {"a": 2, "b": 1}, "note": None}, now=NOW + timedelta(days=9)
    )
    assert again == first
    assert database.read(filters.invoices_count, principal, {}) == 1


def test_another_request_under_the_key_is_refused(make: OneTime) -> None:
    given = {"handle": "h", "idempotency_key": "k"}
    make(order_line(), **given)
    for lines, values in (
        ([order_line(amount=1)], {}),
        ([order_line(), order_line()], {}),
        ([order_line()], {"note": "!"}),
        ([order_line()], {"customer_handle": "ann-1"}),
    ):
        with pytest.raises(IdempotencyKeyReused) as refusal:
            make(*lines, **given, **values)
        assert (refusal.value.field, refusal.value.ids) == ("idempotency_key", ("h",))


def test_another_key_or_none_finds_the_handle_taken(make: OneTime) -> None:
    make(handle="h", idempotency_key="k")
    for key in ("K", "k2", None):
        with pytest.raises(DuplicateHandle):
            make(handle="h", idempotency_key=key)
    assert make(handle="other", idempotency_key="k").number == "INV-2025-00002"


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
        found = database.read(filters.invoices_page, principal, given, Window())
        assert [row.id for row in found.rows] == ["h"], given
