"""No text is lost when it is printed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from documents.paper.fonts import MISSING, font
from documents.paper.text import clean
from documents.pdf import paper_of, render
from invoicing.snapshot import Address, OrderReference, Snapshot
from tests.support.snapshots import BUYER, SELLER, invoice, invoice_text, line, without_spaces

TEXTS = st.text(st.characters(exclude_categories=()), max_size=120)  # lone surrogates too
LINES = TEXTS.map(lambda text: " ".join(text.splitlines()))


def invoice_full_of(text: str) -> Snapshot:
    """An invoice that has `text` in every text field."""
    address = Address(
        organisation=text, name=text, address_line_1=text, address_line_2=text, postal_code=text,
        locality=text, administrative_area=text, country_code=text, email=text, phone_number=text,
    )  # fmt: skip
    party = replace(
        BUYER, name=text, legal_name=text, contact_name=text, vat_number=text, registration_number=text,
        email=text, phone_number=text, iban=text, bic=text, reference=text, address=address,
    )  # fmt: skip
    lines = (line(name=text, sku=text, description=text, order_id="b", exemption_reason=text, unit=text[:3]),)
    orders = (
        OrderReference(id="a", number=text, purchase_order_number=text),
        OrderReference(id="b", number=text),
    )
    return invoice(
        number=text, locale=text, seller=party, buyer=party, lines=lines, orders=orders,
        shipping_address=replace(address, email=None), purchase_order_number=text, cost_center=text,
        note=text,
    )  # fmt: skip


@given(TEXTS)
@settings(derandomize=True, max_examples=150, deadline=None)
def test_any_text_in_any_place_makes_a_document(text: str) -> None:
    assert render(invoice_full_of(text)).startswith(b"%PDF")


@given(LINES, LINES)
@settings(derandomize=True, max_examples=100, deadline=None)
def test_every_character_the_fonts_have_is_printed(name: str, description: str) -> None:
    text = without_spaces(invoice_text(invoice(lines=(line(name=name, description=description),))))
    assert without_spaces(clean(name)) in text
    assert without_spaces(clean(description)) in text


def test_what_the_fonts_have_is_kept_as_it_is() -> None:
    for char in font("R").widths:
        if unicodedata.normalize("NFC", char) == char and unicodedata.category(char) != "Cf":
            assert clean(char) == char


def test_both_weights_have_the_same_characters() -> None:
    assert font("R").widths.keys() == font("B").widths.keys()


@pytest.mark.parametrize(
    "text",
    [
        "Λάμπα γραφείου",
        "Настольная лампа, ґ ї є",
        "Đèn bàn ằẵặ ữự",
        "Łódź žluťoučký kůň İstanbul ğőű",
        "© 5 € ½ №",
    ],
)
def test_european_scripts_and_vietnamese_are_printed(text: str) -> None:
    with capture_logs() as logs:
        assert without_spaces(text) in without_spaces(invoice_text(invoice_full_of(text)))
    assert logs == []


def test_a_no_break_space_is_as_wide_as_the_space_that_is_written_for_it() -> None:
    for weight in ("R", "B"):
        assert font(weight).width("\u00a0") == font(weight).width(" ")


def test_letters_with_loose_accents_are_composed() -> None:
    assert "Café" in invoice_text(invoice(note="Cafe\u0301"))


def test_a_word_of_300_characters_is_kept_whole() -> None:
    word = "".join(chr(ord("A") + number % 26) for number in range(300))
    text = without_spaces(invoice_text(invoice_full_of(word)))
    assert text.count(word) >= 14


def test_a_description_of_2000_characters_is_kept_whole() -> None:
    words = [f"word{number}" for number in range(250)]
    assert re.findall(r"word\d+", invoice_text(invoice(lines=(line(description=" ".join(words)),)))) == words


def test_missing_characters_print_as_boxes_are_warned_of_and_logged_once() -> None:
    snapshot = invoice(lines=(line(name="𖼀𖼁 mug"),), note="𖼀")
    with capture_logs() as logs:
        made = paper_of(snapshot)
    assert f"{MISSING}{MISSING} mug" in invoice_text(snapshot)
    (entry,) = logs
    assert entry["log_level"] == "warning"
    assert entry["code_points"] == ["U+16F00", "U+16F01"]
    assert made.warnings == (
        "𖼀 (U+16F00) cannot be shown: the server has no font for it.",
        "𖼁 (U+16F01) cannot be shown: the server has no font for it.",
    )


def test_many_missing_characters_are_counted() -> None:
    made = paper_of(invoice(note="".join(chr(0x16F00 + number) for number in range(60)) + "\ud800"))
    assert made.warnings[0] == "U+D800 cannot be shown: the server has no font for it."
    assert len(made.warnings) == 51
    assert made.warnings[-1] == "Neither can 11 further characters."


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Gift box 🎁 with ❤️ and 👨‍👩‍👧 flag 🇳🇱 mug ☕", "Gift box with and flag mug"),
        ("🎁 Gift", "Gift"),
        ("Gift🎁, 🎁wrapped 🏃🏽‍♂️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 here", "Gift, wrapped here"),
        ("1️⃣ 2⃣ #️⃣", "1 2 #"),
        ("©️ ™️ ▶️ → ▲ ●", "© ™ ▶ → ▲ ●"),
        ("100 % ½ № 3", "100 % ½ № 3"),
    ],
)
def test_emoji_are_left_out(text: str, printed: str) -> None:
    made = paper_of(invoice(note=text))
    assert f"Note\n{printed}\n" in invoice_text(invoice(note=text))
    assert made.warnings == ()


def test_a_name_that_is_nothing_but_emoji_is_warned_of() -> None:
    made = paper_of(invoice(lines=(line(name="🎁 ❤️"),), note=" "))
    assert made.warnings == (
        "❤ (U+2764) cannot be shown: the server has no font for it.",
        "🎁 (U+1F381) cannot be shown: the server has no font for it.",
    )


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("ﬁn ﬂow oﬃce", "fin flow office"),
        ("Ⅷ ① ⑫", "Ⅷ 1 12"),
        ("𝐛𝐨𝐥𝐝 𝓗𝓲", "bold Hi"),
        ("㎏ ㎡ ℃", "kg m² ℃"),
    ],
)
def test_a_compatibility_character_gives_way_to_what_it_stands_for(text: str, printed: str) -> None:
    made = paper_of(invoice(note=text))
    assert f"Note\n{printed}\n" in invoice_text(invoice(note=text))
    assert made.warnings == ()


def test_a_box_that_the_seller_wrote_is_not_a_missing_character() -> None:
    with capture_logs() as logs:
        assert "Ready: □ é" in invoice_text(invoice(note="Ready: □ é"))
    assert logs == []


def test_control_and_direction_characters_are_not_printed() -> None:
    with capture_logs() as logs:
        assert "ab cd" in invoice_text(invoice(note="a\x00\x07\u200bb\tc\u202e\ufe0f\u00add\x1b"))
    assert logs == []


@pytest.mark.parametrize(
    "text", ["<b>bold</b>", "<img src='x'/>", "&amp;", "(Tj) \\) ET", "%PDF {amount} %s"]
)
def test_text_is_never_markup(text: str) -> None:
    assert without_spaces(text) in without_spaces(invoice_text(invoice_full_of(text)))


def test_a_name_with_braces_stays_in_the_request_to_pay() -> None:
    assert "to {holder}, quoting" in invoice_text(invoice(seller=replace(SELLER, name="{holder}")))
