"""Wrong lines are rejected, each with its reason."""

from __future__ import annotations

import gzip
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from invoicing.access import Principal
from invoicing.decimals import MILLION
from invoicing.errors import ValidationError
from invoicing.importing import cells
from invoicing.importing.columns import DETAIL_COLUMNS, ITEM_COLUMNS, ORDER_COLUMNS
from invoicing.importing.dialect import UnreadableFile
from invoicing.orders.items import MAX_ITEMS
from invoicing.storage.database import Database
from invoicing.storage.tables import order_items
from invoicing.storage.tables import orders as orders_table
from tests.support import factories
from tests.support.import_files import (
    HEADER,
    ImportFile,
    count_rows,
    items_of_order,
    read_rejects,
    reject_reasons,
)


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("unit_price", "1.999", "invalid_unit_price"),
        ("unit_price", "1e400", "invalid_unit_price"),
        ("unit_price", "1e2", "invalid_unit_price"),
        ("unit_price", "NaN", "invalid_unit_price"),
        ("unit_price", "-1", "invalid_unit_price"),
        ("unit_price", "1,234", "invalid_unit_price"),
        ("unit_price", "1.234", "invalid_unit_price"),
        ("unit_price", "1,23.50", "invalid_unit_price"),
        ("unit_price", "USD 1", "invalid_unit_price"),
        ("unit_price", "€ 1 EUR", "invalid_unit_price"),
        ("unit_price", "1_000", "invalid_unit_price"),
        ("unit_price", "１２", "invalid_unit_price"),
        ("unit_price", "99999999999999999", "invalid_unit_price"),
        ("unit_price", "90071992547409.91", "amount_too_large"),
        ("unit_price", "", "invalid_unit_price"),
        ("quantity", "0", "invalid_quantity"),
        ("quantity", "-1", "invalid_quantity"),
        ("quantity", "1.0000001", "invalid_quantity"),
        ("quantity", "1,500", "invalid_quantity"),
        ("quantity", "1 kg", "invalid_quantity"),
        ("quantity", "2147483648", "invalid_quantity"),
        ("quantity", "", "invalid_quantity"),
        ("name", "", "invalid_name"),
        ("name", "a\x00b", "invalid_name"),
        ("name", "x" * 1_001, "invalid_name"),
        ("discount", "2.01", "invalid_discount"),
        ("vat_rate", "101", "invalid_vat_rate"),
        ("vat_rate", "nan", "invalid_vat_rate"),
        ("vat_category", "Q", "invalid_vat_category"),
        ("item_type", "GIFT", "invalid_item_type"),
        ("currency", "EURO", "invalid_currency"),
        ("currency", "XXX", "invalid_currency"),
        ("order_date", "01/02/2025", "invalid_order_date"),
        ("order_date", "2099-01-01", "invalid_order_date"),
        ("order_date", "0001-01-01T00:00:00+14:00", "invalid_order_date"),
        ("delivery_date", "soon", "invalid_delivery_date"),
        ("order_number", "x" * 65, "invalid_order_number"),
        ("order_number", "", "no_order_number"),
        ("order_id", "a b", "invalid_order_id"),
        ("order_id", "x" * 201, "invalid_order_id"),
        ("customer_name", "", "invalid_customer_name"),
        ("customer_handle", "a b", "invalid_customer_handle"),
        ("customer_email", "ann", "invalid_customer_email"),
        ("customer_country", "Holland", "invalid_customer_country"),
        ("ship_to_country", "Holland", "invalid_ship_to_country"),
        ("customer_vat_number", "NL1", "invalid_customer_vat_number"),
        ("customer_phone_number", "1" * 65, "invalid_customer_phone_number"),
        ("customer_electronic_address", "12345678", "invalid_customer_electronic_address"),
        ("customer_electronic_address", "1:2", "invalid_customer_electronic_address"),
        ("customer_electronic_address", "0106:1", "invalid_customer_electronic_address"),
        ("customer_state", "x" * 201, "invalid_customer_state"),
        ("item_supply", "THINGS", "invalid_item_supply"),
        ("unit", "PIECE", "invalid_unit"),
    ],
)
def test_a_wrong_cell_is_named(
    import_file: ImportFile, rejects: Path, column: str, cell: str, reason: str
) -> None:
    row = {"order_number": "1", "name": "Mug", "quantity": "2", "unit_price": "1", "customer_name": "Ann"}
    row[column] = cell
    cells = ",".join(f'"{value}"' for value in row.values())
    done = import_file(f"{','.join(row)}\n{cells}\n")
    assert (done.imported, done.rejected) == (0, {reason: 1})
    (reject,) = read_rejects(rejects)
    assert reject[column] == cell
    assert reject["reject_message"]


