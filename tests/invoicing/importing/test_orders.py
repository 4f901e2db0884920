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
from tests.support.import_files import HEADER, Importing, count, of_order, reasons


def test_lines_of_one_order_become_its_items_wherever_they_stand(
    importing: Importing, database: Database, principal: Principal
) -> None:
    done = importing(
        f"{HEADER},customer_name\n1001,Mug,2,24.99,Ann\n1002,Lamp,1,89,Bob\n1001,Bowl,1,5.5,Ann\n"
    )
    assert (done.lines, done.imported, done.orders) == (3, 3, 2)
    items = of_order(database, principal, "1001")
    assert [(item.id, item.name, item.quantity, item.unit_price) for item in items] == [
        ("1001:1", "Mug", 2, 2_499),
        ("1001:2", "Bowl", 1, 550),
    ]


def test_an_order_has_what_its_columns_say(
    importing: Importing, database: Database, principal: Principal
) -> None:
    importing(
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
    (item,) = of_order(database, principal, row.id)
    assert (item.type, item.unit_price, item.discount, item.vat_rate) == ("SHIPPING", 500, 20, 900)
    buyer = database.read(lambda connection: connection.execute(select(customers)).one())
    assert (buyer.handle, buyer.name, buyer.billing_address) == ("ann", "Ann Baker", {"country_code": "NL"})


def test_an_order_without_a_handle_is_a_guests(importing: Importing, database: Database) -> None:
    importing(f"{HEADER},customer_name,customer_country\n1,Mug,1,1,Ann,NL\n")
    row = database.read(lambda connection: connection.execute(select(orders_table)).one())
    assert (row.customer_id, row.billing_name) == (None, "Ann")
    assert row.billing_address == {"country_code": "NL"}


def test_a_customer_is_made_once_and_one_that_is_there_is_used(
    importing: Importing, database: Database, principal: Principal
) -> None:
    there = factories.customer(database, principal, handle="ann", name="Ann of before")
    done = importing(
        f"{HEADER},customer_handle,customer_name\n1,Mug,1,1,ann,\n2,Mug,1,1,bob,Bob\n3,Mug,1,1,bob,\n"
    )
    assert (done.imported, done.customers, count(database, customers)) == (3, 1, 2)
    buyer = database.read(
        lambda connection: connection.execute(
            select(orders_table.c.customer_id).where(orders_table.c.id == "1")
        ).scalar_one()
    )
    assert buyer == there.id


def test_a_rate_is_given_for_items_that_name_none(
    importing: Importing, database: Database, principal: Principal
) -> None:
    importing(
        f"{HEADER},vat_rate,vat_category,customer_name\n1,A,1,1,,,X\n1,B,1,1,9,,\n1,C,1,1,,AE,\n",
        vat_rate=5.5,
    )
    assert [item.vat_rate for item in of_order(database, principal, "1")] == [550, 900, 0]


def test_what_is_imported_can_be_invoiced_at_once(importing: Importing, database: Database) -> None:
    done = importing(
        f"{HEADER},customer_name\n1,Mug,1,12.10,Ann\n1,Bowl,2,1,\n2,Mug,1,1.21,Bob\n", invoice=True
    )
    assert (done.invoices, done.invoiced) == (2, {"EUR": 1_531})
    assert database.read(verify).findings == []


def test_an_import_without_invoices_can_be_invoiced_by_a_later_one(importing: Importing) -> None:
    text = f"{HEADER},customer_name\n1,Mug,1,12.10,Ann\n"
    assert importing(text).invoices == 0
    assert importing(text, invoice=True).invoices == 1
    assert importing(text, invoice=True).invoices == 0


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_the_headers(importing: Importing, delimiter: str) -> None:
    assert importing(f"{HEADER},customer_name\n1,Mug,1,1,Ann\n".replace(",", delimiter)).imported == 1


def test_a_byte_order_mark_line_ends_and_quoted_breaks_do_no_harm(
    importing: Importing, database: Database, principal: Principal
) -> None:
    text = f'\ufeff{HEADER},customer_name\r\n1,"Mug,\r\nblue",1,1,Ann\r\n\r\n1,Bowl,0,1,Ann\r\n2,Mug,1,1,Ann'
    assert importing(text).lines == 3
    assert [item.name for item in of_order(database, principal, "2")] == ["Mug"]


def test_a_line_is_counted_where_it_begins(importing: Importing, rejects: Path) -> None:
    importing(f'{HEADER},customer_name\n1,"Mug\n\n",1,1,Ann\n2,Mug,x,1,Ann\n')
    assert reasons(rejects) == [("5", "invalid_quantity")]


def test_a_gzip_file_is_read_whatever_its_name(importing: Importing) -> None:
    assert importing(gzip.compress(f"{HEADER},customer_name\n1,Mug,1,1,Ann\n".encode())).imported == 1
