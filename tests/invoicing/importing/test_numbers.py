"""Numbers are read as people write them, or refused with both readings."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from invoicing.access import Principal
from invoicing.importing.numbers import Decimals, NoNumber, plain_number, stands_for
from invoicing.storage.database import Database
from tests.support.import_files import HEADER, ImportFile, items_of_order, read_rejects

POINT, COMMA = Decimals.POINT, Decimals.COMMA


@pytest.mark.parametrize(
    ("cell", "digits", "sign"),
    [
        ("24.99", "24.99", ""),
        ("24,99", "24.99", ""),
        ("1.234,56", "1234.56", ""),
        ("1,234.56", "1234.56", ""),
        ("1.234.567", "1234567", ""),
        ("1,234,567.5", "1234567.5", ""),
        ("1234,567", "1234.567", ""),
        ("0.125", "0.125", ""),
        ("0,125", "0.125", ""),
        ("1 234", "1234", ""),
        ("1\u202f234,50", "1234.50", ""),
        ("€ 24,99", "24.99", "€"),
        ("24,99 €", "24.99", "€"),
        ("24.99EUR", "24.99", "EUR"),
        ("CHF 1'234.50", "1234.50", "CHF"),
        ("Fr. 1’234.50", "1234.50", "Fr."),
        ("-€ 5,00", "-5.00", "€"),
        ("€ -5,00", "-5.00", "€"),
        ("5,00-", "-5.00", ""),
        ("−5.00", "-5.00", ""),
        ("100,00 kr.", "100.00", "kr."),
        ("21 %", "21", "%"),
        ("5,5%", "5.5", "%"),
    ],
)
def test_what_has_one_reading_is_read(cell: str, digits: str, sign: str) -> None:
    assert plain_number(cell, None) == (digits, sign)


@pytest.mark.parametrize(
    ("cell", "with_point", "with_comma"),
    [("1.234", "1.234", "1234"), ("1,234", "1234", "1.234"), ("-€ 12.500", "-12.500", "-12500")],
)
def test_what_has_two_readings_is_refused_with_both(cell: str, with_point: str, with_comma: str) -> None:
    with pytest.raises(NoNumber) as refused:
        plain_number(cell, None)
    assert f"it is {with_point} if a point" in str(refused.value)
    assert f"and {with_comma} if a comma" in str(refused.value)
    assert plain_number(cell, POINT)[0] == with_point
    assert plain_number(cell, COMMA)[0] == with_comma


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "-",
        "€",
        "1.2.3",
        "1,23,456",
        "1,23.50",
        "12.34,56.78",
        "1e3",
        "NaN",
        "１２",
        "1_000",
        "€1€",
        "1 2",
        "1..2",
    ],
)
def test_what_is_no_number_is_refused(cell: str) -> None:
    for decimals in (None, POINT, COMMA):
        with pytest.raises(NoNumber):
            plain_number(cell, decimals)


@pytest.mark.parametrize(("cell", "decimals"), [("24,99", POINT), ("24.99", COMMA), ("1,234.50", COMMA)])
def test_what_is_told_is_held_to(cell: str, decimals: Decimals) -> None:
    with pytest.raises(NoNumber, match=f"with a decimal {decimals}"):
        plain_number(cell, decimals)


AMOUNTS = st.decimals(min_value=-999_999_999, max_value=999_999_999, places=2)
LOCALES = {
    "en_US": POINT,
    "en_GB": POINT,
    "de_CH": POINT,
    "ja_JP": POINT,
    "de_DE": COMMA,
    "nl_NL": COMMA,
    "fr_FR": COMMA,
    "sv_SE": COMMA,
    "da_DK": COMMA,
    "pl_PL": COMMA,
    "es_ES": COMMA,
    "it_IT": COMMA,
    "pt_BR": COMMA,
    "cs_CZ": COMMA,
}


@pytest.mark.parametrize("locale", LOCALES)
@given(amount=AMOUNTS)
def test_an_amount_comes_back_from_every_locale(locale: str, amount: Decimal) -> None:
    """With two decimals there is one reading, so it need not be told either."""
    written = format_decimal(amount, format="#,##0.00", locale=locale)
    for decimals in (LOCALES[locale], None):
        assert Decimal(plain_number(written, decimals)[0]) == amount


@given(whole=st.integers(-(10**9), 10**9), decimals=st.sampled_from([POINT, COMMA]))
def test_a_whole_number_with_thousands_is_read_rightly_or_refused(whole: int, decimals: Decimals) -> None:
    written = f"{whole:,}" if decimals is POINT else f"{whole:,}".replace(",", ".")
    assert int(plain_number(written, decimals)[0]) == whole
    try:
        found = plain_number(written, None)[0]
    except NoNumber:
        return
    assert int(found) == whole


@given(text=st.text(st.sampled_from("0123456789.,'’ -€$%Fr"), max_size=12))
def test_any_text_has_at_most_one_reading_without_being_told(text: str) -> None:
    """What is read untold is what one of the two ways reads, and the other way reads nothing else."""
    try:
        found = plain_number(text, None)
    except NoNumber:
        return
    ways = set()
    for decimals in (POINT, COMMA):
        try:
            ways.add(plain_number(text, decimals))
        except NoNumber:
            continue
    assert ways == {found}


@pytest.mark.parametrize(
    ("sign", "currency", "does"),
    [
        ("€", "EUR", True),
        ("eur", "EUR", True),
        ("EUR", "USD", False),
        ("$", "CAD", True),
        ("$", "EUR", False),
        ("kr.", "DKK", True),
        ("Fr.", "CHF", True),
        ("kg", "EUR", False),
    ],
)
def test_a_sign_stands_for_its_currencies(sign: str, currency: str, *, does: bool) -> None:
    assert stands_for(sign, currency) is does


def test_a_sheet_with_decimal_commas_is_imported_and_imported_once(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    text = (f'{HEADER},discount,vat_rate,customer_name\n1,Mug,2,"1.234,50 €","34,50","19,0 %",Ann\n').replace(
        ",Mug,2,", ',Mug,"2,5",'
    )
    assert import_file(text, decimals=COMMA).imported == 1
    (item,) = items_of_order(database, principal, "1")
    assert (item.quantity, item.unit_price, item.discount, item.vat_rate) == (
        2_500_000,
        123_450,
        3_450,
        190_000,
    )
    plain = f"{HEADER},discount,vat_rate,customer_name\n1,Mug,2.5,1234.50,34.50,19.0,Ann\n"
    assert import_file(plain).existing == 1


def test_other_readings_of_the_same_cells_are_another_order(import_file: ImportFile) -> None:
    text = f'{HEADER},customer_name\n1,Mug,1,"1.234",Ann\n'
    assert import_file(text, decimals=COMMA).imported == 1
    assert import_file(text, decimals=COMMA).existing == 1
    assert import_file(text, decimals=POINT, currency="KWD").rejected == {"order_exists": 1}


def test_an_amount_in_another_currency_than_the_orders_is_rejected(
    import_file: ImportFile, rejects: Path
) -> None:
    import_file(f"{HEADER},currency,customer_name\n1,Mug,1,US$ 5.00,EUR,Ann\n2,Mug,1,$ 5.00,USD,Ann\n")
    (rejected,) = read_rejects(rejects)
    assert rejected["reject_message"] == (
        "unit_price must be an amount in EUR, the currency of the order (it is “US$ 5.00”)."
    )
