"""Order exports of WooCommerce become orders of the same totals, or are rejected with what differs."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from invoicing.access import Principal
from invoicing.importing.numbers import Decimals
from invoicing.importing.sale import ShopTerms, Unclear
from invoicing.importing.woocommerce import WOOCOMMERCE
from invoicing.importing.woocommerce_rates import Untold, rates_of
from invoicing.money import divide
from invoicing.storage.database import Database
from invoicing.storage.tables import orders
from invoicing.vat.categories import Category
from invoicing.verify.books import verify
from tests.support.import_files import ImportFile, items_of_order, read_rejects, reject_reasons

EXPORTS = Path(__file__).parent / "exports"
NL = ShopTerms(currency="EUR", rate=210_000, country="NL", decimals=Decimals.POINT)


def export(name: str) -> str:
    return (EXPORTS / f"{name}.csv").read_text(encoding="utf-8-sig")


def test_every_line_of_an_export_is_imported_rejected_or_skipped(
    import_file: ImportFile, database: Database, rejects: Path
) -> None:
    text = export("woocommerce")
    done = import_file(text, layout=WOOCOMMERCE, invoice=True)
    assert (done.lines, done.imported, done.orders, done.invoices) == (14, 7, 4, 4)
    assert done.skipped == {
        "order_cancelled": 1,
        "order_refunded": 1,
        "order_partially_refunded": 1,
        "order_unpaid": 2,
    }
    assert done.rejected == {"total_differs": 1, "no_vat": 1}
    assert done.invoiced == {"EUR": 7_992 + 3_573 + 120 + 4_200}
    differs = next(row for row in read_rejects(rejects) if row["reject_reason"] == "total_differs")
    assert differs["reject_message"] == (
        "The lines come to 36.30 EUR with VAT, but the file says a total of 26.30 EUR."
    )
    assert database.read(verify).findings == []
    again = import_file(text, layout=WOOCOMMERCE, invoice=True)
    assert (again.existing, again.invoices) == (7, 0)


def test_an_order_has_the_prices_with_vat_and_its_coupons(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    import_file(export("woocommerce"), layout=WOOCOMMERCE)
    items = items_of_order(database, principal, "501")
    assert [(item.name, item.unit_price, item.vat_rate, item.type) for item in items] == [
        ("Mug, blue", 2_499, 210_000, "PRODUCT"),
        ("Flat rate", 495, 210_000, "SHIPPING"),
    ]
    lamp, book = items_of_order(database, principal, "502")
    assert (lamp.subtotal - lamp.discount, lamp.discount, lamp.vat_rate) == (1_611, 179, 210_000)
    assert (book.subtotal - book.discount, book.discount, book.vat_rate) == (1_962, 218, 90_000)
    row = database.read(
        lambda connection: connection.execute(select(orders).where(orders.c.id == "503")).one()
    )
    assert (row.billing_name, row.ship_to_country, row.is_including_vat) == ("Bäcker GmbH", "DE", True)
    assert row.created_at.isoformat() == "2025-02-03T10:14:00+00:00"


def test_the_default_columns_do_if_one_rate_is_on_all_of_an_order(
    import_file: ImportFile, rejects: Path
) -> None:
    done = import_file(export("woocommerce-default"), layout=WOOCOMMERCE)
    assert (done.orders, done.ordered) == (1, {"EUR": 7_992})
    assert [reason for _, reason in reject_reasons(rejects)] == ["vat_differs", "vat_differs"]
    assert "add the columns Order Line Total, Order Line Tax" in read_rejects(rejects)[0]["reject_message"]


def test_the_extension_of_woocommerce_is_read_with_its_fees(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    done = import_file(export("woocommerce-extension"), layout=WOOCOMMERCE, invoice=True)
    assert (done.orders, done.invoiced) == (2, {"EUR": 8_234 + 2_420})
    assert [(item.type, item.subtotal) for item in items_of_order(database, principal, "701")] == [
        ("PRODUCT", 7_497),
        ("SHIPPING", 495),
        ("FEE", 242),
    ]
    bowl, off = items_of_order(database, principal, "702")
    assert (bowl.allocated_discount, off.type) == (1_210, "DISCOUNT")
    assert database.read(verify).findings == []


def test_why_no_vat_was_asked_can_be_told(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    import_file(export("woocommerce"), layout=WOOCOMMERCE, untaxed=Category.E)
    assert [item.vat_category for item in items_of_order(database, principal, "511")] == ["E"]
    assert [item.vat_category for item in items_of_order(database, principal, "504")] == ["E", "E"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Completed", "Shipped", "unknown_status"),
        ("61.958678", "61.95x", "unreadable_number"),
        (",EUR,", ",EURO,", "invalid_currency"),
    ],
)
def test_a_wrong_cell_rejects_its_order(import_file: ImportFile, old: str, new: str, reason: str) -> None:
    header, first = export("woocommerce").split("\n5", 1)
    text = f"{header}\n5{first.split(chr(10) + '502', 1)[0]}\n"
    assert import_file(text.replace(old, new), layout=WOOCOMMERCE).rejected == {reason: 1}


@given(
    rate=st.sampled_from([60_000, 90_000, 190_000, 200_000, 250_000, 81_000]),
    net=st.integers(20_000, 10_000_000),
)
def test_the_rate_follows_from_an_amount_that_is_not_small(rate: int, net: int) -> None:
    tax = divide(net * rate, 1_000_000)
    assert rates_of([Untold(Fraction(net), Fraction(tax))], NL) == [rate]


def test_a_small_amount_has_the_rate_of_another_or_none() -> None:
    small, large = Untold(Fraction(83), Fraction(7)), Untold(Fraction(20_000), Fraction(1_800))
    assert rates_of([small, large], NL) == [90_000, 90_000]
    with pytest.raises(Unclear, match="does not follow"):
        rates_of([small], NL)
    assert rates_of([Untold(small.net, small.tax, "9 %")], NL) == [90_000]
    with pytest.raises(Unclear, match="must be a percentage"):
        rates_of([Untold(small.net, small.tax, "low")], NL)


def test_what_was_given_away_has_the_rate_of_the_others() -> None:
    gift, book = Untold(Fraction(0), Fraction(0)), Untold(Fraction(20_000), Fraction(1_800))
    assert rates_of([gift, book], NL) == [90_000, 90_000]
    assert rates_of([gift, Untold(Fraction(20_000), Fraction(0))], NL) == [0, 0]
    assert rates_of([gift], NL) == [210_000]
