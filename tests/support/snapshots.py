"""Makes frozen invoices, and reads the text of their PDFs."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

from pypdf import PdfReader

from documents.pdf import render
from invoicing.snapshot import Address, Line, Party, Snapshot, VatRow

SELLER = Party(
    name="Mug & Co",
    vat_number="NL123456782B01",
    iban="NL91ABNA0417164300",
    bic="ABNANL2A",
    address=Address(address_line_1="Keizersgracht 1", postal_code="1015 CJ", locality="Amsterdam"),
)
BUYER = Party(name="Ann Baker", address=Address(address_line_1="High Street 2", locality="Leeds"))


def line(**values: Any) -> Line:
    defaults = {
        "id": "1", "name": "Mug", "quantity": 1_000_000, "unit_price": 1000, "subtotal": 1000, "total": 1000,
        "total_ex_vat": 1000, "vat_amount": 210, "vat_rate": 210_000,
    }  # fmt: skip
    return Line(**{**defaults, **values})


def invoice(**values: Any) -> Snapshot:
    defaults = {
        "id": "i1", "number": "2025-0001", "type": "INVOICE", "currency": "EUR", "is_including_vat": False,
        "issued_on": date(2025, 6, 2), "due_on": date(2025, 6, 16), "locale": "en-GB", "seller": SELLER,
        "buyer": BUYER, "lines": (line(),),
        "vat": (VatRow(category="S", rate=210_000, base=1000, amount=210),),
        "subtotal": 1000, "total_ex_vat": 1000, "total_vat": 210, "total": 1210,
    }  # fmt: skip
    return Snapshot(**{**defaults, **values})


def with_lines(count: int, **values: Any) -> Snapshot:
    return invoice(lines=tuple(line(id=str(n), name=f"Item-{n}.", **values) for n in range(count)))


def page_texts(snapshot: Snapshot) -> list[str]:
    """The text of each page; a no-break space reads as a space."""
    reader = PdfReader(io.BytesIO(render(snapshot)))
    return [re.sub(" *\n *", "\n", page.extract_text().replace("\u202f", " ")) for page in reader.pages]


def invoice_text(snapshot: Snapshot) -> str:
    return "\n".join(page_texts(snapshot))


def without_spaces(text: str) -> str:
    """Without white space, so that it does not matter where lines were broken."""
    return "".join(text.split())
