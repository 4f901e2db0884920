"""The Swiss payment part on paper: where it is, how it is set, and what a telephone reads from it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pikepdf
import pytest
import zxingcpp
from PIL import Image, ImageOps
from pypdf import PdfReader
from pypdfium2 import PdfDocument  # type: ignore[import-untyped]

from bench.pdf import strings
from documents.paper.fonts import font
from documents.paper.languages import languages
from documents.paper.qr_bill.words import WORDS, words_of
from documents.pdf import copy_of, paper_of, render
from invoicing.snapshot import Address, Branding, PaymentReference, PrintedPayment, Snapshot
from tests.support.einvoices import BUYER_PARTY, SELLER_PARTY
from tests.support.pdfa import broken_rules, opened
from tests.support.snapshots import line, page_texts
from tests.support.swiss import BUYER, REFERENCE, SELLER, swiss
from tests.support.tags import characters_of, read

DOTS = 300  # an inch
SCOR = PaymentReference("SCOR", "RF31202500000001")
LETTER = Branding(accent_color="#0A636B", paper_size="LETTER")
TOP = 297 - 105  # of the part on the sheet; in millimetres, as all places here


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float


def pictures(snapshot: Snapshot) -> list[Image.Image]:
    pages = PdfDocument(render(snapshot))
    return [page.render(scale=DOTS / 72).to_pil().convert("L") for page in pages]


def part_of(picture: Image.Image, box: Box) -> Image.Image:
    """What is in a box that is measured from the part's upper left corner."""
    left, top, right, bottom = (round(value * DOTS / 25.4) for value in box)
    above = round(TOP * DOTS / 25.4)
    return picture.crop((left, above + top, right, above + bottom))


def ink(picture: Image.Image, box: Box) -> Box | None:
    """The box around all that is printed in a box, from the part's upper left corner."""
    found = (
        ImageOps.invert(part_of(picture, box))
        .point([255 if value > 60 else 0 for value in range(256)])
        .getbbox()
    )
    if found is None:
        return None
    left, top, right, bottom = (value * 25.4 / DOTS for value in found)
    return Box(box.left + left, box.top + top, box.left + right, box.top + bottom)


class Text(NamedTuple):
    x: float
    y: float
    font: str
    size: float
    text: str


def texts(snapshot: Snapshot) -> list[Text]:
    """The text in the part, with the place of its baseline from the part's upper left corner."""
    file = opened(render(snapshot))
    page = file.pages[-1]
    fonts = {name: (_name(each), characters_of(each)) for name, each in page.Resources.Font.items()}
    found: list[Text] = []
    origins, place, used, size = [(0.0, 0.0)], (0.0, 0.0), "", 0.0
    for instruction in pikepdf.parse_content_stream(page):
        operands: Any = instruction.operands
        match str(instruction.operator):
            case "q":
                origins.append(origins[-1])
            case "Q":
                origins.pop()
            case "cm":
                origins[-1] = (origins[-1][0] + float(operands[4]), origins[-1][1] + float(operands[5]))
            case "Tf":
                used, size = str(operands[0]), float(operands[1])
            case "Tm":
                place = float(operands[4]), float(operands[5])
            case "Tj":
                name, known = fonts[used]
                text = "".join(known[code] for code in bytes(operands[0]))
                left = origins[-1][0] + place[0] + (font("LR").width(" ") * size if text[0] == " " else 0)
                below = 105 - (origins[-1][1] + place[1]) * 25.4 / 72
                if below > 0:
                    found.append(Text(left * 25.4 / 72, below, name, size, text.strip()))
    return found


def _name(dictionary: Any) -> str:
    return str(dictionary.BaseFont).partition("+")[2]


def qr_codes(snapshot: Snapshot) -> Iterator[list[str]]:
    for picture in pictures(snapshot):
        yield [code.bytes.decode() for code in zxingcpp.read_barcodes(picture)]