def test_a_day_that_cannot_be_written_where_the_seller_is_is_no_date() -> None:
    with pytest.raises(ValidationError, match="order_date must be a date such as"):
        cells.instant("0001-01-01T00:00Z", "order_date", ZoneInfo("America/New_York"), factories.NOW)


@pytest.mark.parametrize("column", [*ORDER_COLUMNS, *ITEM_COLUMNS])
def test_a_control_character_is_rejected_in_every_column(
    import_file: ImportFile, rejects: Path, column: str
) -> None:
    row = {"order_number": "1", "name": "Mug", "quantity": "2", "unit_price": "1", "customer_name": "Ann"}
    if column in ("customer_handle", *DETAIL_COLUMNS):
        row["customer_handle"] = "ann"
    row[column] = "a\x00b"
    done = import_file(f"{','.join(row)}\n{','.join(row.values())}\n")
    assert (done.imported, done.rejected) == (0, {f"invalid_{column}": 1})
    assert read_rejects(rejects)[0][column] == "a\x00b"


def test_an_order_is_imported_whole_or_not_at_all(
    import_file: ImportFile, database: Database, rejects: Path
) -> None:
    done = import_file(
        f"{HEADER},customer_name\n1,Mug,1,1,Ann\n1,Bowl,x,1,Ann\n2,Mug,1,1,Ann\n1,Cup,1,y,Ann\n"
    )
    assert (done.imported, count_rows(database, order_items)) == (1, 1)
    assert reject_reasons(rejects) == [
        ("2", "order_incomplete"),
        ("3", "invalid_quantity"),
        ("5", "invalid_unit_price"),
    ]


def test_a_discount_that_is_too_large_is_named(import_file: ImportFile, rejects: Path) -> None:
    done = import_file(f"{HEADER},item_type,customer_name\n1,Mug,1,10,,Ann\n1,Off,1,-10.01,DISCOUNT,Ann\n")
    assert done.imported == 0
    assert reject_reasons(rejects) == [("2", "order_incomplete"), ("3", "invalid_unit_price")]
    assert read_rejects(rejects)[1]["reject_message"].startswith("The line takes off 1001, but 1000 is left")


def test_corrected_rejects_can_be_imported(
    import_file: ImportFile, rejects: Path, database: Database, principal: Principal
) -> None:
    import_file(f"{HEADER},customer_name\n1,Mug,1,1,Ann\n1,Bowl,x,1,Ann\n")
    done = import_file(rejects.read_text().replace("Bowl,x", "Bowl,3"))
    assert (done.imported, list(done.ignored_columns), rejects.exists()) == (2, [], False)
    assert [item.quantity for item in items_of_order(database, principal, "1")] == [MILLION, 3 * MILLION]


def test_lines_of_one_order_must_not_contradict_each_other(import_file: ImportFile, rejects: Path) -> None:
    import_file(f"{HEADER},customer_name,currency\n1,Mug,1,1,Ann,EUR\n1,Mug,1,1,,\n1,Mug,1,1,Ann,USD\n")
    assert [reason for _, reason in reject_reasons(rejects)] == ["order_incomplete"] * 2 + ["contradiction"]


def test_a_new_handle_needs_a_name(import_file: ImportFile, rejects: Path) -> None:
    import_file(f"{HEADER},customer_handle\n1,Mug,1,1,ann\n")
    assert reject_reasons(rejects) == [("2", "invalid_customer_name")]


