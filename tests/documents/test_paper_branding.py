"""The seller's branding on paper: logo, colours, footer, terms, size of the pages, the tax's name."""

from __future__ import annotations

import io
import re
from dataclasses import fields, replace
from typing import Any

import pytest
from pypdf import PageObject, PdfReader

from documents.paper.labels import labels
from documents.paper.languages import languages
from documents.paper.logo import LogoMissing
from documents.pdf import render
from invoicing.accounts.logo import LogoImage, read_logo
from invoicing.snapshot import Branding, Logo, Snapshot
from invoicing.stored_snapshot import dump, load
from tests.support.logos import JPEG, TALL, WIDE, encoded, picture
from tests.support.pdfa import broken_rules, opened
from tests.support.snapshots import invoice, invoice_text, page_texts, with_lines
from tests.support.tags import read

FOOTER = "Mug & Co\nKeizersgracht 1\n\nRouting 021000021\nAccount 123456789\n\nDirector: Ann Baker"
GREY = encoded(picture(mode="L"))


def branded(given: Snapshot | None = None, image: LogoImage | None = None, **values: Any) -> Snapshot:
    logo = None if image is None else Logo(sha256=image.sha256, width=image.width, height=image.height)
    own = Branding(**{"accent_color": "#0A636B", "logo": logo, **values})
    return replace(given or invoice(), branding=own)


def pages(snapshot: Snapshot, logo: bytes | None = None) -> list[PageObject]:
    return list(PdfReader(io.BytesIO(render(snapshot, logo))).pages)


def operators(page: PageObject) -> bytes:
    contents = page.get_contents()
    assert contents is not None
    return bytes(contents.get_data())


def drawn(page: PageObject) -> tuple[float, float]:
    """The width and the height in points at which the page draws its image."""
    (found,) = re.findall(rb"cm ([\d.]+) 0 0 ([\d.]+) 0 0 cm /Logo Do Q", operators(page))
    return float(found[0]), float(found[1])


@pytest.mark.parametrize(("upload", "mode"), [(WIDE, "RGB"), (TALL, "RGB"), (JPEG, "RGB"), (GREY, "L")])
def test_the_logo_is_on_the_paper_as_it_is_stored(upload: str, mode: str) -> None:
    image = read_logo(upload)
    (page,) = pages(branded(image=image), image.content)
    (shown,) = page.images
    assert shown.image is not None
    assert (shown.image.size, shown.image.mode) == ((image.width, image.height), mode)


def test_the_pixels_are_those_that_were_stored() -> None:
    image = read_logo(WIDE)
    (page,) = pages(branded(image=image), image.content)
    (shown,) = page.images
    assert shown.image is not None
    assert shown.image.getpixel((300, 40)) == (200, 30, 30)


@pytest.mark.parametrize("upload", [WIDE, TALL, JPEG])
def test_the_logo_has_its_place_and_its_proportions(upload: str) -> None:
    image = read_logo(upload)
    width, height = drawn(pages(branded(image=image), image.content)[0])
    assert height == 44 or width == pytest.approx(220.64, abs=0.01)
    assert height <= 44
    assert width <= 220.65
    assert width / height == pytest.approx(image.width / image.height, rel=0.01)


@pytest.mark.parametrize("upload", [WIDE, JPEG, GREY])
def test_a_paper_with_branding_is_pdf_a(upload: str) -> None:
    image = read_logo(upload)
    snapshot = branded(with_lines(60), image, footer=FOOTER, terms="Terms", paper_size="LETTER")
    assert broken_rules(render(snapshot, image.content)) == []


def test_the_logo_says_whose_it_is() -> None:
    image = read_logo(WIDE)
    document, content = read(render(branded(image=image), image.content))
    figure, *_ = document.all("Figure")
    assert figure.alternative == "Mug & Co"
    assert content.untagged == []
    places = [place for tag in document.all() for place in tag.places]
    assert places == list(content.marks)


def test_the_logo_says_where_it_is() -> None:
    image = read_logo(WIDE)
    paper = render(branded(image=image), image.content)
    width, height = drawn(PdfReader(io.BytesIO(paper)).pages[0])
    file = opened(paper)
    elements: Any = file.Root.StructTreeRoot.K.K
    figure, *_ = [each for each in elements if each.S == "/Figure"]
    left, low, right, high = map(float, figure.A.BBox)
    assert (left, right - left, high - low) == pytest.approx((56, width, height), abs=0.02)
    assert 740 < low < high < 841


