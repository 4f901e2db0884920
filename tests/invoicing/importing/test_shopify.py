"""The orders export of Shopify becomes orders of the same totals, or is rejected with what differs."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from invoicing.access import Principal
from invoicing.importing.csv_file import Source
from invoicing.importing.run import MAX_ORDERS, import_orders
from invoicing.importing.shopify import SHOPIFY
from invoicing.storage.database import Database
from invoicing.storage.tables import customers, orders
from invoicing.vat.categories import Category
from invoicing.verify.books import verify
from tests.support.import_files import ImportFile, count_rows, import_terms, items_of_order, read_rejects

EXPORT = (Path(__file__).parent / "exports" / "shopify.csv").read_text(encoding="utf-8")


def lines_of(*names: str, **changes: str) -> str:
    """The export with these orders alone; cells of their first lines changed."""
    reader = csv.DictReader(io.StringIO(EXPORT))
    text = io.StringIO()
    writer = csv.DictWriter(text, reader.fieldnames or ())
    writer.writeheader()
    for row in reader:
        if row["Name"] in names:
            writer.writerow(
                {**row, **{name.replace("_", " "): cell for name, cell in changes.items() if row["Total"]}}
            )
    return text.getvalue()


def test_every_line_of_an_export_is_imported_rejected_or_skipped(
    import_file: ImportFile, database: Database, rejects: Path
) -> None:
    done = import_file(EXPORT, layout=SHOPIFY, invoice=True)
    assert (done.lines, done.imported, done.orders, done.invoices) == (31, 16, 10, 10)
    assert done.accounted == done.lines == EXPORT.count("\n#")
    assert done.skipped == {
        "order_cancelled": 2,
        "order_refunded": 1,
        "order_partially_refunded": 1,
        "order_unpaid": 1,
        "order_voided": 1,
    }
    assert done.rejected == {"no_vat": 3, "total_differs": 3, "vat_rates_unclear": 2, "vat_differs": 1}
    assert (done.invoiced, done.ordered) == ({"EUR": 49_172, "USD": 10_998}, {"EUR": 49_172, "USD": 10_998})
    assert len(read_rejects(rejects)) == 15
    assert database.read(verify).findings == []
    again = import_file(EXPORT, layout=SHOPIFY, invoice=True)
    assert (again.imported, again.existing, again.invoices) == (0, 16, 0)


def test_an_order_has_what_the_first_of_its_lines_says(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    import_file(lines_of("#1003"), layout=SHOPIFY)
    row = database.read(lambda connection: connection.execute(select(orders)).one())
    assert (row.id, row.number, row.currency, row.is_including_vat) == ("1003", "1003", "EUR", True)
    assert (row.billing_name, row.ship_to_country) == ("Bäcker GmbH", "DE")
    assert row.billing_address == {
        "address_line_1": "Königstraße 4",
        "postal_code": "01067",
        "locality": "Dresden",
        "country_code": "DE",
        "email": "jorg+shop@baecker.example",
    }
    assert row.created_at.isoformat() == "2025-02-03T09:14:05+00:00"
    items = items_of_order(database, principal, "1003")
    assert [(item.name, item.type, item.unit_price, item.discount, item.vat_rate) for item in items] == [
        ("Mug", "PRODUCT", 1_210, 220, 210_000),
        ("Book “Größe”", "PRODUCT", 2_180, 0, 90_000),
        ("Standard", "SHIPPING", 605, 0, 210_000),
    ]


def test_who_orders_twice_is_one_customer_and_each_order_has_its_own_address(
    import_file: ImportFile, database: Database
) -> None:
    import_file(lines_of("#1001", "#1002").replace("Keizersgracht 1", "Herengracht 2", 2), layout=SHOPIFY)
    (customer,) = database.read(lambda connection: connection.execute(select(customers)).all())
    assert (customer.handle, customer.name) == ("ann@baker.example", "Ann Baker")
    first, second = database.read(lambda connection: connection.execute(select(orders).order_by("id")).all())
    assert first.customer_id == second.customer_id == customer.id
    assert first.billing_address["address_line_1"] == "Herengracht 2"
    assert second.billing_address["address_line_1"] == "Keizersgracht 1"


def test_a_discount_of_the_order_is_shared_out_over_its_goods(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    import_file(lines_of("#1002"), layout=SHOPIFY)
    items = items_of_order(database, principal, "1002")
    assert [(item.name, item.allocated_discount) for item in items] == [
        ("Mug - Blue / Large", 750),
        ("Bowl", 300),
        ("SPRING10", 0),
    ]


@pytest.mark.parametrize(
    ("name", "reason", "says"),
    [
        ("#1016", "total_differs", "34.95 EUR if prices contain the taxes, and to 40.16 EUR if not"),
        ("#1016", "total_differs", "but the file says a total of 33.95 EUR"),
        ("#1017", "total_differs", "come to 60.00 EUR, less a discount of up to 0.00 EUR"),
        ("#1018", "vat_differs", "At 21 % the VAT would be 5.21 EUR, but the file says 2.48 EUR."),
        ("#1019", "vat_rates_unclear", "which of the rates 21 %, 9 %, and the amounts fit in several ways"),
        ("#1020", "no_vat", "say it with --untaxed"),
    ],
)
def test_what_does_not_add_up_is_rejected_with_what_differs(
    import_file: ImportFile, rejects: Path, name: str, reason: str, says: str
) -> None:
    assert import_file(lines_of(name), layout=SHOPIFY).imported == 0
    for rejected in read_rejects(rejects):
        assert rejected["reject_reason"] == reason
        assert says in rejected["reject_message"]


def test_why_no_vat_was_asked_can_be_told(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    done = import_file(lines_of("#1010", "#1020"), layout=SHOPIFY, untaxed=Category.E)
    assert (done.imported, done.orders) == (3, 2)
    assert [(item.name, item.vat_category) for item in items_of_order(database, principal, "1010")] == [
        ("Bowl", "S"),
        ("Gift Card", "E"),
    ]


def test_a_rejected_order_can_be_imported_from_the_file_of_rejects(
    import_file: ImportFile, rejects: Path
) -> None:
    import_file(lines_of("#1016", "#1011"), layout=SHOPIFY)
    done = import_file(rejects.read_text().replace("33.95", "34.95").replace("5.21", "6.07"), layout=SHOPIFY)
    assert (done.imported, done.skipped) == (1, {"order_cancelled": 2})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Financial_Status": "paid", "Refunded_Amount": "1.00"}, "order_partially_refunded"),
        ({"Financial_Status": "Partially Refunded"}, "order_partially_refunded"),
        ({"Financial_Status": "authorized"}, "order_unpaid"),
        ({"Cancelled_at": "2025-02-04 09:00:00 +0100"}, "order_cancelled"),
    ],
)
def test_what_was_not_sold_is_skipped(import_file: ImportFile, changes: dict[str, str], reason: str) -> None:
    done = import_file(lines_of("#1001", **changes), layout=SHOPIFY, invoice=True)
    assert (done.skipped, done.orders, done.invoices) == ({reason: 2}, 0, 0)
    assert not done.is_all_rejected


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Financial_Status": "settled"}, "unknown_status"),
        ({"Shipping": "4,9x"}, "unreadable_number"),
        ({"Shipping": "EUR 4.95"}, "unreadable_number"),
        ({"Shipping": "4,950"}, "unreadable_number"),
        ({"Currency": "EURO"}, "invalid_currency"),
        ({"Billing_Country": "Holland"}, "invalid_customer_country"),
        ({"Lineitem_quantity": "0"}, "total_differs"),
        ({"Lineitem_name": ""}, "invalid_name"),
    ],
)
def test_a_wrong_cell_of_an_export_rejects_its_order(
    import_file: ImportFile, changes: dict[str, str], reason: str
) -> None:
    done = import_file(lines_of("#1001", **changes), layout=SHOPIFY)
    assert done.rejected[reason] >= 1, done.rejected
    assert (done.imported, done.rejected.total()) == (0, 2)


def test_the_lines_of_an_export_may_be_mixed_and_saved_by_a_spreadsheet(import_file: ImportFile) -> None:
    header, *lines = lines_of("#1003", "#1004", "#1008").splitlines()
    text = "\r\n".join([header, *sorted(lines, key=len)]) + "\r\n"
    assert import_file(text.encode("utf-16"), layout=SHOPIFY).orders == 3


def test_an_order_that_was_given_away_has_a_total_of_zero(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    free = {"Subtotal": "0.00", "Shipping": "0.00", "Taxes": "0.00", "Total": "0.00"}
    text = lines_of("#1001", **free, Discount_Amount="104.97", Tax_1_Name="", Tax_1_Value="")
    assert import_file(text, layout=SHOPIFY, invoice=True).ordered == {"EUR": 0}
    assert {item.vat_rate for item in items_of_order(database, principal, "1001")} == {210_000}
    assert database.read(verify).findings == []


class Killed(Exception):
    """The import ends in the middle."""


def test_an_import_that_ended_in_the_middle_is_finished_by_the_next(
    import_file: ImportFile, database: Database, principal: Principal, tmp_path: Path
) -> None:
    rows = exported([(1, 100), (2, 250)], 21, 495, 0, including_vat=True, each=True)
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0], restval="")
    writer.writeheader()
    for number in range(MAX_ORDERS + 1):
        writer.writerows({**row, "Name": f"#{number}"} for row in rows)
    file = tmp_path / "shopify.csv"
    file.write_text(text.getvalue())

    def kill(*_: int) -> None:
        raise Killed

    terms = import_terms(database, principal)
    with pytest.raises(Killed):
        import_orders(
            database, principal, Source(file), SHOPIFY, terms, rejects=tmp_path / "r.csv", progress=kill
        )
    done = import_file(text.getvalue(), layout=SHOPIFY)
    assert (done.existing, done.imported, done.orders) == (2 * MAX_ORDERS, 2, 1)
    assert count_rows(database, orders) == MAX_ORDERS + 1


def test_a_decimal_comma_is_read_where_only_one_reading_is_possible(import_file: ImportFile) -> None:
    changes = {"Subtotal": "104,97", "Shipping": "4,95", "Taxes": "19,08", "Total": "109,92"}
    assert import_file(lines_of("#1001", **changes), layout=SHOPIFY).ordered == {"EUR": 10_992}


CENTS = st.integers(1, 20_000)
LINES = st.lists(st.tuples(st.integers(1, 9), CENTS), min_size=1, max_size=5)


def major(amount: int) -> str:
    return f"{amount / 100:.2f}"


def exported(
    lines: Any, rate: int, shipping: int, off: int, *, including_vat: bool, each: bool
) -> list[dict[str, str]]:
    """What Shopify writes: VAT rounded on each line or on the order, prices with it or without."""
    whole = 100 + rate if including_vat else 100
    goods = [quantity * price for quantity, price in lines]
    off = min(off, sum(goods))
    after = [amount - off * amount // sum(goods) for amount in goods]
    after[0] -= sum(after) - (sum(goods) - off)
    taxed = [*after, shipping]
    vat = sum((2 * amount * rate + whole) // (2 * whole) for amount in (taxed if each else [sum(taxed)]))
    total = sum(taxed) + (0 if including_vat else vat)
    first = {
        "Financial Status": "paid",
        "Subtotal": major(sum(goods) - off),
        "Shipping": major(shipping),
        "Taxes": major(vat),
        "Total": major(total),
        "Discount Amount": major(off),
        "Currency": "EUR",
        "Billing Name": "Ann",
        "Tax 1 Name": f"VAT {rate}%",
        "Tax 1 Value": major(vat),
    }
    rows = [
        {
            "Name": "#1",
            "Lineitem quantity": str(quantity),
            "Lineitem name": "Mug",
            "Lineitem price": major(price),
        }
        for quantity, price in lines
    ]
    return [rows[0] | first, *rows[1:]]


@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=25,
)
@given(
    shops=st.lists(
        st.tuples(
            LINES,
            st.sampled_from([9, 19, 20, 21]),
            st.sampled_from([0, 495, 1_001]),
            st.sampled_from([0, 0, 7, 1_000]),
            st.booleans(),
            st.booleans(),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_an_order_that_adds_up_comes_out_with_the_same_total(
    import_file: ImportFile, database: Database, rejects: Path, shops: list[Any]
) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, exported([(1, 1)], 9, 0, 0, including_vat=True, each=True)[0], restval="")
    writer.writeheader()
    totals = {}
    for lines, rate, shipping, off, including_vat, each in shops:
        rows = exported(lines, rate, shipping, off, including_vat=including_vat, each=each)
        name = str(crc32(repr(rows).encode()))
        if name in totals:
            continue
        totals[name] = round(Decimal(rows[0]["Total"]) * 100)
        writer.writerows({**row, "Name": f"#{name}"} for row in rows)
    done = import_file(text.getvalue(), layout=SHOPIFY)
    assert done.accounted == done.lines
    stored = database.read(
        lambda connection: {
            row.id: row.total for row in connection.execute(select(orders.c.id, orders.c.total))
        }
    )
    refused = {row["Name"][1:]: row["reject_reason"] for row in read_rejects(rejects)}
    assert {name: stored[name] for name in totals if name not in refused} == {
        name: total for name, total in totals.items() if name not in refused
    }
    assert set(refused.values()) <= {"vat_differs", "order_exists"}, refused
