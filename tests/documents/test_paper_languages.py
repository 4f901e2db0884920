"""A paper has one language, whole."""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from string import Formatter
from typing import Any

import pytest
from babel import Locale, localedata
from babel.dates import format_date
from pypdf import PdfReader

from documents.paper.compose import Compositor
from documents.paper.formats import formats
from documents.paper.labels import labels
from documents.paper.languages import FOLDER, languages
from documents.paper.totals import totals
from documents.pdf import render
from invoicing.snapshot import Address, PrintedPayment, Snapshot, VatRow
from tests.support.snapshots import BUYER, invoice, invoice_text, line

THIRTEEN = ("cs", "da", "de", "en", "es", "fi", "fr", "it", "nb", "nl", "pl", "pt", "sv")
OTHERS = tuple(language for language in THIRTEEN if language != "en")
EVERY_TAG = tuple(localedata.locale_identifiers())
DAY = date(2025, 3, 2)
ABBREVIATIONS = {
    "iban",
    "bic",
    *(f"units.{code}" for code in ["KGM", "GRM", "TNE", "LTR", "MTR", "CMT", "KMT", "MTK", "MTQ", "KWH"]),
}
LIKE_IN_ENGLISH = {
    "es": {"payment_methods.CHECK"},
    "fr": {"units.MIN", "seller_contact"},
    "it": {"note", "units.SET"},
    "nl": {"units.WEE", "units.SET", "seller_contact", "payment_methods.CHECK"},
    "pl": {"vat", "total_vat"},
    "pt": {"payment_methods.CHECK"},
    "sv": {"categories.G"},
}
"""Words that are the same in that language."""


