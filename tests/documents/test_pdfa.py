"""Every PDF is PDF/A-3b, and carries its e-invoice where there is one."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pikepdf
import pytest

from documents.einvoice.file import xml_of
from documents.einvoice.formats import EInvoiceFormat
from documents.paper.languages import languages
from documents.pdf import paper_of, render
from invoicing.snapshot import Snapshot
from tests.support.einvoices import BUYER_PARTY, NAMES, SELLER_PARTY
from tests.support.pdfa import broken_rules, e_invoice_in, opened
from tests.support.snapshots import SELLER, invoice, with_lines

SALE = invoice(seller=SELLER_PARTY, buyer=BUYER_PARTY)
EVERY_SCRIPT = replace(SALE, number=NAMES, seller=replace(SELLER_PARTY, name=NAMES))


def test_every_kind_of_invoice_is_pdf_a(papers: dict[str, bytes]) -> None:
    broken = {name: broken_rules(each) for name, each in papers.items()}
    assert {name: rules for name, rules in broken.items() if rules} == {}


def test_every_kind_carries_its_e_invoice_byte_for_byte(
    kinds: dict[str, Snapshot], papers: dict[str, bytes]
) -> None:
    for name, each in kinds.items():
        assert e_invoice_in(papers[name]) == xml_of(each, EInvoiceFormat.FACTUR_X), name


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_language_is_pdf_a(language: str) -> None:
    assert broken_rules(render(replace(SALE, locale=language))) == []


def test_every_script_is_pdf_a() -> None:
    assert broken_rules(render(EVERY_SCRIPT)) == []


def test_what_cannot_be_said_in_en_16931_is_pdf_a_and_carries_nothing() -> None:
    made = paper_of(invoice())  # the seller's address has no country: BR-09
    assert not made.has_e_invoice
    assert e_invoice_in(made.content) is None
    assert broken_rules(made.content) == []
    assert b"factur-x" not in made.content


def test_a_fault_in_a_file_is_seen() -> None:
    for key in ("/OutputIntents", "/Metadata"):
        file = opened(render(SALE))
        del file.Root[key]
        spoilt = io.BytesIO()
        file.save(spoilt)
        assert broken_rules(spoilt.getvalue())


def test_it_names_itself_in_any_script_and_is_of_the_day_of_issue() -> None:
    file = opened(render(EVERY_SCRIPT))
    name = NAMES.replace("\uffff ", "")  # which XML cannot hold
    said = {key: str(value) for key, value in file.docinfo.items()}
    assert (said["/Author"], said["/Title"]) == (name, f"Invoice {name}")
    with file.open_metadata() as metadata:
        assert (metadata["dc:creator"], metadata["dc:title"]) == ([name], f"Invoice {name}")
        assert metadata["xmp:CreateDate"] == "2025-06-02"
    assert said["/CreationDate"] == said["/ModDate"] == "D:20250602"
    assert file.Root.Lang == "en"


def test_the_same_invoice_has_the_same_bytes_and_another_has_another_identifier() -> None:
    once, again, other = render(SALE), render(SALE), render(replace(SALE, issued_on=date(2025, 6, 3)))
    assert once == again
    assert _identifier(once) == _identifier(again) != _identifier(other)


def test_the_tables_of_a_long_file_lead_to_all_of_it() -> None:
    with opened(render(with_lines(300, sku="S"))) as file:
        assert file.check_pdf_syntax() == []
        assert len(file.pages) > 5


def test_special_characters_are_text_in_the_file() -> None:
    odd = r"A (b) \c <&> %d"
    file = opened(render(replace(SALE, seller=replace(SELLER, name=odd))))
    assert file.docinfo["/Author"] == odd


def _identifier(pdf: bytes) -> bytes:
    return bytes(opened(pdf).trailer[pikepdf.Name.ID][0])
