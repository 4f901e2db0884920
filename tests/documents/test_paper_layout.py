"""How the paper breaks into pages."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from pypdf import PdfReader

from bench.pdf import Text, strings
from documents.paper.fonts import font
from documents.paper.grid import A4, WIDTH
from documents.pdf import render
from invoicing.snapshot import OrderReference, Snapshot, VatRow
from tests.support.snapshots import (
    SELLER,
    invoice,
    invoice_text,
    line,
    page_texts,
    with_lines,
    without_spaces,
)

FOOT = A4.height - A4.bottom  # what is below it belongs to the footer
PANEL_FOOT = 33.0  # points below the last text in the request to pay, beside its QR code
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


@pytest.mark.parametrize("count", range(8, 60))
def test_a_page_that_is_turned_to_has_three_lines_at_least(count: int) -> None:
    for text in page_texts(with_lines(count))[1:]:
        assert text.count("Item-") >= 3


@pytest.mark.parametrize("count", range(10, 24))
def test_rows_are_lower_only_where_that_saves_a_page(count: int) -> None:
    pages = strings(render(with_lines(count)))
    (pitch,) = {round(above.y - below.y, 2) for page in pages for above, below in pairwise(_names(page))}
    loose, tight = 21.5, 19.0
    assert pitch in (loose, tight)
    if len(pages) > 1:
        assert pitch == loose
    if pitch == tight:
        assert len(pages) == 1
        (single,) = strings(render(with_lines(1)))
        lowest = min(text.y for text in single if text.y > FOOT) - PANEL_FOOT
        assert lowest - (count - 1) * loose < FOOT


def test_the_sum_so_far_is_carried_from_page_to_page() -> None:
    lines = tuple(line(id=str(n), name=f"Item-{n}.", total=n * 100) for n in range(100))
    texts = [without_spaces(text) for text in page_texts(invoice(lines=lines))]
    assert len(texts) > 3
    carried = [_amount(text, "Carriedforward") for text in texts[:-1]]
    assert [_amount(text, "Broughtforward") for text in texts[1:]] == carried
    so_far, sums = 0, []
    for text in texts[:-1]:
        so_far += sum(int(number) for number in re.findall(r"Item-(\d+)\.", text))
        sums.append(so_far)
    assert carried == sums
    assert "Broughtforward" not in texts[0]
    assert "Carriedforward" not in texts[-1]


def test_a_row_in_the_middle_of_a_page_break_is_carried_once() -> None:
    lines = (line(name="First.", total=500), line(name="Second.", description="word " * 2_000, total=700))
    texts = [without_spaces(text) for text in page_texts(invoice(lines=lines))]
    assert len(texts) > 2
    assert [_amount(text, "Broughtforward") for text in texts[1:]] == [12] * (len(texts) - 1)


def test_orders_that_go_on_are_named_above_what_is_carried() -> None:
    orders = (OrderReference(id="a", number="SO-1"), OrderReference(id="b", number="SO-2"))
    lines = tuple(line(id=str(n), name=f"Item-{n}.", order_id="a") for n in range(60))
    second = page_texts(invoice(lines=lines, orders=orders))[1]
    places = [second.index(words) for words in ("Description", "Brought forward", "Order SO-1", "Item-")]
    assert places == sorted(places)


LONG_NAME = "Donaudampfschifffahrtsgesellschaft Internationale Spezialtransporte & Logistik GmbH & Co. KG"


def test_every_page_says_which_invoice_it_is_whose_and_of_when() -> None:
    first, *further = page_texts(replace(with_lines(100), seller=replace(SELLER, name="Lumen & Oak")))
    assert "Lumen & Oak  ·  Invoice 2025-0001" in first
    assert len(further) > 1
    for text in further:
        assert text.startswith("Lumen & Oak Invoice 2025-0001  ·  2 June 2025\nDescription")


def test_where_room_is_short_the_name_is_shortened_and_never_the_number() -> None:
    snapshot = replace(with_lines(80), seller=replace(SELLER, name=LONG_NAME * 2))
    first, *further = page_texts(snapshot)
    assert re.search(r"^Donaudampf.*…  ·  Invoice 2025-0001 Page 1 of", first, re.MULTILINE)
    for text in further:
        assert re.match(r"Donaudampf.*… Invoice 2025-0001  ·  2 June 2025\n", text)
    _check_nothing_overlaps(snapshot)


def test_descriptions_run_across_the_middle_columns_but_not_under_the_amounts() -> None:
    snapshot = invoice(lines=(line(description="word " * 60, discount=5, discount_reason="Sale"),))
    (page,) = strings(render(snapshot))
    rate = next(text for text in page if text.text == "21%")
    amount = next(text for text in page if text.text == "10.00" and text.x > rate.x)
    described = [text for text in page if text.text.lstrip().startswith("word word")]
    ends = [_end(text) for text in described]
    assert max(ends) > rate.x
    assert max(ends) <= amount.x
    assert all(text.y < rate.y for text in described)


def test_the_smallest_print_has_eight_points_and_the_text_nine() -> None:
    sizes = {text.size for page in strings(render(with_lines(3, discount=5))) for text in page}
    assert min(sizes) == 8
    assert 9.2 in sizes


def test_what_is_not_there_leaves_its_cell_empty_and_a_minus_is_a_minus() -> None:
    lines = (line(name="Item-0."), line(id="2", name="Item-1.", discount=500, total=500))
    (page,) = strings(render(invoice(lines=lines)))
    top, below = _names(page)
    assert [text.text for text in page if text.y == top.y] == ["Item-0.", "1 pc.", "10.00", "21%", "10.00"]
    assert "−5.00" in [text.text for text in page if text.y == below.y]
    assert not [text.text for text in page if "-" in text.text and not re.search(r"Item-|2025-", text.text)]


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
    text = invoice_text(invoice(orders=orders, lines=lines))
    assert "Orders\n200 orders, listed below" in text
    assert all(without_spaces(text).count(f"SO-{n:04}") == 1 for n in range(200))


@pytest.mark.parametrize("locale", ["en", "de", "nl", "fr"])
def test_huge_amounts_stand_side_by_side(locale: str) -> None:
    lines = (line(name="W" * 300, quantity=10**15, unit_price=HUGE, discount=HUGE, total=HUGE),)
    vat = (VatRow(category="K", rate=0, base=HUGE, amount=HUGE),)
    snapshot = invoice(locale=locale, lines=lines, vat=vat, total_ex_vat=HUGE, total_vat=HUGE, total=HUGE)
    _check_nothing_overlaps(snapshot)


def _check_nothing_overlaps(snapshot: Snapshot) -> None:
    for page in strings(render(snapshot)):
        end, row = 0.0, 0.0
        for text in sorted(page, key=lambda text: (-text.y, text.x)):
            assert text.y != row or text.x >= end
            end, row = _end(text), text.y
            assert end <= A4.left + WIDTH + 0.1


def _end(text: Text) -> float:
    """Where it ends, from the left edge of the page."""
    return text.x + font(text.weight).width(text.text) * text.size


def _names(page: list[Text]) -> list[Text]:
    """The names of the lines on a page, from above."""
    return sorted((text for text in page if text.text.startswith("Item-")), key=lambda text: -text.y)


def _amount(text: str, words: str) -> int:
    """The whole number behind the words, of which there is one on the page."""
    (found,) = re.findall(rf"{words}([\d,]+)\.00", text)
    return int(found.replace(",", ""))
