"""The invoice as one value: all that is printed, frozen when it is issued.

Old snapshots stay readable: fields are only ever added, and with a default. Amounts are whole minor units of
`currency`, quantities millionths, rates ten-thousandths of a percent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

VERSION = 2
"""Of the snapshots that are written now. Those without one count as version 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address; `country_code` is ISO 3166-1 alpha-2."""

    organisation: str | None = None
    name: str | None = None
    address_line_1: str | None = None
    address_line_2: str | None = None
    postal_code: str | None = None
    locality: str | None = None
    administrative_area: str | None = None
    country_code: str | None = None
    email: str | None = None
    phone_number: str | None = None


@dataclass(frozen=True, slots=True)
class ElectronicAddress:
    """Where a party takes e-invoices (BT-34, BT-49): a code of the EAS list, and what it is under it."""

    scheme: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """The seller (EN 16931 BG-4) or the buyer (BG-7) as they were at issue."""

    name: str
    address: Address = Address()
    legal_name: str | None = None
    vat_number: str | None = None
    tax_number: str | None = None  # BT-32, a seller's without a VAT number
    registration_number: str | None = None
    email: str | None = None
    contact_name: str | None = None
    phone_number: str | None = None
    iban: str | None = None
    bic: str | None = None
    is_business: bool = True
    reference: str | None = None  # BT-10, the buyer's own reference
    electronic_address: ElectronicAddress | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days from `start` to `end`, both included."""

    start: date
    end: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReference:
    """An order that the invoice covers, by the number that its customer knows."""

    id: str
    number: str
    purchase_order_number: str | None = None
    delivery_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An invoice line (BG-25). `subtotal` and `total` include VAT if `is_including_vat` is set.

    `unit_price` is whole minor units, `unit_price_rest` millionths of one more.
    """

    id: str
    name: str
    quantity: int
    unit: str = "C62"  # UN/ECE Rec 20: a piece
    unit_price: int
    unit_price_rest: int = 0
    discount: int = 0
    discount_reason: str | None = None  # BT-139, of what is taken off by the order's discounts
    subtotal: int
    total: int
    total_ex_vat: int
    vat_amount: int
    rounding: int = 0  # the part of the invoice's rounding for its order, on the first line of it
    vat_rate: int  # ten-thousandths of a percent: 21 % is 210_000
    vat_category: str = "S"  # UNTDID 5305
    exemption_reason: str | None = None
    supply: str = "GOODS"
    sku: str | None = None
    description: str | None = None
    service_period: Period | None = None  # BG-26
    order_id: str | None = None
    order_item_id: str | None = None
    credited_invoice_id: str | None = None
    credited_line_id: str | None = None
    credited_quantity: int | None = None  # None if a line is credited by amount only

    @property
    def asked(self) -> int:
        """What is asked for the line, with VAT and its part of the rounding."""
        return self.total_ex_vat + self.vat_amount + self.rounding

    @property
    def is_price_reduction(self) -> bool:
        """Whether it credits an amount, with which no piece came back."""
        return self.credited_line_id is not None and not self.credited_quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditedInvoice:
    """An invoice that a credit invoice credits (BG-3)."""

    id: str
    number: str
    issued_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class VatRow:
    """One row of the VAT breakdown (BG-23): `base` without VAT, `amount` the VAT on it."""

    category: str
    rate: int
    base: int
    amount: int
    exemption_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VatInTaxCurrency:
    """The VAT in the currency in which the seller declares it (BT-6, BT-111).

    `exchange_rate` is units of the invoice's currency for one of this one, as a decimal; None where it is the
    same currency, or where no rate is known and so neither is the amount.
    """

    currency: str
    decimals: int
    exchange_rate: str | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedPayment:
    """What a payment paid of the invoice, when and how: a code (CASH), or the words of who recorded it."""

    paid_on: date
    method: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedSetOff:
    """What a credit invoice takes off what is still to be paid of an invoice that it credits."""

    number: str
    amount: int


@dataclass(frozen=True, slots=True)
class PaymentReference:
    """The reference of a Swiss QR-bill: QRR (27 digits) or SCOR (ISO 11649). A transfer quotes it (BT-83)."""

    type: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """An image that is stored under its SHA-256; its width and height in pixels give its proportions."""

    sha256: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Branding:
    """What the paper looks like: the account's branding at issue."""

    logo: Logo | None = None
    accent_color: str  # #RRGGBB
    footer: str | None = None  # columns, parted by an empty line
    terms: str | None = None
    paper_size: str = "A4"  # or LETTER
    tax_name: str | None = None  # in the place of the language's own word for VAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """An issued invoice, complete: nothing has to be looked up to print it.

    One that could be issued has neither an id nor a number yet.
    """

    id: str = ""
    number: str = ""
    type: str  # INVOICE or CREDIT
    currency: str
    currency_decimals: int | None = None  # None: CLDR's, as all were until this field was added
    is_including_vat: bool
    issued_on: date
    due_on: date | None
    locale: str  # the buyer's, BCP 47 with "-" or "_"
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    vat: tuple[VatRow, ...]
    subtotal: int
    total_ex_vat: int
    total_vat: int
    total: int
    rounding: int = 0  # BT-114: added to the total, it is what is to be paid
    vat_in_tax_currency: VatInTaxCurrency | None = None  # None: issued before this field was added
    paid: int = 0  # BT-113: paid before it was issued
    payments: tuple[PrintedPayment, ...] = ()  # by what; () where it was issued before this field was added
    set_off: tuple[PrintedSetOff, ...] | None = None  # a credit's; None: issued before this field was added
    payment_reference: PaymentReference | None = None  # of a Swiss QR-bill; None: there is none, or as above
    orders: tuple[OrderReference, ...] = ()
    credits: tuple[CreditedInvoice, ...] = ()
    shipping_address: Address | None = None
    delivery_date: date | None = None  # BT-72
    service_period: Period | None = None  # BG-14; never together with a delivery date
    purchase_order_number: str | None = None
    cost_center: str | None = None
    note: str | None = None
    branding: Branding | None = None  # None: issued before this field was added
    metadata: dict[str, Any] = field(default_factory=dict)
    version: int = VERSION

    @property
    def due(self) -> int:
        """What is to be paid, before payments; negative on a credit invoice."""
        return self.total + self.rounding

    @property
    def left_to_pay(self) -> int:
        """What is still asked for; zero or less where nothing is."""
        return self.due - self.paid

    @property
    def quoted(self) -> str:
        """What a transfer quotes (BT-83)."""
        return self.number if self.payment_reference is None else self.payment_reference.value

    @property
    def owed(self) -> int:
        """What a credit invoice gives back beyond what it takes off its invoices."""
        return -self.left_to_pay - sum(each.amount for each in self.set_off or ())

    @property
    def is_paid(self) -> bool:
        """Whether it asked for money and has all of it."""
        return self.due > 0 and self.left_to_pay <= 0
