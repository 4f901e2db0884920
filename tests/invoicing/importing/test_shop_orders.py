"""What the exports of all shops have in common: whatever is in their cells, each line is accounted for."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invoicing.access import Principal
from invoicing.importing.columns import Format
from invoicing.importing.csv_file import Source
from invoicing.importing.preview import preview_orders
from invoicing.importing.shopify import SHOPIFY
from invoicing.importing.stripe_exports import STRIPE
from invoicing.importing.woocommerce import WOOCOMMERCE
from invoicing.storage.database import Database
from tests.support.import_files import ImportFile, import_terms, read_rejects, reject_reasons

EXTENSION, PAYMENTS = WOOCOMMERCE.alternative, STRIPE.alternative
assert EXTENSION is not None
assert PAYMENTS is not None
RIGHT = {
    "Shopify": (
        SHOPIFY,
        {"Name": "#1", "Financial Status": "paid", "Subtotal": "12.10", "Shipping": "0", "Taxes": "2.10"}
        | {"Total": "12.10", "Lineitem quantity": "1", "Lineitem name": "Mug", "Lineitem price": "12.10"}
        | {"Discount Amount": "0", "Tax 1 Name": "VAT 21%", "Tax 1 Value": "2.10"}
        | {"Currency": "EUR", "Email": "a@b.nl"},
    ),
    "WooCommerce": (
        WOOCOMMERCE,
        {"Order Number": "1", "Order Status": "completed", "Item Name": "Mug", "Item Cost": "10"}
        | {"Order Total Amount": "12.10", "Order Total Tax Amount": "2.10", "Quantity": "1"}
        | {"Order Shipping Amount": "0", "Order Line Tax": "2.10", "Order Total Fee": "", "Currency": "EUR"}
        | {"Email (Billing)": "a@b.nl"},
    ),
    "the extension of WooCommerce": (
        EXTENSION,
        {"order_number": "1", "status": "completed", "item_name": "Mug", "item_quantity": "1"}
        | {"item_total": "10", "item_total_tax": "2.10", "order_total": "12.10", "tax_total": "2.10"}
        | {"item_subtotal": "11", "item_subtotal_tax": "2.31", "shipping_total": "0", "fee_total": ""}
        | {"billing_email": "a@b.nl"},
    ),
    "invoices of Stripe": (
        STRIPE,
        {"id": "in_1", "Number": "A-1", "Currency": "eur", "Date (UTC)": "2025-01-02 03:04", "Tax": "2.10"}
        | {"Subtotal": "10", "Total": "12.10", "Status": "paid", "Tax Percent": "21", "Customer": "cus_1"},
    ),
    "payments of Stripe": (
        PAYMENTS,
        {"id": "ch_1", "Created date (UTC)": "2025-01-02 03:04", "Amount": "12.10", "Currency": "eur"}
        | {"Status": "Paid", "Amount Refunded": "0", "Captured": "true", "Customer Email": "a@b.nl"},
    ),
}
"""An order as each export has it, and some of the columns that it may have."""
NOTHING = {
    "Shopify": ("Lineitem quantity", "Lineitem name", "Subtotal", "Taxes", "Tax 1 Value", "Total"),
    "WooCommerce": ("Item Name", "Quantity", "Order Total Amount", "Order Total Tax Amount"),
    "the extension of WooCommerce": ("item_name", "item_quantity", "order_total", "tax_total"),
}
"""The cells that are empty, or zero, where nothing was ordered."""
CELLS = st.sampled_from(
    [
        *("1", "2", "0", "-1", "12.10", "10", "2.10", "1,5", "1e3", "0.333", "9007199254740991", "9" * 30),
        *("", "", "", "Mug", "paid", "completed", "EUR", "jpy", "KWD", "NL", "US", "VAT 21%", "VAT 0%", "21"),
        *("2025-01-02 03:04", "0001-01-01", "a@b.nl", "=1+1", "x" * 2_000, "x\x00", "NaN", "#", "false"),
    ]
)


def export(rows: Sequence[Mapping[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize(("layout", "right"), RIGHT.values(), ids=RIGHT)
@settings(
    derandomize=True,
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_an_order_with_any_cells_is_accounted_for_and_a_dry_run_says_the_same(
    import_file: ImportFile,
    database: Database,
    principal: Principal,
    tmp_path: Path,
    rejects: Path,
    layout: Format,
    right: Mapping[str, str],
    data: st.DataObject,
) -> None:
    some = st.dictionaries(st.sampled_from(sorted(right)), CELLS, max_size=4)
    rows = [{**right, **others} for others in data.draw(st.lists(some, min_size=1, max_size=3))]
    file = tmp_path / "dry.csv"
    file.write_text(export(rows), encoding="utf-8")
    terms = import_terms(database, principal)
    told = preview_orders(database, principal, Source(file), layout, terms).summary
    assert told == import_file(file.read_bytes(), layout=layout)
    done = import_file(file.read_bytes(), layout=layout, invoice=True)
    assert done.lines == done.accounted == len(rows)
    assert done.rejected.total() + done.skipped.total() == len(read_rejects(rejects))


@pytest.mark.parametrize(("layout", "right"), RIGHT.values(), ids=RIGHT)
def test_an_order_with_the_right_cells_is_imported(
    import_file: ImportFile, layout: Format, right: Mapping[str, str]
) -> None:
    assert import_file(export([right]), layout=layout).imported == 1


@pytest.mark.parametrize("shop", NOTHING)
@pytest.mark.parametrize("zero", ["", "0"])
def test_an_order_of_nothing_is_rejected_and_those_after_it_are_imported(
    import_file: ImportFile, rejects: Path, shop: str, zero: str
) -> None:
    layout, right = RIGHT[shop]
    empty = {**right, **dict.fromkeys(NOTHING[shop][:2], ""), **dict.fromkeys(NOTHING[shop][2:], zero)}
    done = import_file(export([{**empty, layout.key[0]: "#9"}, right]), layout=layout)
    assert (done.imported, reject_reasons(rejects)) == (1, [("2", "no_items")])


def test_an_amount_with_too_many_decimals_is_shown_as_it_is(import_file: ImportFile, rejects: Path) -> None:
    layout, right = RIGHT["Shopify"]
    amounts = dict.fromkeys(("Subtotal", "Total", "Lineitem price"), "1210.5")
    taxes = dict.fromkeys(("Taxes", "Tax 1 Value"), "210")
    import_file(export([{**right, **amounts, **taxes, "Currency": "JPY"}]), layout=layout)
    (rejected,) = read_rejects(rejects)
    assert "but the file says a total of 1210.5 JPY." in rejected["reject_message"]
