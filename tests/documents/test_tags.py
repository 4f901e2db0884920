"""Every PDF is tagged: it is read aloud, and copied, in order and with its headings and tables."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from lxml import etree

from documents.einvoice.file import xml_of
from documents.einvoice.formats import EInvoiceFormat
from documents.pdf import render
from invoicing.snapshot import OrderReference, Snapshot
from tests.support.einvoices import BUYER_PARTY, SELLER_PARTY
from tests.support.pdfa import opened
from tests.support.snapshots import invoice, line, with_lines
from tests.support.tags import Read, Tag, read

SALE = invoice(
    seller=SELLER_PARTY,
    buyer=BUYER_PARTY,
    note="Thank you.",
    lines=(line(name="Mug", sku="M-1", description="Blue.", discount=100, subtotal=1100),),
)


def number(text: str) -> int:
    """The digits of an amount: its minor units."""
    return int(re.sub(r"\D", "", text) or 0)


def test_a_file_says_that_it_is_tagged() -> None:
    file = opened(render(with_lines(40)))
    assert file.Root.MarkInfo.Marked
    assert b"<pdfuaid:part>1</pdfuaid:part>" in file.Root.Metadata.read_bytes()
    assert [page.StructParents for page in file.pages] == list(range(len(file.pages)))
    assert {str(page.Tabs) for page in file.pages} == {"/S"}


@pytest.fixture(scope="module")
def every_read(papers: dict[str, bytes]) -> dict[str, tuple[Tag, Read]]:
    return {name: read(each) for name, each in papers.items()}


def test_all_of_every_kind_is_tagged_and_in_the_order_of_the_content(
    every_read: dict[str, tuple[Tag, Read]],
) -> None:
    for name, (document, content) in every_read.items():
        assert content.untagged == [], name
        places = [place for tag in document.all() for place in tag.places]
        assert places == list(content.marks), name
        assert all(tag.places or tag.children for tag in document.all() if tag.kind not in ("TD", "TH")), name


def test_every_kind_has_one_title_and_even_tables(every_read: dict[str, tuple[Tag, Read]]) -> None:
    for name, (document, _) in every_read.items():
        headings = [tag.kind for tag in document.all("H1", "H2")]
        assert (headings[0], headings.count("H1")) == ("H1", 1), name
        for table in document.all("Table"):
            rows = [row.children for row in table.all("TR")]
            assert len({sum(cell.columns for cell in row) for row in rows}) == 1, name
            assert all(cell.scope for row in rows for cell in row if cell.kind == "TH"), name


def test_the_amounts_of_every_kind_are_the_snapshots_on_paper_and_in_the_file(
    kinds: dict[str, Snapshot], every_read: dict[str, tuple[Tag, Read]]
) -> None:
    for name, each in kinds.items():
        lines, breakdown, sums = every_read[name][0].all("Table")
        amounts = [number(row[-1]) for row in lines.rows()[1:] if len(row) > 1]
        assert sorted(amounts) == sorted(abs(line.total) for line in each.lines), name
        rows = [(number(base), number(vat)) for _, base, vat in breakdown.rows()[1:]]
        assert rows == [(abs(row.base), abs(row.amount)) for row in each.vat], name
        totals = [number(amount) for _, amount in sums.rows()][:3]
        assert totals == [abs(each.total_ex_vat), abs(each.total_vat), abs(each.total)], name
        xml = etree.fromstring(xml_of(each, EInvoiceFormat.FACTUR_X))
        found = [
            number(str(xml.findtext(f".//{{*}}{element}")))
            for element in ("TaxBasisTotalAmount", "TaxTotalAmount", "GrandTotalAmount")
        ]
        assert found == totals, name


def test_a_row_is_read_from_its_name_on() -> None:
    document, content = read(render(SALE))
    lines, *_ = document.all("Table")
    assert lines.rows() == [
        ["Description", "Quantity", "Unit price", "Discount", "VAT", "Amount"],
        ["Mug M-1 Blue.", "1 pc.", "10.00", "−1.00", "21%", "10.00"],
    ]
    assert [cell.scope for cell in lines.children[0].children] == ["Column"] * 6
    assert " ".join(lines.rows()[1]) in " ".join(content.marks.values())


def test_headings_and_paragraphs_are_what_they_are() -> None:
    document, _ = read(render(SALE))
    assert [(tag.kind, tag.text) for tag in document.all("H1", "H2")] == [
        ("H1", "Invoice"),
        ("H2", "Note"),
        ("H2", "Payment"),
    ]
    paragraphs = [tag.text for tag in document.all("P")]
    assert {"Invoice number 2025-0001", "Thank you."} <= set(paragraphs)


def test_the_totals_have_headers_in_their_rows() -> None:
    _, breakdown, sums = read(render(SALE))[0].all("Table")
    assert [tag.scope for tag in breakdown.all("TH")] == ["Column"] * 3 + ["Row"]
    assert [tag.scope for tag in sums.all("TH")] == ["Row"] * 3


def test_what_is_repeated_on_each_page_is_read_once() -> None:
    document, content = read(render(with_lines(100)))
    text = "".join(tag.text for tag in document.all())
    assert text.count("Unit price") == 1
    assert "Page 2 of" not in text
    assert "Unit price" in content.artifacts
    assert len(document.all("Table")[0].children) == 101


def test_an_order_is_a_header_across_its_table() -> None:
    orders = tuple(OrderReference(id=each, number=f"SO-{each}") for each in "ab")
    lines = tuple(line(id=str(n), order_id="ab"[n // 40]) for n in range(80))
    document, _ = read(render(invoice(lines=lines, orders=orders)))
    headers = [tag for tag in document.all("TH") if tag.columns > 1]
    assert [(tag.text, tag.scope, tag.columns) for tag in headers] == [
        ("Order SO-a", "Row", 5),
        ("Order SO-b", "Row", 5),
    ]


@pytest.mark.parametrize("words", [150, 2_000])
def test_a_text_on_several_pages_is_one_element(words: int) -> None:
    note = " ".join(f"word{n}" for n in range(words))
    both = replace(SALE, note=note, lines=(line(name="Long", description=note),))
    document, content = read(render(both))
    assert content.untagged == []
    assert note in [tag.text for tag in document.all("P")]
    assert f"Long {note}" in [tag.text for tag in document.all("TD")]


def test_untagged_text_is_seen() -> None:
    pdf, spoilt = opened(render(SALE)), io.BytesIO()
    pdf.pages[0].contents_add(b"BT /R0 9 Tf (loose) Tj ET")
    pdf.save(spoilt)
    _, content = read(spoilt.getvalue())
    assert content.untagged == ["loose"]


def test_the_code_for_a_transfer_is_a_picture_with_words() -> None:
    document, _ = read(render(SALE))
    assert [tag.alternative for tag in document.all("Figure")] == ["QR: Payment"]
