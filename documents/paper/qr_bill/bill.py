"""What a Swiss QR-bill says, and the text of its code (SIX Implementation Guidelines 2.3, chapter 4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from documents.paper.qr_characters import said
from invoicing.snapshot import Address, PaymentReference, Snapshot

MOST = 99_999_999_999  # minor units
NAME, STREET, BUILDING, POSTAL_CODE, TOWN, MESSAGE = 70, 70, 16, 16, 35, 140  # characters at most
MOST_BYTES = 997  # what a QR code of version 25 holds
_HOME = ("CH", "LI")
_WITH_BUILDING = re.compile(
    r"(?!p\.? ?o\.? box|postfach|case postale|casella postale)(.*\S) (\d+ ?[a-z]?(?:[-/]\d+ ?[a-z]?)?)",
    re.IGNORECASE,
)

Tell = Callable[[str], object]


class NoQrBill(Exception):
    """Why there is no payment part, in a sentence."""


@dataclass(frozen=True, slots=True)
class Trader:
    """A party with a structured address, the only kind there is."""

    name: str
    street: str
    building: str
    postal_code: str
    town: str
    country: str

    @property
    def elements(self) -> list[str]:
        return ["S", self.name, self.street, self.building, self.postal_code, self.town, self.country]

    def lines(self, *, has_street: bool = True) -> list[str]:
        """As it is printed. An address abroad has its country before the postal code."""
        code = self.postal_code if self.country in _HOME else f"{self.country}-{self.postal_code}"
        street = f"{self.street} {self.building}".strip()
        return [self.name, *([street] if street and has_street else []), f"{code} {self.town}"]


@dataclass(frozen=True, slots=True)
class QrBill:
    """`debtor` is None where it is to be filled in by hand; the amount is as in the code: 1949.75."""

    account: str
    creditor: Trader
    amount: str
    currency: str
    debtor: Trader | None
    reference: PaymentReference
    message: str

    @property
    def code(self) -> str:
        """The text of the QR code."""
        debtor = [""] * 7 if self.debtor is None else self.debtor.elements
        elements = [
            *("SPC", "0200", "1"),  # Swiss Payments Code, version 2, UTF-8
            self.account,
            *self.creditor.elements,
            *[""] * 7,  # the final creditor, which nobody may fill in yet
            self.amount,
            self.currency,
            *debtor,
            *(self.reference.type, self.reference.value),
            self.message,
            "EPD",  # End Payment Data
        ]
        return "\n".join(elements)


def qr_bill_of(invoice: Snapshot, reference: PaymentReference, message: str, tell: Tell) -> QrBill:
    """The bill for what is left to pay. `tell` is told in sentences what it cannot say in full."""
    if invoice.branding is not None and invoice.branding.paper_size != "A4":
        raise NoQrBill("it is as wide as A4, and the paper is not.")
    if invoice.left_to_pay > MOST:
        raise NoQrBill("it cannot ask for a billion or more.")
    seller, buyer = invoice.seller, invoice.buyer
    creditor = _trader("seller", seller.legal_name or seller.name, seller.address, tell)
    bill = QrBill(
        account="".join((seller.iban or "").split()),
        creditor=creditor,
        amount=f"{invoice.left_to_pay // 100}.{invoice.left_to_pay % 100:02}",
        currency=invoice.currency,
        debtor=_debtor(buyer.name, buyer.address, tell),
        reference=reference,
        message=(said(message) or "")[:MESSAGE].rstrip(),
    )
    if len(bill.code.encode()) > MOST_BYTES:
        raise NoQrBill("names and addresses are too long for its code.")
    return bill


def _debtor(name: str, address: Address, tell: Tell) -> Trader | None:
    try:
        return _trader("buyer", name, address, tell)
    except NoQrBill as reason:
        tell(f"The Swiss payment part leaves the buyer to be filled in by hand: {reason}")
        return None


def _trader(who: str, name: str, address: Address, tell: Tell) -> Trader:
    fields = _Fields(who, tell)
    street, building = fields.said("street", address.address_line_1 or address.address_line_2), ""
    if found := _WITH_BUILDING.fullmatch(street):
        street, building = found[1], found[2]
    return Trader(
        name=fields.required("name", name, NAME),
        street=fields.cut("street", street, STREET),
        building=fields.cut("building number", building, BUILDING),
        postal_code=fields.required("postal code", address.postal_code, POSTAL_CODE),
        town=fields.required("town", address.locality, TOWN),
        country=fields.required("country", address.country_code, 2),
    )


class _Fields:
    """What a party's fields say."""

    def __init__(self, who: str, tell: Tell) -> None:
        self._who, self._tell = who, tell

    def said(self, what: str, value: str | None) -> str:
        text = said(value or "")
        if text is None:
            raise NoQrBill(f"the {self._who}'s {what} has letters that a Swiss QR code cannot have.")
        return text

    def cut(self, what: str, text: str, most: int) -> str:
        if len(text) > most:
            self._tell(f"The Swiss payment part has only {most} characters of the {self._who}'s {what}.")
        return text[:most].rstrip()

    def required(self, what: str, value: str | None, most: int) -> str:
        text = self.said(what, value)
        if not text:
            raise NoQrBill(f"the {self._who} has no {what}.")
        return self.cut(what, text, most)
