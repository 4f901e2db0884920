"""A sample invoice of any length, and its picture.

python -m tools.sample_invoice sample.pdf && pdftoppm -r 121 -png -singlefile sample.pdf docs/invoice
"""

from __future__ import annotations

import sys
from datetime import date
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

from documents.pdf import render
from invoicing.decimals import MILLION
from invoicing.snapshot import Address, Line, OrderReference, Party, Snapshot, VatRow
from invoicing.vat.arithmetic import WHOLE

SELLER = Party(
    name="Lumen & Oak",
    legal_name="Lumen & Oak Interiors B.V.",
    vat_number="NL123456782B01",
    registration_number="12345678",
    email="hello@lumenoak.example",
    phone_number="+31 20 555 01 23",
    iban="NL91 ABNA 0417 1643 00",
    bic="ABNANL2A",
    address=Address(
        address_line_1="Keizersgracht 1000", postal_code="1015 AA", locality="Amsterdam", country_code="NL"
    ),
)
BUYER = Party(
    name="Atelier Noord",
    contact_name="Jana Brückner",
    vat_number="NL000099998B57",
    reference="Studio 3",
    address=Address(
        address_line_1="Delftsestraat 200", postal_code="3013 AC", locality="Rotterdam", country_code="NL"
    ),
)


class Goods(NamedTuple):
    name: str
    sku: str | None
    quantity: int
    price: int
    rate: int = 210_000
    unit: str = "C62"
    discount: int = 0
    description: str | None = None


GOODS = (
    Goods("Oak desk 160 × 80 cm", "DSK-0810", 2, 68500, discount=5000,
          description="Solid oak, oiled. Steel legs, adjustable in height."),
    Goods("Office chair Halden, wool", "CHR-0233", 4, 42900),
    Goods("Desk lamp Lumière, brass", "LMP-0142", 4, 14900),
    Goods("Acoustic panel, moss green felt", "PNL-0071", 12, 5950),
    Goods("Installation on site", None, 5, 7200, unit="HUR"),
    Goods("Handbook of good lighting", "BOK-0009", 3, 3450, rate=90_000),
    Goods("Bouquet of the season", None, 2, 4500, rate=90_000),
    Goods("Cable tray", "ACC-0550", 6, 2495),
)  # fmt: skip


def sample(count: int) -> Snapshot:
    """An invoice of so many lines, with two VAT rates if it has enough lines."""
    lines = tuple(_line(number, goods) for number, goods in enumerate(islice(cycle(GOODS), count)))
    vat = tuple(_vat_row(lines, rate) for rate in sorted({line.vat_rate for line in lines}, reverse=True))
    base, amount = sum(row.base for row in vat), sum(row.amount for row in vat)
    return Snapshot(
        id="sample",
        number="2025-0042",
        type="INVOICE",
        currency="EUR",
        is_including_vat=False,
        issued_on=date(2025, 3, 3),
        due_on=date(2025, 4, 2),
        locale="en-NL",
        seller=SELLER,
        buyer=BUYER,
        lines=lines,
        vat=vat,
        subtotal=base,
        total_ex_vat=base,
        total_vat=amount,
        total=base + amount,
        orders=(
            OrderReference(
                id="order",
                number="SO-1001",
                purchase_order_number="PO-55012",
                delivery_date=date(2025, 2, 27),
            ),
        ),
        cost_center="4210 Fit-out",
        note="Thank you for your order. Two chairs follow next week.",
    )


def _line(number: int, goods: Goods) -> Line:
    total = goods.quantity * goods.price - goods.discount
    return Line(
        id=str(number),
        name=goods.name,
        sku=goods.sku,
        description=goods.description,
        unit=goods.unit,
        quantity=goods.quantity * MILLION,
        unit_price=goods.price,
        discount=goods.discount,
        subtotal=goods.quantity * goods.price,
        total=total,
        total_ex_vat=total,
        vat_amount=total * goods.rate // WHOLE,
        vat_rate=goods.rate,
    )


def _vat_row(lines: tuple[Line, ...], rate: int) -> VatRow:
    base = sum(line.total for line in lines if line.vat_rate == rate)
    return VatRow(category="S", rate=rate, base=base, amount=(base * rate + WHOLE // 2) // WHOLE)


def main() -> None:
    Path(sys.argv[1]).write_bytes(render(sample(8)))


if __name__ == "__main__":
    main()
