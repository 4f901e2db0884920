"""A map says what the columns of any sheet are; what is wrong with it is told precisely."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from invoicing.access import Principal
from invoicing.importing.column_map import WrongMap, read_map
from invoicing.importing.dates import DatePattern
from invoicing.importing.dialect import UnreadableFile
from invoicing.storage.database import Database
from invoicing.storage.tables import orders
from tests.support.import_files import ImportFile, items_of_order, reject_reasons

SHEET = (
    "Bestell-Nr.;Datum;Kunde;Straße;Land;Artikel;Menge;Einzelpreis;MwSt.;Bemerkung\r\n"
    "2025-17;29.01.2025;Jörg Müller;Königstraße 4;Deutschland;Käseglocke;2;24,99 €;19%;eilig\r\n"
    "2025-17;29.01.2025;Jörg Müller;Königstraße 4;Deutschland;Versand;1;4,95 €;19%;\r\n"
    "2025-18;30.01.2025;Änne Süß;Hauptstraße 1;Österreich;Teppich;1;1.249;7 %;\r\n"
    "2025-19;31.02.2025;Änne Süß;Hauptstraße 1;Österreich;Buch;1;12,00 €;7 %;\r\n"
)
MAP = """
decimal = "comma"
date_format = "DD.MM.YYYY"

[columns]
order_number = "bestell-nr."
order_date = "Datum"
customer_name = "Kunde"
customer_address = "Straße"
customer_country = "Land"
name = "Artikel"
item_type = "Artikel"
quantity = "Menge"
unit_price = "Einzelpreis"
vat_rate = "MwSt."

[constants]
currency = "EUR"

[values.customer_country]
Deutschland = "DE"
"Österreich" = "AT"

[values.item_type]
Versand = "SHIPPING"
"*" = "PRODUCT"
"""


@pytest.fixture
def map_file(tmp_path: Path) -> Path:
    return tmp_path / "map.toml"


def test_a_german_sheet_is_imported_by_its_map_and_its_rejects_again(
    import_file: ImportFile, database: Database, principal: Principal, map_file: Path, rejects: Path
) -> None:
    map_file.write_text(MAP, encoding="utf-8")
    given = read_map(map_file)
    how = {"layout": given.layout, "decimals": given.decimals, "dates": given.dates}
    done = import_file(SHEET.encode("cp1252"), **how)
    assert (done.imported, done.ignored_columns, done.dialect.encoding) == (3, ["Bemerkung"], "cp1252")
    assert reject_reasons(rejects) == [("5", "invalid_order_date")]
    first, second = database.read(lambda connection: connection.execute(select(orders).order_by("id")).all())
    assert (first.billing_name, first.currency, first.total) == ("Jörg Müller", "EUR", 5_493)
    assert first.billing_address == {"address_line_1": "Königstraße 4", "country_code": "DE"}
    assert first.created_at == datetime(2025, 1, 29, tzinfo=UTC)
    assert [item.type for item in items_of_order(database, principal, "2025-17")] == ["PRODUCT", "SHIPPING"]
    assert second.total == 124_900
    again = import_file(rejects.read_text(encoding="utf-8").replace("31.02.", "28.02."), **how)
    assert (again.imported, again.ignored_columns) == (1, ["Bemerkung"])
    assert import_file(SHEET, **how).existing == 3


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("vat_rate =", "vatrate =", "[columns] of the map has “vatrate”, which is no column of an order"),
        ("currency =", "curency =", "no column of an order (the nearest is “currency”)."),
        ("values.item_type", "values.item", "[values] of the map has “item”, which is no column of an order"),
        ("date_format", "dateformat", "no part of a map (the nearest is “date_format”)."),
        ("[constants]", "[constant]", "The map has “constant”, which is no part of a map"),
        ('currency = "EUR"', 'name = "Mug"', "name is in [columns] and in [constants] of the map"),
        ('quantity = "Menge"', "", "[columns] of the map lacks quantity."),
        ('order_number = "bestell-nr."', "", "[columns] of the map lacks order_number."),
        ('currency = "EUR"', 'order_id = "1"', "order_id cannot be a constant"),
        ('"comma"', '"komma"', "decimal of the map must be point or comma (it is “komma”)."),
        ("DD.MM.YYYY", "DD.MM", "“DD.MM” is no form of a date"),
        ("DD.MM.YYYY", "%d.%m.%Y", "“%d.%m.%Y” is no form of a date"),
        ("decimal =", "including_vat =", "including_vat of the map must be true or false."),
        ("decimal =", "vat_rate =", "vat_rate of the map must be a number, such as 19."),
        ('decimal = "comma"', "encoding = 1252", "encoding of the map must be a text."),
        ("[columns]", "columns = 1\n[constants]", "is no TOML"),
        ('currency = "EUR"', "currency = []", "[constants] of the map must be a table of names and texts."),
    ],
)
def test_a_wrong_map_is_told_with_the_nearest_name(map_file: Path, old: str, new: str, says: str) -> None:
    assert old in MAP
    map_file.write_text(MAP.replace(old, new), encoding="utf-8")
    with pytest.raises(WrongMap) as wrong:
        read_map(map_file)
    assert says in str(wrong.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('values = "x"', "[values] of the map must be tables, such as [values.customer_country]."),
        ("values = [1]", "[values] of the map must be tables"),
        (f"vat_rate = 1{'0' * 5_000}", "is no TOML"),
        (f"vat_rate = {'[' * 5_000}", "is no TOML"),
    ],
    ids=["a text", "a list", "a number without end", "a list in lists"],
)
def test_what_cannot_be_a_map_is_refused_in_a_sentence(map_file: Path, content: str, says: str) -> None:
    map_file.write_text(content, encoding="utf-8")
    with pytest.raises(WrongMap) as wrong:
        read_map(map_file)
    assert says in str(wrong.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "Bestell-Nr.",
            "Bestellnummer",
            "“bestell-nr.”, which the map names for order_number (the nearest is “Bestellnummer”)",
        ),
        ("Bemerkung", "Menge", "The file has the column “Menge” more than once."),
    ],
)
def test_a_sheet_that_the_map_does_not_fit_is_told(
    import_file: ImportFile, map_file: Path, old: str, new: str, says: str
) -> None:
    map_file.write_text(MAP, encoding="utf-8")
    with pytest.raises(UnreadableFile) as wrong:
        import_file(SHEET.replace(old, new), layout=read_map(map_file).layout)
    assert says in str(wrong.value)


def test_what_every_line_lacks_can_be_a_constant(import_file: ImportFile, map_file: Path) -> None:
    map_file.write_text('[columns]\norder_number = "nr"\nname = "what"\nunit_price = "price"\n'
                        '[constants]\nquantity = 1\ncustomer_name = "Walk-in"\n')  # fmt: skip
    assert import_file("nr,what,price\n1,Mug,5.00\n", layout=read_map(map_file).layout).imported == 1


@pytest.mark.parametrize(
    ("text", "cell", "moment"),
    [
        ("DD.MM.YYYY", "29.02.2024", datetime(2024, 2, 29)),  # noqa: DTZ001
        ("MM/DD/YY hh:mm", "02/29/24 13:45", datetime(2024, 2, 29, 13, 45)),  # noqa: DTZ001
        ("YYYYMMDD hh:mm:ss", "20240229 13:45:07", datetime(2024, 2, 29, 13, 45, 7)),  # noqa: DTZ001
    ],
)
def test_dates_are_read_in_their_form(text: str, cell: str, moment: datetime) -> None:
    assert DatePattern(text).read(cell) == moment