def test_the_logo_is_on_the_first_page_only() -> None:
    image = read_logo(WIDE)
    first, *others = pages(branded(with_lines(60), image), image.content)
    assert len(first.images) == 1
    assert [len(page.images) for page in others] == [0] * len(others)


def test_the_sellers_name_is_there_beside_a_logo_too() -> None:
    image = read_logo(WIDE)
    assert "Mug & Co" in pages(branded(image=image), image.content)[0].extract_text()


def test_the_same_snapshot_and_logo_give_the_same_bytes() -> None:
    for upload in (WIDE, JPEG):
        image = read_logo(upload)
        snapshot = branded(image=image, footer=FOOTER, terms="Terms", paper_size="LETTER")
        again = bytes(bytearray(image.content))
        assert render(snapshot, image.content) == render(load(dump(snapshot)), again)


def test_no_paper_is_made_without_its_logo_or_with_another() -> None:
    image = read_logo(WIDE)
    for content in (None, read_logo(TALL).content, image.content + b"\0"):
        with pytest.raises(LogoMissing, match=image.sha256):
            render(branded(image=image), content)


def test_the_accent_takes_the_place_of_the_usual_one() -> None:
    plain, coloured = (operators(pages(each)[0]) for each in (invoice(), branded(accent_color="#8A1538")))
    assert b"0.04 0.39 0.42 rg" in plain
    assert b"0.541 0.082 0.220 rg" in coloured
    assert b"0.04 0.39 0.42" not in coloured
    assert coloured.count(b"0.978 0.957 0.963 rg") == plain.count(b"0.955 0.972 0.972 rg") > 0


@pytest.mark.parametrize("size", ["A4", "LETTER"])
def test_the_footer_is_on_every_page_below_the_lines(size: str) -> None:
    texts = page_texts(branded(with_lines(70), footer=FOOTER, paper_size=size))
    assert len(texts) > 2
    for number, text in enumerate(texts, start=1):
        for words in ("Keizersgracht 1", "Routing 021000021", "Account 123456789", "Director: Ann Baker"):
            assert words in text
        assert f"Page {number} of {len(texts)}" in text
    items = re.findall(r"Item-(\d+)\.", " ".join(texts))
    assert [int(item) for item in items] == list(range(70))


def test_the_terms_are_the_last_words_and_may_take_several_pages() -> None:
    terms = "\n".join(f"{number}. Goods remain ours until they are paid." for number in range(1, 101))
    texts = page_texts(branded(terms=terms))
    assert len(texts) > 1
    joined = "\n".join(texts)
    assert joined.index("NL91 ABNA") < joined.index("1. Goods remain") < joined.index("100. Goods remain")


@pytest.mark.parametrize(("size", "points"), [("A4", (595.28, 841.89)), ("LETTER", (612, 792))])
def test_all_pages_have_the_size(size: str, points: tuple[float, float]) -> None:
    for page in pages(branded(with_lines(60), paper_size=size)):
        assert (float(page.mediabox.width), float(page.mediabox.height)) == points


def test_an_invoice_without_branding_is_as_before() -> None:
    stored = dump(invoice())
    assert "branding" not in stored
    before = load(stored)
    assert before.branding is None
    (page,) = pages(before)
    assert (float(page.mediabox.width), float(page.mediabox.height)) == (595.28, 841.89)
    assert "Total including VAT" in page.extract_text()


def test_the_taxs_own_name_is_on_the_paper() -> None:
    text = invoice_text(branded(tax_name="Sales tax"))
    for words in ("Sales tax no.", "Sales tax rate", "excluding sales tax", "Total including sales tax"):
        assert words in text
    assert "VAT" not in text


@pytest.mark.parametrize("language", sorted(languages()))
def test_no_language_says_vat_where_the_tax_has_a_name(language: str) -> None:
    own, renamed = labels(language), labels(language, "GST")
    assert renamed.vat == "GST"
    pattern = re.compile("|".join(map(re.escape, own.vat_words)))
    for each in fields(own):
        before, after = getattr(own, each.name), getattr(renamed, each.name)
        for text in after.values() if isinstance(after, dict) and each.name != "vat_words" else [after]:
            if isinstance(text, str):
                assert not pattern.search(text), (each.name, text)
        assert type(before) is type(after)
