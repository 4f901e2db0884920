"""Draws the pictures of docs/gallery.md: `python -m tools.gallery`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from pypdfium2 import PdfDocument  # type: ignore[import-untyped]

from documents.pdf import copy_of, render
from invoicing.snapshot import (
    Address,
    CreditedInvoice,
    Party,
    PaymentReference,
    PrintedPayment,
    PrintedSetOff,
    Snapshot,
)
from tools.sample_invoice import sample

FOLDER = Path(__file__).parents[1] / "docs" / "gallery"
SCALE = 100 / 72  # dots a point
COLOURS = 64  # enough for black, grey and one accent, and half the size


def credit() -> Snapshot:
    """All of a sample given back: a part is set off, the rest is to be paid back."""
    sale = sample(3)
    return replace(
        sale,
        type="CREDIT",
        number="CN-2025-0007",
        due_on=None,
        lines=tuple(
            replace(line, quantity=-line.quantity, discount=-line.discount, total=-line.total)
            for line in sale.lines
        ),
        vat=tuple(replace(row, base=-row.base, amount=-row.amount) for row in sale.vat),
        total_ex_vat=-sale.total_ex_vat,
        total_vat=-sale.total_vat,
        total=-sale.total,
        credits=(CreditedInvoice(id="sale", number="2025-0042", issued_on=date(2025, 2, 1)),),
        set_off=(PrintedSetOff(number="2025-0042", amount=100_000),),
        note="The lamps arrived broken and were sent back.",
    )


def paid() -> Snapshot:
    sale = sample(4)
    ideal = PrintedPayment(paid_on=date(2025, 3, 1), method="iDEAL", amount=100_000)
    card = PrintedPayment(paid_on=date(2025, 3, 2), method="Visa •••• 4242", amount=sale.total - 100_000)
    return replace(sale, locale="nl-NL", paid=sale.total, payments=(ideal, card))


def swiss() -> Snapshot:
    """With a QR-bill."""
    sale = sample(4)
    here = Address(
        address_line_1="Musterstrasse 123", postal_code="8000", locality="Seldwyla", country_code="CH"
    )
    seller = Party(
        name="Lumen & Eiche", legal_name="Lumen & Eiche AG", iban="CH4431999123000889012", address=here
    )
    buyer = Party(name="Jana Brückner", address=replace(here, address_line_1="Grosse Marktgasse 28"))
    return replace(
        sale,
        currency="CHF",
        seller=seller,
        buyer=buyer,
        locale="de-CH",
        orders=(),
        cost_center=None,
        note=None,
        payment_reference=PaymentReference("QRR", "202500000000000000000000423"),
    )


def pages() -> Iterator[tuple[str, bytes, int]]:
    """Each picture's name, its PDF and the page."""
    yield "five-lines", render(sample(5)), 0
    yield "tightened", render(replace(sample(8), locale="de-DE")), 0
    yield "long-first", render(replace(sample(40), locale="pl-PL")), 0
    yield "long-last", render(replace(sample(40), locale="pl-PL")), 1
    yield "credit", render(replace(credit(), locale="fr-FR")), 0
    yield "qr-bill", render(swiss()), 0
    yield "receipt", copy_of(paid()), 0


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, pdf, number in pages():
        picture = PdfDocument(pdf)[number].render(scale=SCALE).to_pil()
        picture.quantize(COLOURS).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