def test_a_telephone_reads_the_code_through_its_cross() -> None:
    (picture,) = pictures(swiss(total=194_975))
    (code,) = zxingcpp.read_barcodes(picture)
    lines = code.bytes.decode().split("\n")
    assert (code.ec_level, code.symbology_identifier) == ("M", "]Q1")  # no sign of another encoding
    assert (lines[0], lines[3], lines[18:20]) == ("SPC", SELLER.iban, ["1949.75", "CHF"])
    assert lines[27:] == ["QRR", REFERENCE.value, "Rechnung 2025-0001", "EPD"]


def test_the_code_is_46_millimetres_wide_with_a_cross_of_7_and_5_of_white_around() -> None:
    (picture,) = pictures(swiss())
    box = ink(picture, Box(63, 12, 117, 67))
    assert box == pytest.approx(Box(67, 17, 113, 63), abs=0.2)
    middle = part_of(picture, Box(86.5, 36.5, 93.5, 43.5))  # 7 mm around the middle of the code
    assert middle.getpixel((middle.width // 2, middle.height // 2)) == 255
    edge = round(0.25 * DOTS / 25.4)
    for side in (
        (0, 0, middle.width, edge),
        (0, middle.height - edge, middle.width, middle.height),
        (0, 0, edge, middle.height),
        (middle.width - edge, 0, middle.width, middle.height),
    ):
        assert sum(middle.crop(side).histogram()[:200]) == 0
    assert middle.getpixel((round(1.2 * DOTS / 25.4), round(1.2 * DOTS / 25.4))) == 0


def test_both_parts_are_parted_by_lines_and_have_their_edges_free() -> None:
    (picture,) = pictures(swiss())
    assert ink(picture, Box(100, -0.3, 110, 0.3)) == pytest.approx(Box(100, -0.1, 110, 0.1), abs=0.15)
    assert ink(picture, Box(61.5, 60, 62.5, 70)) == pytest.approx(Box(61.9, 60, 62.1, 70), abs=0.15)
    for free in (
        Box(0, 1.5, 4.9, 105),
        Box(57.1, 15, 61.5, 105),
        Box(62.5, 15, 66.9, 105),
        Box(205.1, 1, 210, 105),
        Box(4, 100, 61, 105),
        Box(63, 90, 210, 105),
    ):
        assert ink(picture, free) is None
    assert ink(picture, Box(5, -2, 20, 2)) is not None  # the scissors


def test_what_is_printed_is_what_the_code_says() -> None:
    found = [each.text for each in texts(swiss(total=194_975_00))]
    account, reference = "CH44 3199 9123 0008 8901 2", "20 25000 00000 00000 00000 00012"
    creditor = ["Mug & Co AG", "Musterstrasse 123", "8000 Seldwyla"]
    debtor = ["Simon Müller", "Grosse Marktgasse 28a", "9490 Vaduz"]
    receipt = ["Konto / Zahlbar an", account, *creditor, "Referenz", reference, "Zahlbar durch", *debtor]
    amount = ["Währung", "CHF", "Betrag", "194 975.00"]
    more = ["Zusätzliche Informationen", "Rechnung 2025-0001"]
    part = ["Konto / Zahlbar an", account, *creditor, "Referenz", reference, *more, "Zahlbar durch", *debtor]
    assert found == ["Empfangsschein", *receipt, *amount, "Annahmestelle", "Zahlteil", *amount, *part]


def test_the_type_is_liberation_sans_in_the_prescribed_sizes() -> None:
    places = {(each.text, round(each.x)): (each.font, each.size) for each in texts(swiss())}
    bold, regular = "LiberationSans-Bold", "LiberationSans"
    assert places["Empfangsschein", 5] == (bold, 11)
    assert places["Zahlteil", 67] == (bold, 11)
    assert places["Referenz", 5] == (bold, 6)
    assert places["Simon Müller", 5] == (regular, 8)
    assert places["Referenz", 118] == (bold, 8)
    assert places["Simon Müller", 118] == (regular, 10)
    assert {font for font, _ in places.values()} == {bold, regular}


@pytest.mark.parametrize("language", sorted(languages()))
def test_headings_are_in_the_invoices_language_if_it_is_one_of_the_four(language: str) -> None:
    found = {each.text for each in texts(swiss(locale=language))}
    words = words_of(language)
    assert words is (WORDS[language] if language in ("de", "fr", "it", "en") else WORDS["en"])
    assert {words.receipt, words.payment_part, words.account, words.reference, words.additional} <= found
    assert {words.payable_by, words.currency, words.amount, words.acceptance_point} <= found
    document, _ = read(render(swiss(locale=language)))
    headings = [tag.text for tag in document.all("H1", "H2")]
    assert headings[-2:] == [words.receipt, words.payment_part]


def test_headings_need_no_second_part_of_their_font() -> None:
    for words in WORDS.values():
        for heading in (words.receipt, words.additional, words.currency, words.acceptance_point):
            assert font("LB").first_literal(heading) is not None


def test_a_buyer_who_is_not_named_has_a_field_to_be_filled_in() -> None:
    nobody = swiss(buyer=replace(BUYER, address=Address()))
    paper = paper_of(nobody)
    assert paper.warnings == (
        "The Swiss payment part leaves the buyer to be filled in by hand: the buyer has no postal code.",
    )
    assert [each.text for each in texts(nobody)].count("Zahlbar durch (Name/Adresse)") == 2
    (picture,) = pictures(nobody)
    found = [ink(picture, each) for each in (Box(4, 43.6, 58, 67), Box(117, 55.5, 204, 90))]
    widths = [(round(each.right - each.left), round(each.bottom - each.top)) for each in found if each]
    assert widths == [(52, 20), (65, 25)]


def test_long_names_stay_in_their_places() -> None:
    long = Address(
        address_line_1="Wallisellenstrassenwegweg " * 3 + "1234",
        postal_code="8" * 16,
        locality="Wangen-Brüttisellen ob der langen W",
        country_code="DE",
    )
    seller = replace(SELLER, legal_name="WWWW " * 14, address=long)
    crowded = swiss(seller=seller, buyer=replace(BUYER, name="Donaudampfschiff " * 5, address=long))
    picture = pictures(crowded)[-1]
    for free in (
        Box(57.1, 15, 61.5, 100),
        Box(205.1, 1, 210, 105),
        Box(5, 64.5, 57, 67.9),
        Box(113, 90, 210, 105),
    ):
        assert ink(picture, free) is None
    assert {each.size for each in texts(crowded)} >= {6, 8, 11}


def test_the_part_is_at_the_foot_of_the_last_page_or_alone_there() -> None:
    counts = {}
    for count in (1, 2, 8, 12, 20, 30):
        pages = page_texts(swiss(lines=tuple(line(id=str(n), name=f"Item-{n}.") for n in range(count))))
        counts[count] = len(pages)
        assert ["Empfangsschein" in page for page in pages] == [False] * (len(pages) - 1) + [True]
        for number, text in enumerate(pages, start=1):
            assert f"Seite {number} von {len(pages)}" in text
        assert "".join(pages).count("Item-") == count
    assert counts[1] == 1
    assert counts[8] == 2


def test_rows_are_lower_where_that_keeps_the_part_on_their_page() -> None:
    pitches: dict[int, set[float]] = {1: set(), 2: set()}
    for count in range(2, 9):
        lines = tuple(line(id=str(n), name=f"Item-{n}.") for n in range(count))
        pages = strings(render(swiss(lines=lines)))
        first, second = [each.y for each in pages[0] if each.text.strip().startswith("Item-")][:2]
        pitches[len(pages)].add(round(first - second, 2))
    assert pitches == {1: {21.5, 19.0}, 2: {21.5}}


def test_the_footer_stands_above_the_part() -> None:
    footer = Branding(accent_color="#0A636B", footer="Register: Zürich\nMug & Co AG\n\nBank")
    (picture,) = pictures(swiss(branding=footer))
    assert ink(picture, Box(19, -25, 190, -3)) is not None
    assert ink(picture, Box(21, -2, 190, -0.3)) is None
    assert "Register: Zürich" in page_texts(swiss(branding=footer))[0]


def test_the_part_takes_the_place_of_the_panel_and_of_the_code_for_sepa() -> None:
    (text,) = page_texts(swiss(currency="EUR", reference=SCOR))
    assert "Bitte überweisen" not in text
    ((code,),) = qr_codes(swiss(currency="EUR", reference=SCOR))
    assert code.startswith("SPC")
    assert code.split("\n")[19] == "EUR"


@pytest.mark.parametrize(
    "snapshot",
    [swiss(paid=1_210), swiss(reference=None), swiss(type="CREDIT", reference=None, total=-1_210)],
    ids=["paid", "issued before there were parts", "credit"],
)
def test_there_is_no_part_where_none_is_due(snapshot: Snapshot) -> None:
    paper = paper_of(snapshot)
    assert paper.warnings == ()
    assert b"Liberation" not in paper.content
    assert "Empfangsschein" not in "".join(page_texts(snapshot))


def test_a_receipt_has_no_part() -> None:
    payment = PrintedPayment(paid_on=swiss().issued_on, method="CASH", amount=1_210)
    content = copy_of(swiss(paid=1_210, payments=(payment,)))
    assert "Empfangsschein" not in PdfReader(io.BytesIO(content)).pages[0].extract_text()


def test_on_letter_there_is_a_reason_and_the_reference_is_quoted() -> None:
    letter = swiss(branding=LETTER)
    assert paper_of(letter).warnings == (
        "The Swiss payment part is left out: it is as wide as A4, and the paper is not.",
    )
    (text,) = page_texts(letter)
    assert "unter Angabe von 20 25000 00000 00000 00000 00012" in text.replace("\n", " ")


def test_no_code_for_sepa_leads_to_a_qr_iban() -> None:
    assert list(qr_codes(swiss(branding=LETTER, currency="EUR"))) == [[]]
    ((code,),) = qr_codes(swiss(branding=LETTER, currency="EUR", reference=SCOR, seller=SEPA))
    assert code.split("\n")[7:] == ["EUR12.10", "", SCOR.value, ""]


SEPA = replace(SELLER, iban="CH5800791123000889012")


def test_the_part_is_tagged_and_read_after_all_else() -> None:
    document, content = read(render(swiss(note="Danke.")))
    assert content.untagged == []
    assert [place for tag in document.all() for place in tag.places] == list(content.marks)
    order = [tag.alternative or tag.text for tag in document.all("H2", "P", "Figure")]
    start = order.index("Empfangsschein")
    assert order[start - 1 : start + 2] == [
        "Danke.",
        "Empfangsschein",
        "Konto / Zahlbar an CH44 3199 9123 0008 8901 2 Mug & Co AG Musterstrasse 123 8000 Seldwyla",
    ]
    title = order.index("Zahlteil")
    assert order[title : title + 3] == ["Zahlteil", "Swiss QR Code", "Währung CHF"]


@pytest.mark.parametrize(
    ("locale", "said"), [("de-CH", None), ("it-CH", None), ("pl-PL", "en"), ("nl-NL", "en")]
)
def test_english_words_on_a_page_of_another_language_say_so(locale: str, said: str | None) -> None:
    file = opened(render(swiss(locale=locale)))
    found = {
        str(each.Lang)
        for each in file.objects
        if isinstance(each, pikepdf.Dictionary) and "/S" in each and "/Lang" in each
    }
    assert found == ({said} if said else set())


def test_the_part_is_pdf_a_with_its_e_invoice_and_the_same_every_time() -> None:
    sale = swiss(seller=replace(SELLER_PARTY, iban=SELLER.iban, address=SELLER.address), buyer=BUYER_PARTY)
    first, second = paper_of(sale), paper_of(sale)
    assert first.has_e_invoice
    assert first.content == second.content
    assert broken_rules(first.content) == []
