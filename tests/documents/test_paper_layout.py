"""How the paper breaks into pages."""

from __future__ import annotations

import io
import re

import pytest
from pypdf import PdfReader

from bench.pdf import strings
from documents.paper.fonts import font
from documents.paper.grid import LEFT, WIDTH
from documents.pdf import render
from invoicing.snapshot import OrderReference, VatRow
from tests.support.snapshots import invoice, invoice_text, line, page_texts, with_lines, without_spaces

HUGE = 9_000_000_000_000_000


def test_a_short_invoice_is_one_a4_page() -> None:
    (page,) = PdfReader(io.BytesIO(render(invoice()))).pages
    assert (page.mediabox.width, page.mediabox.height) == (pytest.approx(595.28), pytest.approx(841.89))


def test_a_thousand_lines_are_all_there_in_order() -> None:
    text = invoice_text(with_lines(1000))
    assert re.findall(r"Item-(\d+)\.", text) == [str(number) for number in range(1000)]


def test_every_page_says_which_it_is_of_how_many() -> None:
    texts = page_texts(with_lines(100))
    assert len(texts) > 2
    for number, text in enumerate(texts, start=1):
        assert f"Page {number} of {len(texts)}" in text


def test_the_tables_heading_stands_once_on_every_page_with_lines() -> None:
    for text in page_texts(with_lines(200)):
        assert text.count("Unit price") == (1 if "Item-" in text else 0)


@pytest.mark.parametrize("count", range(8, 48))
def test_the_totals_never_stand_alone(count: int) -> None:
    (page,) = [text for text in page_texts(with_lines(count)) if "Total including VAT" in text]
    assert f"Item-{count - 1}." in page
    assert "Total excluding VAT" in page
    assert "VAT rate" in page


@pytest.mark.parametrize("words", range(100, 1400, 100))
def test_the_totals_never_stand_alone_after_a_long_description(words: int) -> None:
    texts = page_texts(invoice(lines=(line(description="word " * words + "end."),)))
    (page,) = [text for text in texts if "Total including VAT" in text]
    assert "end." in page
    assert without_spaces("".join(texts)).count("word") == words


@pytest.mark.parametrize("words", range(200, 2400, 200))
def test_the_totals_never_stand_alone_under_a_long_order_number(words: int) -> None:
    orders = (OrderReference(id="a", number="word " * words), OrderReference(id="b", number="SO-2"))
    texts = page_texts(invoice(lines=(line(name="Item-0.", order_id="a"),), orders=orders[::-1]))
    (page,) = [text for text in texts if "Total including VAT" in text]
    assert "Item-0." in page


@pytest.mark.parametrize("count", range(8, 48, 3))
def test_the_request_to_pay_stands_with_the_totals(count: int) -> None:
    assert "Payment" in next(text for text in page_texts(with_lines(count)) if "Total including VAT" in text)


def test_no_page_is_empty() -> None:
    for count in range(1, 60):
        for text in page_texts(with_lines(count)):
            assert re.search(r"Item-|Payment", text)


def test_an_invoice_without_lines_has_its_heading_and_totals() -> None:
    (text,) = page_texts(invoice(lines=(), vat=()))
    assert "Description" in text
    assert "Total including VAT" in text


def test_a_note_of_many_pages_is_printed_to_its_end() -> None:
    text = invoice_text(invoice(note="\n".join(f"Paragraph-{number}." for number in range(300))))
    assert re.findall(r"Paragraph-(\d+)\.", text) == [str(number) for number in range(300)]


def test_a_hundred_vat_rates_are_all_printed() -> None:
    vat = tuple(VatRow(category="S", rate=rate * 10_000, base=rate, amount=1) for rate in range(100))
    text = invoice_text(invoice(vat=vat))
    assert set(re.findall(r"^(\d+)%", text, re.MULTILINE)) >= {str(rate) for rate in range(100)}


def test_two_hundred_orders_are_all_named() -> None:
    orders = tuple(OrderReference(id=str(n), number=f"SO-{n:04}") for n in range(200))
    lines = tuple(line(id=str(n), order_id=str(n)) for n in range(200))
    text = without_spaces(invoice_text(invoice(orders=orders, lines=lines)))
    assert all(text.count(f"SO-{n:04}") >= 2 for n in range(200))


@pytest.mark.parametrize("locale", ["en", "de", "nl", "fr"])
def test_huge_amounts_stand_side_by_side(locale: str) -> None:
    lines = (line(name="W" * 300, quantity=10**15, unit_price=HUGE, discount=HUGE, total=HUGE),)
    vat = (VatRow(category="K", rate=0, base=HUGE, amount=HUGE),)
    snapshot = invoice(locale=locale, lines=lines, vat=vat, total_ex_vat=HUGE, total_vat=HUGE, total=HUGE)
    for page in strings(render(snapshot)):
        end, row = 0.0, 0.0
        for text in sorted(page, key=lambda text: (-text.y, text.x)):
            assert text.y != row or text.x >= end
            end, row = text.x + font(text.weight).width(text.text) * text.size, text.y
            assert end <= LEFT + WIDTH + 0.1