def test_the_amounts_of_an_order_must_not_pass_the_limit(import_file: ImportFile, rejects: Path) -> None:
    import_file(f"{HEADER},customer_name\n1,Mug,1,60000000000000,Ann\n1,Mug,1,60000000000000,Ann\n")
    assert [reason for _, reason in reject_reasons(rejects)] == ["amount_too_large"] * 2


def test_an_order_of_too_many_lines_is_rejected(import_file: ImportFile) -> None:
    done = import_file(f"{HEADER},customer_name\n" + "1,Mug,1,1,Ann\n" * (MAX_ITEMS + 1))
    assert done.rejected == {"too_many_items": MAX_ITEMS + 1}


def test_bytes_that_are_not_utf8_are_kept_as_they_are(import_file: ImportFile, rejects: Path) -> None:
    import_file(f"{HEADER},customer_name\n1,Caf".encode() + b"\xe9,1,1,Ann\n" + "2,Thé,1,1,Ann\n".encode())
    assert reject_reasons(rejects) == [("2", "unreadable")]
    assert b"1,Caf\xe9,1,1,Ann" in rejects.read_bytes()


def test_a_line_with_too_few_or_too_many_fields_is_rejected_with_its_order(
    import_file: ImportFile, rejects: Path
) -> None:
    import_file(f"{HEADER},customer_name\n1,Mug,1,1,Ann\n1,Bowl\n2,Mug,1,1,Ann,more\n")
    assert [reason for _, reason in reject_reasons(rejects)] == [
        "order_incomplete",
        "wrong_columns",
        "wrong_columns",
    ]


def test_a_quote_that_never_ends_is_one_rejected_line_after_another(import_file: ImportFile) -> None:
    done = import_file(
        f'{HEADER},customer_name\n1,Mug,1,1,Ann\n2,"Mug,1,1,Ann\n' + "3,Mug,1,1,Ann\n" * 20_000
    )
    assert done.imported > 0
    assert done.rejected["unreadable"] == 1


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "The file is empty"),
        (
            b"order_number,name\n1,Mug\n",
            "lacks the columns quantity, unit_price. It has: order_number, name.",
        ),
        (b"order_number,name,quantity,unit_price,Name\n", "the column name more than once"),
        ("order_number\n".encode("utf-16"), "lacks the columns name, quantity, unit_price"),
        ("order_number\n".encode("utf-16")[:-1], "cannot be read as utf-16"),
        (gzip.compress(b"x" * 10_000)[:-20], "damaged or cut short"),
        (b"\x1f\x8b no gzip at all", "damaged or cut short"),
    ],
    ids=[
        "empty",
        "blank",
        "columns missing",
        "a column twice",
        "utf-16",
        "utf-16 cut short",
        "gzip cut short",
        "no gzip",
    ],
)
def test_a_file_that_cannot_be_read_is_refused_before_anything_is_stored(
    import_file: ImportFile, data: bytes, says: str
) -> None:
    with pytest.raises(UnreadableFile, match=says):
        import_file(data)


def test_a_gzip_file_cut_short_imports_nothing(import_file: ImportFile, database: Database) -> None:
    lines = "".join(f"{number},Mug {hash(number)},1,1,Ann\n" for number in range(5_000))
    packed = gzip.compress(f"{HEADER},customer_name\n{lines}".encode())
    with pytest.raises(UnreadableFile, match="cut short"):
        import_file(packed[: len(packed) // 2])
    assert count_rows(database, orders_table) == 0


def test_unknown_columns_are_reported(import_file: ImportFile) -> None:
    done = import_file(f"{HEADER},customer_name,colour\n1,Mug,1,1,Ann,red\n")
    assert (done.imported, done.ignored_columns) == (1, ["colour"])


def test_capital_letters_and_blanks_in_the_header_do_not_matter(import_file: ImportFile) -> None:
    assert import_file("Order_Number, Name ,QUANTITY,Unit_Price,customer_name\n1,Mug,1,1,Ann\n").imported == 1
