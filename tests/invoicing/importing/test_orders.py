"""An imported line becomes an item of its order."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from sqlalchemy import select

from invoicing.access import Principal
from invoicing.storage.database import Database
from invoicing.storage.tables import customers
from invoicing.storage.tables import orders as orders_table
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.import_files import (
    HEADER,
    ImportFile,
    count_rows,
    items_of_order,
    read_rejects,
    reject_reasons,
)


def test_lines_of_one_order_become_its_items_wherever_they_are(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    done = import_file(
        f"{HEADER},customer_name\n1001,Mug,2,24.99,Ann\n1002,Lamp,1,89,Bob\n1001,Bowl,1,5.5,Ann\n"
    )
    assert (done.lines, done.imported, done.orders) == (3, 3, 2)
    items = items_of_order(database, principal, "1001")
    assert [(item.id, item.name, item.quantity, item.unit_price) for item in items] == [
        ("1001:1", "Mug", 2_000_000, 2_499),
        ("1001:2", "Bowl", 1_000_000, 550),
    ]


def test_an_order_has_the_values_of_its_columns(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    import_file(
        "order_number,order_date,currency,customer_handle,customer_name,customer_email,customer_country,"
        "ship_to_country,purchase_order_number,item_type,sku,name,description,quantity,unit,unit_price,"
        "discount,vat_rate,vat_category\n"
        "A 7/25,2025-03-01,JPY,ann,Ann Baker,ann@baker.example,nl,BE,PO-1,shipping,S1,Post,By bike,1,C62,500,"
        "20,9,S\n"
    )
    row = database.read(lambda connection: connection.execute(select(orders_table)).one())
    assert row.id.startswith("order-")
    assert (row.number, row.currency, row.ship_to_country) == ("A 7/25", "JPY", "BE")
    assert row.purchase_order_number == "PO-1"
    assert row.created_at.isoformat() == "2025-03-01T00:00:00+00:00"
    (item,) = items_of_order(database, principal, row.id)
    assert (item.type, item.unit_price, item.discount, item.vat_rate) == ("SHIPPING", 500, 20, 90_000)
    buyer = database.read(lambda connection: connection.execute(select(customers)).one())
    assert (buyer.handle, buyer.name, buyer.billing_address) == ("ann", "Ann Baker", {"country_code": "NL"})


def test_a_new_customer_has_all_that_e_invoices_need(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    done = import_file(
        "order_number,customer_handle,customer_name,customer_legal_name,customer_registration_number,"
        "customer_contact_name,customer_phone_number,customer_electronic_address,customer_address,"
        "customer_address_2,customer_state,buyer_reference,name,quantity,unit,unit_price,item_supply\n"
        "1,ann,Ann,Ann Baker BV,12345678,Bob,+31 20 1,0106:1234 5678,High Street 1,Floor 2,Leinster,R-1,"
        "Advice,1.5,hrs,100,services\n"
        "2,ann,,,,,,,,,,,Rope,1,ell,100,\n"
        "2,ann,,,,,,,,,,,Rope,2,ell,100,\n"
    )
    assert done.unknown_units == {"ell": 2}
    buyer = database.read(lambda connection: connection.execute(select(customers)).one())
    assert (buyer.legal_name, buyer.registration_number) == ("Ann Baker BV", "12345678")
    assert (buyer.contact_name, buyer.phone_number) == ("Bob", "+31 20 1")
    assert buyer.electronic_address == {"scheme": "0106", "value": "12345678"}
    assert buyer.billing_address == {
        "address_line_1": "High Street 1",
        "address_line_2": "Floor 2",
        "administrative_area": "Leinster",
    }
    (item,) = items_of_order(database, principal, "1")
    assert (item.unit, item.supply) == ("hrs", "SERVICES")


def test_a_guest_has_no_electronic_address(import_file: ImportFile, rejects: Path) -> None:
    import_file(f"{HEADER},customer_name,customer_electronic_address\n1,Mug,1,1,Ann,0106:12345678\n")
    (rejected,) = read_rejects(rejects)
    assert rejected["reject_reason"] == "invalid_customer_electronic_address"
    assert "customer_electronic_address needs a customer_handle" in rejected["reject_message"]


def test_an_order_without_a_handle_is_a_guests(import_file: ImportFile, database: Database) -> None:
    import_file(f"{HEADER},customer_name,customer_country\n1,Mug,1,1,Ann,NL\n")
    row = database.read(lambda connection: connection.execute(select(orders_table)).one())
    assert (row.customer_id, row.billing_name) == (None, "Ann")
    assert row.billing_address == {"country_code": "NL"}


def test_a_customer_is_created_once_and_an_existing_one_is_used(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    existing = factories.customer(database, principal, handle="ann", name="Ann of before")
    done = import_file(
        f"{HEADER},customer_handle,customer_name\n1,Mug,1,1,ann,\n2,Mug,1,1,bob,Bob\n3,Mug,1,1,bob,\n"
    )
    assert (done.imported, done.customers, count_rows(database, customers)) == (3, 1, 2)
    buyer = database.read(
        lambda connection: connection.execute(
            select(orders_table.c.customer_id).where(orders_table.c.id == "1")
        ).scalar_one()
    )
    assert buyer == existing.id


def test_a_rate_is_given_for_items_that_name_none(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    import_file(
        f"{HEADER},vat_rate,vat_category,customer_name\n1,A,1,1,,,X\n1,B,1,1,9,,\n1,C,1,1,,AE,\n",
        vat_rate=5.5,
    )
    assert [item.vat_rate for item in items_of_order(database, principal, "1")] == [55_000, 90_000, 0]


def test_what_is_imported_can_be_invoiced_at_once(import_file: ImportFile, database: Database) -> None:
    done = import_file(
        f"{HEADER},customer_name\n1,Mug,1,12.10,Ann\n1,Bowl,2,1,\n2,Mug,1,1.21,Bob\n", invoice=True
    )
    assert (done.invoices, done.invoiced) == (2, {"EUR": 1_531})
    assert database.read(verify).findings == []


def test_a_discount_is_in_the_prices_of_the_other_lines(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    text = (
        f"{HEADER},item_type,customer_name\n"
        "1,Mug,1,10,,Ann\n1,Off,1,-2,DISCOUNT,Ann\n1,Bowl,1,30,,Ann\n1,Post,1,5,SHIPPING,Ann\n"
    )
    for invoices in (1, 0):
        assert import_file(text, invoice=True).invoices == invoices
    items = items_of_order(database, principal, "1")
    assert [item.allocated_discount for item in items] == [50, 0, 150, 0]
    assert [item.invoice_id is None for item in items] == [False, True, False, False]
    assert database.read(verify).findings == []


def test_an_import_without_invoices_can_be_invoiced_by_a_later_one(import_file: ImportFile) -> None:
    text = f"{HEADER},customer_name\n1,Mug,1,12.10,Ann\n"
    assert import_file(text).invoices == 0
    assert import_file(text, invoice=True).invoices == 1
    assert import_file(text, invoice=True).invoices == 0


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_in_the_header(import_file: ImportFile, delimiter: str) -> None:
    assert import_file(f"{HEADER},customer_name\n1,Mug,1,1,Ann\n".replace(",", delimiter)).imported == 1


def test_a_byte_order_mark_line_ends_and_quoted_breaks_do_no_harm(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    text = f'\ufeff{HEADER},customer_name\r\n1,"Mug,\r\nblue",1,1,Ann\r\n\r\n1,Bowl,0,1,Ann\r\n2,Mug,1,1,Ann'
    assert import_file(text).lines == 3
    assert [item.name for item in items_of_order(database, principal, "2")] == ["Mug"]


def test_a_line_is_counted_where_it_begins(import_file: ImportFile, rejects: Path) -> None:
    import_file(f'{HEADER},customer_name\n1,"Mug\n\n",1,1,Ann\n2,Mug,x,1,Ann\n')
    assert reject_reasons(rejects) == [("5", "invalid_quantity")]


def test_a_gzip_file_is_read_whatever_its_name(import_file: ImportFile) -> None:
    assert import_file(gzip.compress(f"{HEADER},customer_name\n1,Mug,1,1,Ann\n".encode())).imported == 1
