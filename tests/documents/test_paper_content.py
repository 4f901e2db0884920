"""What the printed invoice says."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date

import pytest
from pypdf import PdfReader

from documents.paper.labels import labels
from documents.pdf import render
from invoicing.decimals import MILLION
from invoicing.snapshot import (
    Address,
    OrderReference,
    Period,
    PrintedPayment,
    PrintedSetOff,
    VatInTaxCurrency,
    VatRow,
)
from tests.support.snapshots import BUYER, SELLER, invoice, invoice_text, line, page_texts, without_spaces

ORDERS = (
    OrderReference(id="a", number="SO-1", purchase_order_number="PO-7", delivery_date=date(2025, 5, 20)),
    OrderReference(id="b", number="SO-2"),
)


def test_it_names_seller_buyer_numbers_and_dates() -> None:
    text = invoice_text(
        invoice(
            orders=ORDERS[:1],
            cost_center="4210",
            note="Thank you.",
            buyer=replace(BUYER, reference="Desk 3", contact_name="Joe", vat_number="GB1"),
        )
    )
    for words in ("Mug & Co", "Keizersgracht 1", "1015 CJ Amsterdam", "NL123456782B01", "Ann Baker", "Leeds",
                  "2025-0001", "2 June 2025", "16 June 2025", "SO-1", "PO-7", "20 May 2025", "4210",
                  "Desk 3", "Attn. Joe", "VAT no. GB1", "Thank you."):  # fmt: skip
        assert words in text


@pytest.mark.parametrize(
    ("locale", "of_seller", "of_buyer"),
    [
        ("en", "Contact Eva", "Attn. Joe"),
        ("nl", "Contact Eva", "T.a.v. Joe"),
        ("de", "Ansprechpartner Eva", "z. Hd. Joe"),
        ("it", "Contatto Eva", "c.a. Joe"),
    ],
)
def test_the_sellers_contact_is_whom_to_ask_and_the_buyers_who_is_to_get_it(
    locale: str, of_seller: str, of_buyer: str
) -> None:
    seller, buyer = replace(SELLER, contact_name="Eva"), replace(BUYER, contact_name="Joe")
    text = invoice_text(invoice(locale=locale, seller=seller, buyer=buyer))
    assert of_seller in text
    assert of_buyer in text


def test_a_swiss_vat_number_is_written_as_the_law_there_writes_it() -> None:
    seller = replace(SELLER, vat_number="CHE-123.456.788MWST")
    assert "CHE-123.456.788 MWST" in invoice_text(invoice(seller=seller))


def test_many_orders_are_counted_at_the_head_and_named_in_the_table() -> None:
    def orders(count: int) -> tuple[OrderReference, ...]:
        return tuple(
            OrderReference(id=str(n), number=f"SO-{n}", purchase_order_number=f"PO-{n}") for n in range(count)
        )

    few, many = (invoice_text(invoice(orders=orders(count))) for count in (5, 6))
    assert "Orders\nSO-0, SO-1, SO-2, SO-3, SO-4" in few
    assert "Orders\n6 orders, listed below\nYour purchase orders\n6 numbers, listed below" in many
    assert many.count("SO-3 ") == many.count("PO-3") == 1


def test_the_day_of_supply_shows_only_where_it_is_not_the_date_of_issue() -> None:
    assert "Delivery date\n20 May 2025" in invoice_text(invoice(delivery_date=date(2025, 5, 20)))
    assert "Delivery date" not in invoice_text(invoice(delivery_date=date(2025, 6, 2)))
    assert "20 May" not in invoice_text(invoice(orders=ORDERS[:1], delivery_date=date(2025, 6, 2)))


@pytest.mark.parametrize("country", ["DE", "AT"])
def test_a_seller_whose_law_asks_for_it_says_the_day_of_supply_also_where_it_is_that_of_issue(
    country: str,
) -> None:
    seller = replace(SELLER, address=replace(SELLER.address, country_code=country))
    day = date(2025, 6, 2)
    assert "Delivery date\n2 June 2025" in invoice_text(invoice(seller=seller, delivery_date=day))
    assert "Delivery date" not in invoice_text(invoice(seller=seller))


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en-GB", "Service period 1 May 2025 – 31 May 2025"),
        ("nl", "Leveringsperiode 1 mei 2025 – 31 mei 2025"),
        ("de", "Leistungszeitraum 1. Mai 2025 – 31. Mai 2025"),
        ("fr", "Période de prestation 1 mai 2025 – 31 mai 2025"),
    ],
)
def test_periods_are_on_the_paper_and_under_their_lines(locale: str, words: str) -> None:
    may = Period(start=date(2025, 5, 1), end=date(2025, 5, 31))
    rent = line(name="Rent", description="Second floor.", service_period=may)
    text = invoice_text(invoice(locale=locale, lines=(rent,), service_period=may))
    assert text.replace("\n", " ").count(words) == 2
    under = invoice_text(invoice(locale=locale, lines=(rent,)))
    assert f"Second floor.\n{words}" in under


def test_a_period_of_one_day_is_that_day() -> None:
    day = Period(start=date(2025, 5, 1), end=date(2025, 5, 1))
    assert "Service period 1 May 2025\n" in invoice_text(invoice(lines=(line(service_period=day),)))


def test_it_names_the_country_in_the_buyers_language() -> None:
    buyer = replace(BUYER, address=Address(locality="Wien", country_code="AT"))
    assert "Österreich" in invoice_text(invoice(buyer=buyer, locale="de-AT"))
    assert "Autriche" in invoice_text(invoice(buyer=buyer, locale="fr"))


def test_the_shipping_address_shows_only_where_it_differs() -> None:
    assert "Shipped to" not in invoice_text(invoice(shipping_address=BUYER.address))
    assert "Shipped to" not in invoice_text(invoice(shipping_address=Address()))
    text = invoice_text(invoice(shipping_address=Address(name="Bob", locality="York")))
    assert "Shipped to" in text
    assert "York" in text


def test_a_line_has_its_number_description_quantity_price_discount_rate_and_amount() -> None:
    mug = line(
        name="Mug", sku="MUG-1", description="Blue.\nHandmade.", quantity=1_200_000_000, unit="HUR",
        unit_price=250, discount=5000, total=295000,
    )  # fmt: skip
    text = invoice_text(invoice(lines=(mug,)))
    for words in ("Mug", "MUG-1", "Blue.", "Handmade.", "1,200 hours", "2.50", "−50.00", "21%", "2,950.00"):
        assert words in text


def test_discounts_have_a_column_only_where_there_are_any() -> None:
    assert "Discount" not in invoice_text(invoice())


@pytest.mark.parametrize(
    ("locale", "word"), [("en", "Discount"), ("nl", "Korting"), ("de", "Rabatt"), ("fr", "Remise ")]
)
def test_the_reason_of_a_discount_is_under_its_line(locale: str, word: str) -> None:
    mug = line(description="Blue.", discount=500, discount_reason="Spring sale, Club", total=2_000)
    text = invoice_text(invoice(locale=locale, lines=(mug,)))
    assert f"Blue.\n{word}: Spring sale, Club\n" in text


def test_an_unlisted_unit_prints_as_its_code() -> None:
    assert "1 E48" in invoice_text(invoice(lines=(line(unit="E48"),)))


@pytest.mark.parametrize("unit", ["шт", "株", "τμχ"])
def test_a_unit_in_other_letters_leaves_the_figures_beside_it_as_they_are(unit: str) -> None:
    lines = [line(name=f"Mug {count}", unit=unit, quantity=count * MILLION) for count in (7, 8)]
    text = invoice_text(invoice(lines=tuple(lines)))
    for each in lines:
        amount = f"{each.total / 100:.2f}"
        assert re.search(rf"{each.name} {each.quantity // MILLION} {unit} [€0-9.]+ [0-9]+% {amount}", text)


def test_lines_that_say_the_same_have_figures_of_their_own() -> None:
    mugs = [line(name="Mug", total=total, total_ex_vat=total) for total in (101, 202, 101)]
    plate = line(name="Plate", total=303, total_ex_vat=303)
    text = invoice_text(invoice(lines=(*mugs, plate)))
    assert re.findall(r"(Mug|Plate) .*?([0-9]\.[0-9]{2})\n", text) == [
        ("Mug", "1.01"), ("Mug", "2.02"), ("Mug", "1.01"), ("Plate", "3.03"),
    ]  # fmt: skip


def test_a_credit_by_amount_is_a_price_reduction_without_pieces() -> None:
    by_amount = line(credited_line_id="2", unit_price=771, quantity=-1, total=-771, subtotal=-771)
    text = invoice_text(
        invoice(type="CREDIT", lines=(by_amount, line(credited_line_id="1", credited_quantity=1)))
    )
    assert "Price reduction" in text
    assert text.count("7.71") == 1
    assert text.count("1 pc") == 1


def test_lines_of_several_orders_stand_under_their_order() -> None:
    lines = (
        line(id="1", name="First", order_id="b"),
        line(id="2", name="Second", order_id="a"),
        line(id="3", name="Third"),
    )
    text = without_spaces(invoice_text(invoice(lines=lines, orders=ORDERS)))
    table = text[text.index("Description") :]
    places = [
        table.index(words) for words in ("OrderSO-1", "Second", "OrderSO-2", "First", "Otheritems", "Third")
    ]
    assert places == sorted(places)
    assert "OrderSO-1·YourpurchaseorderPO-7·Deliverydate20May2025" in table


def test_an_order_that_goes_on_on_the_next_page_is_named_again() -> None:
    lines = tuple(line(id=str(n), order_id="a") for n in range(60))
    assert "Order SO-1 (continued)" in page_texts(invoice(lines=lines, orders=ORDERS))[1]


def test_vat_is_shown_per_rate() -> None:
    rows = (
        VatRow(category="S", rate=210_000, base=100000, amount=21000),
        VatRow(category="S", rate=55_000, base=2000, amount=110),
    )
    text = without_spaces(invoice_text(invoice(vat=rows, total_ex_vat=102000, total_vat=21110, total=123110)))
    for words in ("21%1,000.00210.00", "5.5%20.001.10", "TotalexcludingVAT€1,020.00", "€1,231.10"):
        assert words in text


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en-GB", "VAT in EUR: €1,234.56 (1 EUR = 1.0837 USD)"),
        ("nl", "Btw in EUR: € 1.234,56 (1 EUR = 1,0837 USD)"),
        ("de", "Umsatzsteuer in EUR: 1.234,56 € (1 EUR = 1,0837 USD)"),
        ("fr", "TVA en EUR : 1 234,56 € (1 EUR = 1,0837 USD)"),
    ],
)
def test_the_vat_is_said_in_the_tax_currency_too(locale: str, words: str) -> None:
    tax = VatInTaxCurrency(currency="EUR", decimals=2, exchange_rate="1.0837", amount=123_456)
    text = invoice_text(invoice(locale=locale, currency="USD", vat_in_tax_currency=tax))
    assert words in text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_vat_is_said_once_where_it_is_the_same_currency_or_no_rate_is_known() -> None:
    same = VatInTaxCurrency(currency="EUR", decimals=2, amount=210)
    assert "VAT in" not in invoice_text(invoice(vat_in_tax_currency=same))
    unknown = VatInTaxCurrency(currency="EUR", decimals=2)
    assert "VAT in" not in invoice_text(invoice(currency="USD", vat_in_tax_currency=unknown))
    of_several = VatInTaxCurrency(currency="EUR", decimals=2, amount=210)
    assert "VAT in EUR: €2.10\n" in invoice_text(invoice(currency="USD", vat_in_tax_currency=of_several))


@pytest.mark.parametrize(
    ("including", "words"), [(True, "prices including VAT"), (False, "prices excluding VAT")]
)
def test_it_says_whether_prices_include_vat(including: bool, words: str) -> None:
    assert words in invoice_text(invoice(is_including_vat=including))


@pytest.mark.parametrize(
    ("category", "words"),
    [
        ("AE", "Article 196"),
        ("K", "Article 138"),
        ("G", "Article 146"),
        ("E", "Exempt"),
        ("O", "Outside the scope"),
    ],
)
def test_a_category_without_vat_says_why(category: str, words: str) -> None:
    assert words in invoice_text(invoice(vat=(VatRow(category=category, rate=0, base=1000, amount=0),)))


def test_reverse_charge_is_said_in_the_buyers_language() -> None:
    vat = (VatRow(category="AE", rate=0, base=1000, amount=0),)
    assert "Steuerschuldnerschaft des Leistungsempfängers" in invoice_text(invoice(vat=vat, locale="de"))
    assert "Btw verlegd" in invoice_text(invoice(vat=vat, locale="nl"))
    assert "Autoliquidation" in invoice_text(invoice(vat=vat, locale="fr"))


def test_a_reason_of_its_own_goes_before_the_general_one() -> None:
    text = invoice_text(
        invoice(vat=(VatRow(category="E", rate=0, base=1, amount=0, exemption_reason="Education."),))
    )
    assert "Education." in text
    assert "Exempt from VAT." not in text


def test_payment_is_asked_with_iban_in_fours_bic_amount_date_and_reference() -> None:
    text = invoice_text(invoice())
    for words in (
        "NL91 ABNA 0417 1643 00",
        "ABNANL2A",
        "transfer €12.10 by 16 June 2025",
        "quoting 2025-0001",
    ):
        assert words in text


def test_payment_without_a_date_is_still_asked() -> None:
    text = invoice_text(invoice(due_on=None))
    assert "Please transfer €12.10 to Mug & Co, quoting 2025-0001." in text
    assert "Due date" not in text


@pytest.mark.parametrize("iban", [None, "", "  "])
def test_nobody_is_asked_to_transfer_to_an_account_that_is_not_named(iban: str | None) -> None:
    text = invoice_text(invoice(seller=replace(SELLER, iban=iban, bic=None)))
    assert "transfer" not in text
    assert "IBAN" not in text
    panel = text[text.index("\nPayment\n") :]
    for words in ("Amount due\n€12.10", "Due date\n16 June 2025", "Payment reference\n2025-0001"):
        assert words in panel


def test_the_head_says_how_much_is_to_be_paid_and_by_when() -> None:
    text = invoice_text(invoice(paid=1_000))
    head = text[: text.index("Description")]
    assert "Due date\n16 June 2025\nAmount due\n€2.10\n" in head
    assert "PAID" not in text


@pytest.mark.parametrize(
    ("locale", "mark"), [("en", "PAID"), ("nl", "BETAALD"), ("de", "BEZAHLT"), ("fr", "PAYÉE")]
)
def test_what_is_paid_says_so_beside_its_title_and_asks_for_nothing(locale: str, mark: str) -> None:
    words = labels(locale)
    text = invoice_text(invoice(locale=locale, paid=1_210))
    head = text[: text.index(words.description)]
    assert f"{words.invoice} {mark} " in head
    assert words.due not in text
    assert words.amount_due not in head
    assert words.payment_reference not in text


def test_nothing_to_pay_is_not_called_paid() -> None:
    text = invoice_text(invoice(total=0, total_ex_vat=0, total_vat=0, vat=()))
    assert "PAID" not in text
    assert "Due date" not in text


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en-GB", "Paid · 1 June 2025 · bank transfer −€10.00"),
        ("nl", "Betaald · 1 juni 2025 · overschrijving € −10,00"),
        ("de", "Bezahlt · 1. Juni 2025 · Überweisung −10,00 €"),
        ("fr", "Payé · 1 juin 2025 · virement −10,00 €"),
    ],
)
def test_what_was_paid_is_said_with_its_day_and_way(locale: str, words: str) -> None:
    transfer = PrintedPayment(paid_on=date(2025, 6, 1), method="BANK_TRANSFER", amount=1_000)
    ideal = PrintedPayment(paid_on=date(2025, 6, 2), method="iDEAL", amount=100)
    text = invoice_text(invoice(locale=locale, paid=1_100, payments=(transfer, ideal)))
    assert words in " ".join(text.split())
    assert "· iDEAL " in " ".join(text.split())


def test_a_way_of_paying_that_is_long_stands_below_the_day_and_is_shortened_in_the_end() -> None:
    long = PrintedPayment(paid_on=date(2025, 6, 1), method="W" * 64, amount=1_000)
    other = PrintedPayment(paid_on=date(2025, 6, 1), method="OTHER", amount=50)
    text = invoice_text(invoice(paid=1_050, payments=(long, other)))
    assert re.search(r"1 June 2025\n\s*WWW", text)
    assert "WW…" in text
    assert "1 June 2025 −€0.50" in text


def test_what_was_paid_in_advance_is_not_asked_for_again() -> None:
    text = invoice_text(invoice(paid=1_000))
    for words in ("Paid", "−€10.00", "Amount due", "Please transfer €2.10 by 16 June 2025"):
        assert words in text
    settled = invoice_text(invoice(paid=1_210))
    assert labels("en").paid_in_full in settled
    assert "€0.00" in settled
    assert "IBAN" not in settled


@pytest.mark.parametrize(
    ("locale", "word"), [("en", "Rounding"), ("nl", "Afronding"), ("de", "Rundung"), ("fr", "Arrondi")]
)
def test_a_rounding_stands_above_what_is_to_be_paid(locale: str, word: str) -> None:
    text = invoice_text(invoice(rounding=-1, locale=locale))
    assert word in text
    assert text.index(word) < text.rindex(labels(locale).amount_due)
    # at the head, under the total, and in the request to pay
    assert without_spaces(text).count("12.09" if locale == "en" else "12,09") == 3
    assert word not in invoice_text(invoice(locale=locale))


def test_a_credit_with_a_rounding_says_what_it_comes_to() -> None:
    text = without_spaces(invoice_text(invoice(type="CREDIT", total=-1_210, rounding=1)))
    assert "Rounding€0.01" in text
    assert "Amountcredited−€12.09" in text


def test_nothing_to_pay_is_not_asked_for() -> None:
    assert "Payment" not in invoice_text(invoice(total=0))


@pytest.mark.parametrize(
    ("locale", "title"),
    [
        ("en", "Credit invoice"),
        ("nl", "Creditfactuur"),
        ("de", "Rechnungskorrektur"),
        ("fr", "Facture d’avoir"),
    ],
)
def test_a_credit_invoice_says_so_and_asks_for_no_payment(locale: str, title: str) -> None:
    text = invoice_text(invoice(type="CREDIT", locale=locale, total=-1_210))
    words = labels(locale)
    assert title in text
    assert words.no_payment in text
    assert words.iban not in text
    assert words.due not in text


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", "Credit invoice date\nJune 2, 2025"),
        ("nl", "Creditfactuurdatum\n2 juni 2025"),
        ("de", "Belegdatum\n2. Juni 2025"),
        ("fr", "Date de l’avoir\n2 juin 2025"),
        ("pl", "Data wystawienia korekty\n2 czerwca 2025"),
    ],
)
def test_a_credit_invoice_has_a_date_of_its_own_and_says_what_it_gives_back(locale: str, words: str) -> None:
    own = labels(locale)
    text = invoice_text(invoice(type="CREDIT", locale=locale, total=-1_210))
    assert words in text
    assert f"\n{own.issued}\n" not in text
    head = text[: text.index(own.description)]
    assert f"{own.amount_credited}\n" in head
    assert "−" not in head


def test_the_reason_of_a_credit_stands_above_its_lines_and_once() -> None:
    reason = "The lamp was broken.\nSorry."
    text = invoice_text(invoice(type="CREDIT", total=-1_210, note=reason))
    assert "Reason\nThe lamp was broken.\nSorry.\nDescription" in text
    assert text.count("broken") == 1
    assert "Note" not in text
    assert "Reason" not in invoice_text(invoice(type="CREDIT", total=-1_210, note=" "))


def test_a_credit_says_how_the_money_comes_back() -> None:
    credit = invoice(type="CREDIT", total=-1_210)
    nothing_more = "You do not have to pay anything.\n"
    off = (PrintedSetOff(number="2025-0001", amount=1_000),)
    text = invoice_text(replace(credit, set_off=off))
    assert nothing_more + "€10.00 is set off against invoice 2025-0001.\n€2.10 is paid back to you or" in text
    whole = invoice_text(replace(credit, set_off=(replace(off[0], amount=1_210),)))
    assert "€12.10 is set off" in whole
    assert "paid back" not in whole
    assert "€12.10 is paid back to you or set off" in invoice_text(replace(credit, set_off=()))
    before = invoice_text(credit)
    assert "set off" not in before
    assert "paid back" not in before


def test_a_credit_of_a_rebate_alone_asks_for_what_it_comes_to() -> None:
    text = invoice_text(invoice(type="CREDIT", due_on=None))
    assert "Credit invoice" in text
    assert labels("en").no_payment not in text
    assert "Please transfer €12.10 to Mug & Co" in text


def test_the_file_says_what_it_is_whose_and_in_which_language() -> None:
    reader = PdfReader(io.BytesIO(render(invoice(locale="nl-BE"))))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == ("Factuur 2025-0001", "Mug & Co")
    assert str(reader.root_object["/Lang"]) == "nl"


def test_the_same_invoice_gives_the_same_bytes() -> None:
    other = render(invoice(lines=(line(name="Ελληνικά"),)))
    assert render(invoice()) == render(invoice())
    assert render(invoice(lines=(line(name="Ελληνικά"),))) == other