def words(language: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def entries(language: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each entry's key, and its words: one or several."""
    for key, value in words(language).items():
        if key == "vat_words":  # no words of the paper
            continue
        group = {f"{key}.{code}": text for code, text in value.items()} if isinstance(value, dict) else {}
        for name, text in (group or {key: value}).items():
            yield name, (text,) if isinstance(text, str) else tuple(text)


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def test_there_are_thirteen_languages() -> None:
    assert languages() == frozenset(THIRTEEN)


@pytest.mark.parametrize("language", OTHERS)
def test_every_catalogue_has_every_word_and_every_placeholder(language: str) -> None:
    english, own = words("en"), words(language)
    assert own.keys() == english.keys()
    for key, text in english.items():
        if isinstance(text, dict):
            assert key == "vat_words" or own[key].keys() == text.keys(), key
        elif isinstance(text, str):
            assert placeholders(own[key]) == placeholders(text), key
    assert all(text.strip() == text != "" for _, texts in entries(language) for text in texts)


@pytest.mark.parametrize("language", OTHERS)
def test_no_word_was_left_in_english(language: str) -> None:
    english = {key: set(texts) for key, texts in entries("en")}
    same = {key for key, texts in entries(language) if key != "plurals" and english[key] & set(texts)}
    assert same == ABBREVIATIONS | LIKE_IN_ENGLISH.get(language, set())


@pytest.mark.parametrize("language", THIRTEEN)
def test_a_unit_has_a_form_for_every_number(language: str) -> None:
    own = labels(language)
    assert {len(forms) for forms in own.units.values()} <= {1, len(own.plurals)}
    numbers = [*range(200), *(whole + Decimal(part) / 100 for whole in range(12) for part in (10, 50, 25))]
    assert {own.locale.plural_form(number) for number in numbers} == set(own.plurals)


@pytest.mark.parametrize(
    ("tag", "quantities", "hours"),
    [
        ("en", "1 2 1.5", "hour hours hours"),
        ("fr", "0 1 1.5 2", "heure heure heure heures"),
        ("pl", "1 2 5 22 1.5", "godzina godziny godzin godziny godziny"),
        ("cs", "1 2 5 1.5", "hodina hodiny hodin hodiny"),
        ("fi", "1 2 1.5", "tunti tuntia tuntia"),
        ("sv", "1 2", "timme timmar"),
        ("pt-PT", "1 1.5", "hora horas"),
        ("es", "1 1000000", "hora horas"),
    ],
)
def test_a_unit_agrees_with_its_quantity(tag: str, quantities: str, hours: str) -> None:
    own = labels(tag)
    written = [own.unit("HUR", round(float(quantity) * 1_000_000)) for quantity in quantities.split()]
    assert written == hours.split()


@pytest.mark.parametrize("tag", ["no", "nb", "nn", "no-NO", "nb_NO", "nn-NO", "NO"])
def test_every_norwegian_finds_the_norwegian_words(tag: str) -> None:
    text = invoice_text(invoice(locale=tag))
    assert "Forfallsdato" in text
    assert "16. juni 2025" in text


def test_portuguese_is_that_of_portugal_unless_it_says_another_country() -> None:
    buyer_in_poland = {"buyer": BUYER, "shipping_address": Address(name="Ann", country_code="PL")}
    assert "Polónia" in invoice_text(invoice(locale="pt", **buyer_in_poland))
    assert "Polônia" in invoice_text(invoice(locale="pt-BR", **buyer_in_poland))


def test_every_locale_has_words_dates_and_amounts_of_one_language() -> None:
    for tag in EVERY_TAG:
        own, written = labels(tag), formats(tag, "EUR", 2)
        assert own.language in languages()
        assert own.locale == written.locale
        assert written.date(DAY).split() == format_date(DAY, "long", locale=own.locale).split()


def test_whoever_has_no_language_of_ours_gets_english() -> None:
    theirs = {Locale.parse(tag).language for tag in EVERY_TAG} - languages() - {"no", "nn"}
    assert len(theirs) > 200
    english = formats("en-001", "EUR", 2)
    for language in theirs:
        assert labels(language) == labels("en-001")
        assert formats(language, "EUR", 2).money(-123_450) == english.money(-123_450)
        assert formats(language, "EUR", 2).date(DAY) == "2 March 2025"


@pytest.mark.parametrize("tag", ["el", "ja-JP", "ar-EG", "th", "zh-Hant-TW", "hu", "ru", "fa", "hi", "ca"])
def test_an_english_page_has_nothing_of_another_language(tag: str) -> None:
    values = {
        "vat": tuple(VatRow(category=each, rate=0, base=1, amount=0) for each in ["AE", "K", "G", "E", "O"]),
        "lines": (line(discount=5, unit="HUR"),),
        "shipping_address": Address(country_code="GR"),
    }
    text = invoice_text(invoice(locale=tag, **values))
    assert text == invoice_text(invoice(locale="en-001", **values))
    assert "Greece" in text


@pytest.mark.parametrize(
    ("tag", "language"), [("nn-NO", "nb"), ("pt-BR", "pt"), ("el", "en"), ("pl-PL", "pl")]
)
def test_the_file_says_the_language_of_its_words(tag: str, language: str) -> None:
    reader = PdfReader(io.BytesIO(render(invoice(locale=tag))))
    assert str(reader.root_object["/Lang"]) == language


@pytest.mark.parametrize(
    ("tag", "sentences"),
    [
        ("es", ("Factura", "Inversión del sujeto pasivo", "a más tardar el 16 de junio de 2025")),
        ("it", ("Fattura", "Inversione contabile", "scadenza: 16 giugno 2025")),
        ("pt", ("Fatura", "IVA – autoliquidação", "até 16 de junho de 2025")),
        ("pl", ("Faktura", "Odwrotne obciążenie", "do dnia 16 czerwca 2025")),
        ("sv", ("Faktura", "Omvänd betalningsskyldighet", "senast den 16 juni 2025")),
        ("da", ("Faktura", "Omvendt betalingspligt", "senest den 16. juni 2025")),
        ("nb", ("Faktura", "Omvendt avgiftsplikt", "innen 16. juni 2025")),
        ("fi", ("Lasku", "Käännetty verovelvollisuus", "viimeistään 16. kesäkuuta 2025")),
        ("cs", ("Faktura", "Daň odvede zákazník", "do 16. června 2025")),
    ],
)
def test_title_reverse_charge_and_request_to_pay_in_each_language(
    tag: str, sentences: tuple[str, ...]
) -> None:
    vat = (VatRow(category="AE", rate=0, base=1000, amount=0),)
    text = invoice_text(invoice(locale=tag, vat=vat)).replace("\n", " ")
    for sentence in sentences:
        assert sentence in text


@pytest.mark.parametrize("language", THIRTEEN)
def test_the_way_of_paying_is_not_cut_off_by_a_long_date(language: str) -> None:
    methods = [*labels(language).payment_methods, "Bancontact"]
    days = [date(2025, month, 28) for month in range(1, 13)]
    payments = tuple(
        PrintedPayment(paid_on=day, method=method, amount=123_456) for day in days for method in methods
    )
    text = invoice_text(invoice(locale=language, paid=1, payments=payments))
    assert "…" not in text
    assert text.count("Bancontact") == len(days)


@pytest.mark.parametrize("language", THIRTEEN)
def test_the_vat_of_every_category_stands_beside_the_sums(language: str) -> None:
    vat = tuple(VatRow(category=each, rate=0, base=100_000, amount=0) for each in ["AE", "K", "G", "E", "O"])
    own = invoice(
        locale=language, vat=(VatRow(category="S", rate=210_000, base=956_170, amount=200_796), *vat)
    )
    english = replace(own, locale="en")
    assert heights_of_totals(own) == heights_of_totals(english)


def heights_of_totals(snapshot: Snapshot) -> list[float]:
    own = Compositor(labels(snapshot.locale), formats(snapshot.locale, "EUR", 2))
    return [piece.height for piece in totals(own, snapshot)]


def test_french_has_a_space_that_does_not_break_before_a_colon() -> None:
    texts = [text for _, texts in entries("fr") for text in texts]
    assert any("\u00a0:" in text for text in texts)
    assert not [text for text in texts if re.search("(?<!\u00a0):", text)]
    assert "Remise : été" in invoice_text(invoice(locale="fr", lines=(line(discount_reason="été"),)))
