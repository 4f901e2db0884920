"""What is no one-time invoice, and what is the same one again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, cast

import pytest

from invoicing.access import Principal
from invoicing.accounts import settings as account_settings
from invoicing.customers import details
from invoicing.errors import (
    AmountTooLarge,
    CustomerNotFound,
    DuplicateHandle,
    IdempotencyKeyReused,
    InvoicingError,
    MalformedId,
    MixedVatModes,
    NegativeTotal,
    NoLines,
    ValidationError,
)
from invoicing.invoices import lists, one_time
from invoicing.invoices.queries import Issued
from invoicing.invoices.values import CreateInvoiceValues
from invoicing.money import MAX_AMOUNT
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.factories import ADDRESS, NOW, order_line

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


def asked(**values: Any) -> CreateInvoiceValues:
    given = {"customer_id": "ann", "handle": "h", "order_lines": [order_line()]}
    return cast(CreateInvoiceValues, {**given, **values})


Refusal = tuple[type[InvoicingError], str, str]

LINES_REFUSED: list[tuple[list[dict[str, Any]], Refusal]] = [
    ([], (NoLines, "", "1 to 1,000 lines (it has 0)")),
    ([order_line()] * 1_001, (ValidationError, "", "1 to 1,000 lines (it has 1,001)")),
    ([order_line(amount=-1)], (NegativeTotal, "", "must not be negative")),
    ([order_line()] * 2 + [order_line(amount="0.1234567")], (ValidationError, ".2.amount", "6 decimals")),
    ([order_line(), {"text": "A"}], (ValidationError, ".1.amount", "needed")),
    ([{"amount": 1}], (ValidationError, ".0.text", "needed")),
    ([order_line(text=" ")], (ValidationError, ".0.text", "1 to 1000")),
    ([order_line(text="x" * 1_001)], (ValidationError, ".0.text", "1 to 1000")),
    ([order_line(quantity=0)], (ValidationError, ".0.quantity", "more than 0")),
    ([order_line(vat_rate=101)], (ValidationError, ".0.vat_rate", "0 to 100")),
    ([order_line(vat_rate=9, vat_category="E")], (ValidationError, ".0.vat_rate", "category E")),
    ([order_line(vat_rate=0, vat_category="S")], (ValidationError, ".0.vat_rate", "category S")),
    ([order_line(discount=1_211)], (ValidationError, ".0.discount", "from 0 to the line's subtotal")),
    ([order_line(discount=-1)], (ValidationError, ".0.discount", "from 0 to the line's subtotal")),
    ([order_line(), order_line(amount=-5, discount=1)], (ValidationError, ".1.discount", "from 0")),
    ([order_line(exemption_reason="No.")], (ValidationError, ".0.exemption_reason", "E, AE, K, G and O")),
    ([order_line(supply="WORK")], (ValidationError, ".0.supply", "GOODS, SERVICES")),
    ([order_line(sku="x" * 201)], (ValidationError, ".0.sku", "1 to 200")),
    ([order_line(description="x" * 10_001)], (ValidationError, ".0.description", "1 to 10000")),
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
    assert made.invoice.number == "INV-2025-00001"


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
    database.write(details.update_customer, principal, {"id": "ann", "name": "Anna"}, now=NOW)
    database.write(account_settings.update_account, principal, {"default_vat_rate": 9}, now=NOW)
    spelled_out = order_line(quantity=1, unit="C62", amount_incl_vat=True, vat_rate=None)
    again = make(
        spelled_out, **{**given, "meta": {"a": 2, "b": 1}, "note": None}, now=NOW + timedelta(days=9)
    )
    assert again == first
    assert database.read(lists.invoices_count, principal, {}) == 1


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
