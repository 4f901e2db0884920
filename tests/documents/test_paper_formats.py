"""Numbers, money and dates in the buyer's locale."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel.numbers import format_currency, format_percent, get_currency_precision, get_currency_symbol
from hypothesis import given
from hypothesis import strategies as st

from documents.paper.formats import MINUS, formats
from documents.paper.languages import locale
from documents.paper.text import clean, is_printable
from tests.support.snapshots import invoice, invoice_text, without_spaces

LOCALES = (
    "ar-EG", "bg-BG", "bn-BD", "cs-CZ", "da-DK", "de-AT", "de-CH", "de-DE", "el-GR", "en-GB", "en-IN",
    "en-US", "es-ES", "es-MX", "et-EE", "fa-IR", "fi-FI", "fr-CH", "fr-FR", "he-IL", "hi-IN", "hr-HR",
    "hu-HU", "it-IT", "ja-JP", "ko-KR", "lt-LT", "lv-LV", "nb-NO", "nl-BE", "nl-NL", "pl-PL", "pt-BR",
    "pt-PT", "ro-RO", "ru-RU", "sk-SK", "sl-SI", "sv-SE", "th-TH", "tr-TR", "uk-UA", "vi-VN", "zh-CN",
)  # fmt: skip
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "JPY", "KWD", "SEK", "PLN", "INR", "XYZ")


@given(st.sampled_from(LOCALES), st.sampled_from(CURRENCIES), st.integers(-(10**18), 10**18))
def test_money_is_written_as_babel_writes_it_with_a_true_minus(tag: str, currency: str, amount: int) -> None:
    value = Decimal(amount).scaleb(-get_currency_precision(currency))
    where = locale(tag)
    theirs = format_currency(value, currency, locale=where)
    symbol = get_currency_symbol(currency, locale=where)
    if not is_printable(symbol):  # where the fonts cannot write the symbol, the currency's code stands
        theirs = theirs.replace(symbol, currency)
    assert without_spaces(
        formats(tag, currency, get_currency_precision(currency)).money(amount)
    ) == without_spaces(clean(theirs)).replace("-", MINUS)


@given(st.sampled_from(LOCALES), st.integers(-(10**18), 10**18))
def test_a_columns_amount_is_the_money_without_its_currency(tag: str, amount: int) -> None:
    ours = formats(tag, "XYZ", 2)
    assert without_spaces(ours.plain(amount)) == without_spaces(ours.money(amount).replace("XYZ", ""))


@given(st.sampled_from(LOCALES), st.integers(0, 1_000_000))
def test_a_rate_is_written_as_babel_writes_it(tag: str, rate: int) -> None:
    theirs = format_percent(Decimal(rate).scaleb(-6), _four_decimals(tag), locale=locale(tag))
    assert formats(tag, "EUR", 2).percent(rate) == clean(theirs)


def _four_decimals(tag: str) -> str:
    pattern: str = locale(tag).percent_formats[None].pattern
    return (
        pattern.replace("0%", "0.####%").replace("0\u00a0%", "0.####\u00a0%").replace("%#,##0", "%#,##0.####")
    )


@pytest.mark.parametrize(
    ("tag", "money", "day"),
    [
        ("en-GB", "€1,234.50", "2 June 2025"),
        ("en-US", "€1,234.50", "June 2, 2025"),
        ("nl-NL", "€ 1.234,50", "2 juni 2025"),
        ("de_DE", "1.234,50 €", "2. Juni 2025"),
        ("fr-FR", "1 234,50 €", "2 juin 2025"),
        ("pt", "1 234,50 €", "2 de junho de 2025"),
        ("pt-BR", "€ 1.234,50", "2 de junho de 2025"),
        ("nn-NO", "1 234,50 €", "2. juni 2025"),
        ("el", "€1,234.50", "2 June 2025"),
        ("nl-XX", "€ 1.234,50", "2 juni 2025"),
        ("xx-YY", "€1,234.50", "2 June 2025"),
        ("", "€1,234.50", "2 June 2025"),
    ],
)
def test_the_buyers_locale_writes_money_and_dates(tag: str, money: str, day: str) -> None:
    text = invoice_text(invoice(locale=tag, total=123450))
    assert money in text
    assert day in text


@pytest.mark.parametrize(
    ("currency", "money"), [("JPY", "¥123,456"), ("EUR", "€1,234.56"), ("KWD", "KWD 123.456")]
)
def test_currencies_have_their_own_number_of_decimals(currency: str, money: str) -> None:
    assert money in invoice_text(invoice(currency=currency, total=123456))


@pytest.mark.parametrize(
    ("currency", "decimals", "money"),
    [
        ("RSD", 2, "RSD 1,234.56"),
        ("RSD", None, "RSD 123,456"),
        ("IQD", 3, "IQD 123.456"),
        ("IQD", None, "IQD 123,456"),
    ],
)
def test_an_invoice_has_the_decimals_that_it_was_issued_with(
    currency: str, decimals: int | None, money: str
) -> None:
    frozen = invoice(currency=currency, currency_decimals=decimals, total=123456)
    assert money in invoice_text(frozen)


@given(st.sampled_from(LOCALES), st.sampled_from(("RSD", "IQD", "JPY", "EUR")), st.integers(0, 4))
def test_any_number_of_decimals_is_written_in_every_locale(tag: str, currency: str, decimals: int) -> None:
    ours = formats(tag, currency, decimals)
    written = ours.money(-1_234_567_890)
    assert "".join(char for char in written if char.isdigit()) == "1234567890"
    assert len(without_spaces(ours.plain(0))) == (2 + decimals if decimals else 1)


def test_a_symbol_the_fonts_cannot_write_is_the_currencys_code() -> None:
    assert without_spaces(formats("en-GB", "THB", 2).money(1500)) == "THB15.00"


def test_a_minus_stands_where_the_locale_puts_it() -> None:
    assert without_spaces(formats("nl", "EUR", 2).money(-1000)) == "€−10,00"
    assert without_spaces(formats("en", "EUR", 2).money(-1000)) == "−€10.00"
