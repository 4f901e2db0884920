"""What France asks of the invoices of its sellers beside EN 16931.

That is BR-FR-05 and BR-FR-08, and BR-FR-DEC-02 and 03 on decimals.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from documents.einvoice.content import Content
from documents.einvoice.fields import of_line
from documents.einvoice.problem import Problem, Problems
from invoicing.snapshot import Snapshot


class Note(NamedTuple):
    """A note with its subject, a code of UNTDID 4451 (BT-21)."""

    text: str
    subject: str | None


_PRICE_DECIMALS = 6
_BELOW_FOUR_DECIMALS = 100  # millionths
_NOTES = (  # code de commerce, articles L441-9, L441-10 and D441-5
    Note("Indemnité forfaitaire pour frais de recouvrement en cas de retard de paiement : 40 €.", "PMT"),
    Note("Pénalités de retard : taux d'intérêt de la Banque centrale européenne majoré de 10 points.", "PMD"),
    Note("Pas d'escompte en cas de paiement anticipé.", "AAB"),
)


def notes_of(invoice: Snapshot) -> tuple[Note, ...]:
    """The law's words on late payment, which a seller in France has to write."""
    return _NOTES if _is_french(invoice) else ()


def process_of(invoice: Snapshot) -> str | None:
    """What is sold (BT-23): B goods, S services, M both; 1 for an invoice that is sent to be paid."""
    if not _is_french(invoice):
        return None
    supplies = {line.supply for line in invoice.lines}
    if supplies == {"GOODS"}:
        return "B1"
    return "S1" if supplies == {"SERVICES"} else "M1"


def with_short_prices(invoice: Snapshot, content: Content) -> Content:
    """What the file says, its prices (BT-146) with six decimals at most if the seller is in France."""
    if not _is_french(invoice):
        return content
    return replace(content, items=[item._replace(price=_short(item.price)) for item in content.items])


def too_many_decimals(invoice: Snapshot, content: Content) -> Problems:
    """What keeps the platforms in France from taking an invoice from one business to another."""
    buyer = invoice.buyer
    if not (_is_french(invoice) and buyer.is_business and buyer.address.country_code == "FR"):
        return
    if any(item.quantity % _BELOW_FOUR_DECIMALS for item in content.items):
        field = of_line(content, "quantity")
        yield Problem("BR-FR-DEC-02", field, "France takes quantities with four decimals at most.")
    if any(_decimals(_short(item.price)) > _PRICE_DECIMALS for item in content.items):
        field = of_line(content, "amount")
        yield Problem("BR-FR-DEC-03", field, "France takes prices with six decimals at most.")


def _decimals(price: str) -> int:
    return len(price.partition(".")[2])


def _short(price: str) -> str:
    """The price as it is, if it has no more decimals or nothing would be left of it."""
    if _decimals(price) <= _PRICE_DECIMALS:
        return price
    short = format(round(Decimal(price), _PRICE_DECIMALS), "f").rstrip("0").rstrip(".")
    return price if short == "0" else short


def _is_french(invoice: Snapshot) -> bool:
    return invoice.seller.address.country_code == "FR"
