"""Invoices as the API shows them: the columns of their rows, and what their frozen snapshots hold."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any

import strawberry
from strawberry.scalars import JSON

from invoicing.invoices.queries import Issued
from invoicing.invoices.tax_currency import exchange_rate_on, tax_currency_on, total_vat_on
from invoicing.snapshot import Snapshot, VatRow
from invoicing.stored_snapshot import load_stored, read_line, read_without_lines
from resolvers import customers, e_invoices, invoices, orders, payments
from schema.hints import SHAPE, TOGETHER, needs
from schema.info import Info
from schema.types.customer import Customer, customers_of
from schema.types.e_invoice import EInvoice, EInvoiceFormat, EInvoiceProblem
from schema.types.enums import InvoiceState, InvoiceType, PdfStatus
from schema.types.invoice_line import STORED_LINE, InvoiceLine
from schema.types.lists import AfterId, LazyList, Some, part
from schema.types.node import Node
from schema.types.order import Order
from schema.types.payment import Reimbursement
from schema.types.scalars import Currency, Money
from schema.types.shared import OF_ACTOR, STORED_VAT, Actor, Address, Party, Period, VatAmount
from schema.types.stored import column, computed, of_row, showing


def _pdf_status(row: Issued) -> PdfStatus:
    if row.pdf_key is not None:
        return PdfStatus.READY
    return PdfStatus.PENDING if row.pdf_failed_at is None else PdfStatus.FAILED


_BALANCE = "id", "state", "is_including_vat", "total", "rounding"
"""Columns of which `payments.balance_of` makes the balance of an invoice that has no payments."""
MOST_KEPT = 100  # lines that nobody asked for: a page may have many long invoices


@of_row
@strawberry.type(
    description="An issued invoice. It never changes; payments and credits are recorded beside it."
)
class Invoice(Node):
    row: strawberry.Private[Issued]
    snapshot: strawberry.Private[Snapshot | None] = None
    stored: strawberry.Private[dict[str, Any] | None] = None
    id: strawberry.ID = column("The caller's invoice_id or handle, or a UUID.")
    number: str = column("The numbers of a series have no gaps.")
    type: InvoiceType = column("Which way the money goes.", InvoiceType)
    state: InvoiceState = column("How far its payment is.", InvoiceState)
    handle: str | None = column("The caller's own id for it, where one was given.")
    currency: Currency = column("Of all its amounts.")
    is_including_vat: bool = column("Whether its unit prices contain VAT.")
    subtotal: Money = column("Σ of the lines' subtotals, before discounts: with VAT where is_including_vat.")
    total_ex_vat: Money = column("The total without VAT.")
    total_vat: Money = column("The VAT.")
    total: Money = column("With VAT: total_ex_vat + total_vat.")
    rounding: Money = column(
        "Added to total, it is what is to be paid (BT-114). Zero as a rule: it keeps what orders "
        "without VAT are asked for to what was quoted, and rounds by account.payable_rounding."
    )
    pdf_status: PdfStatus = computed("Whether the PDF is made.", _pdf_status, of=["pdf_key", "pdf_failed_at"])
    issued_on: date = column("The date on the paper, in the account's time zone.")
    due_on: date | None = column("When it is to be paid.")
    created_by: Actor = computed("Who issued it.", Actor.of, of=OF_ACTOR)
    created_at: datetime = column("When.")

    @strawberry.field(
        description="Its lines: oldest order first, items as they were ordered.",
        metadata={SHAPE: STORED_LINE, **needs("snapshot")},
    )
    def lines(self, first: Some = None, after: AfterId = None) -> Sequence[InvoiceLine]:
        return LazyList(part(self._stored_lines(), first, after, itemgetter("id")), _line)

    @strawberry.field(description="How many lines it has.", metadata=needs("snapshot"))
    def lines_count(self) -> int:
        return len(self._stored_lines())

    @strawberry.field(
        description="The VAT breakdown: one row per rate and category.",
        metadata={SHAPE: STORED_VAT, **needs("snapshot")},
    )
    def vat(self) -> Sequence[VatAmount]:
        return LazyList(self._kept()["vat"], _stored_vat)

    @strawberry.field(description="All orders that it covers, oldest first.", metadata=needs("snapshot"))
    async def orders(self, info: Info, first: Some = None, after: AfterId = None) -> list[Order]:
        asked = part(self._kept()["orders"], first, after, itemgetter("id"))
        return [Order.of(row) for row in await orders.by_ids(info.context, [each["id"] for each in asked])]

    @strawberry.field(description="How many orders it covers.", metadata=needs("snapshot"))
    def orders_count(self) -> int:
        return len(self._kept()["orders"])

    @strawberry.field(
        description="The customer with their details of today; null after a guest's order.",
        metadata={TOGETHER: customers_of, **needs("customer_id")},
    )
    async def customer(self, info: Info) -> Customer | None:
        found = await customers.by_id(info.context, self.row.customer_id)
        return Customer.of(found) if found else None

    @strawberry.field(
        description="Frozen at issue: what the paper says, whatever happens to the account later.",
        metadata=needs("snapshot"),
    )
    def seller(self) -> Party:
        return Party.of(self._frozen().seller)

    @strawberry.field(
        description="Frozen at issue: what the paper says, whatever happens to the customer later.",
        metadata=needs("snapshot"),
    )
    def buyer(self) -> Party:
        return Party.of(self._frozen().buyer)

    @strawberry.field(description="Where the goods went, as the paper says it.", metadata=needs("snapshot"))
    def shipping_address(self) -> Address | None:
        return Address.or_none(self._frozen().shipping_address)

    @strawberry.field(
        description="The day on which all of it was delivered or done (BT-72); null where it is a period, or "
        "not known. It is on the paper where it is not the date of issue, and always of sellers in Germany "
        "and Austria.",
        metadata=needs("snapshot"),
    )
    def delivery_date(self) -> date | None:
        return self._frozen().delivery_date

    @strawberry.field(
        description="The period in which it was delivered or done, if it took days (BG-14).",
        metadata=needs("snapshot"),
    )
    def service_period(self) -> Period | None:
        return Period.or_none(self._frozen().service_period)

    @strawberry.field(
        description="The currency in which the seller declared VAT when it was issued (BT-6).",
        metadata=needs("snapshot"),
    )
    def tax_currency(self) -> Currency:
        return Currency(tax_currency_on(self._frozen()))

    @strawberry.field(
        description="The VAT in the tax currency (BT-111): total_vat where it is the invoice's own; null "
        "where no exchange rate was known. On the paper where it is another.",
        metadata=needs("snapshot"),
    )
    def total_vat_in_tax_currency(self) -> Money | None:
        amount = total_vat_on(self._frozen())
        return None if amount is None else Money(amount)

    @strawberry.field(
        description="Units of the invoice's currency for one of the tax currency, as a decimal; null where "
        "they are the same, or it was not known.",
        metadata=needs("snapshot"),
    )
    def exchange_rate(self) -> str | None:
        return exchange_rate_on(self._frozen())

    @strawberry.field(
        description="What has been paid of it, computed from the ledger.", metadata=needs(*_BALANCE)
    )
    async def reimbursement(self, info: Info) -> Reimbursement:
        return Reimbursement.of(await payments.balance_of(info.context, self.row))

    @strawberry.field(
        description="The invoices that this credit invoice credits, oldest first.", metadata=needs("snapshot")
    )
    async def credits(self, info: Info, first: Some = None, after: AfterId = None) -> "list[Invoice]":
        asked = part(self._frozen().credits, first, after)
        return [Invoice.of(row) for row in await invoices.by_ids(info.context, [each.id for each in asked])]

    @strawberry.field(description="How many invoices it credits.", metadata=needs("snapshot"))
    def credits_count(self) -> int:
        return len(self._kept().get("credits", ()))

    @strawberry.field(description="The credit invoices that credit this one, oldest first.", metadata=needs())
    async def credited_by(self, info: Info, first: Some = None, after: AfterId = None) -> "list[Invoice]":
        found = await invoices.credits_of(info.context, self.row)
        return [Invoice.of(row) for row in part(found, first, after)]

    @strawberry.field(description="How many credit invoices credit it.", metadata=needs())
    async def credited_by_count(self, info: Info) -> int:
        return len(await invoices.credits_of(info.context, self.row))

    @strawberry.field(
        description="Null until the PDF has been generated: ask again. A link that expires.",
        metadata=needs("pdf_key", "number"),
    )
    def pdf_url(self, info: Info) -> str | None:
        return invoices.pdf_url(info.context, self.row)

    @strawberry.field(
        description="What the PDF cannot show, such as characters that no font of the server has, or a Swiss "
        "payment part without the seller's town. "
        "Empty as a rule, and until the PDF has been generated.",
        metadata=needs("pdf_warnings"),
    )
    def pdf_warnings(self) -> list[str]:
        return self.row.pdf_warnings or []

    @strawberry.field(
        description="A paid invoice's copy with the payments on it, marked as a copy and made when it is "
        "opened. A link that expires; null while something is open.",
        metadata=needs("type", "number", *_BALANCE),
    )
    async def receipt_url(self, info: Info) -> str | None:
        return await invoices.receipt_url(info.context, self.row)

    @strawberry.field(description="It as machines read it, in every format.")
    async def e_invoices(self, info: Info) -> list[EInvoice]:
        return [EInvoice.of(each) for each in await e_invoices.e_invoices(info.context, self.row)]

    @strawberry.field(description="It as machines read it, in one format.")
    async def e_invoice(self, info: Info, format: EInvoiceFormat) -> EInvoice:
        (made,) = await e_invoices.e_invoices(info.context, self.row, [format.wanted])
        return EInvoice.of(made)

    @strawberry.field(
        description="The buyer's number for it; of orders, where they agree on one (BT-13).",
        metadata=needs("snapshot"),
    )
    def purchase_order_number(self) -> str | None:
        return self._frozen().purchase_order_number

    @strawberry.field(
        description="The buyer's cost centre, on the paper (BT-19).", metadata=needs("snapshot")
    )
    def cost_center(self) -> str | None:
        return self._frozen().cost_center

    @strawberry.field(description="A remark on the paper (BT-22).", metadata=needs("snapshot"))
    def note(self) -> str | None:
        return self._frozen().note

    @strawberry.field(
        description="What a payment quotes, as the paper and the e-invoice say (BT-83): its number, or the "
        "reference of its Swiss QR-bill (QRR, or a creditor reference of ISO 11649).",
        metadata=needs("snapshot"),
    )
    def payment_reference(self) -> str:
        return self._frozen().quoted

    @strawberry.field(description="Any data of the caller's own.", metadata=needs("snapshot"))
    def metadata(self) -> JSON:
        return JSON(self._frozen().metadata)

    def _frozen(self) -> Snapshot:
        """All that is on the paper but the lines."""
        if self.snapshot is None:
            self.snapshot = read_without_lines(self._kept())
        return self.snapshot

    def _kept(self) -> Mapping[str, Any]:
        """The same as it is stored."""
        if self.stored is None:
            self.stored = load_stored(self.row.snapshot)
            if len(self.stored["lines"]) > MOST_KEPT:
                del self.stored["lines"]
        return self.stored

    def _stored_lines(self) -> Sequence[Mapping[str, Any]]:
        if self.stored is None or "lines" not in self.stored:
            self.stored = load_stored(self.row.snapshot)
        lines: Sequence[Mapping[str, Any]] = self.stored["lines"]
        return lines

    @classmethod
    def of(cls, row: Issued) -> "Invoice":
        return showing(cls, row)


@strawberry.type(description="What invoiceItems would issue, to the cent.")
class InvoicePreview:
    draft: strawberry.Private[Snapshot]
    type: InvoiceType = strawberry.field(description="Which way the money would go.")
    currency: Currency = strawberry.field(description="Of all its amounts.")
    subtotal: Money = strawberry.field(description="Σ of the lines' subtotals, before discounts.")
    total_ex_vat: Money = strawberry.field(description="The total without VAT.")
    total_vat: Money = strawberry.field(description="The VAT.")
    total: Money = strawberry.field(description="With VAT.")
    rounding: Money = strawberry.field(description="Added to total, it is what would have to be paid.")
    vat: list[VatAmount] = strawberry.field(description="The VAT breakdown.")

    @strawberry.field(description="The lines; their ids are not kept.")
    def lines(self) -> Sequence[InvoiceLine]:
        return LazyList(self.draft.lines, InvoiceLine.of)

    @strawberry.field(description="The currency in which the seller declares VAT.")
    def tax_currency(self) -> Currency:
        return Currency(tax_currency_on(self.draft))

    @strawberry.field(description="The VAT in the tax currency; null where no exchange rate is known.")
    def total_vat_in_tax_currency(self) -> Money | None:
        amount = total_vat_on(self.draft)
        return None if amount is None else Money(amount)

    @strawberry.field(description="The exchange rate now; another may be known when it is issued.")
    def exchange_rate(self) -> str | None:
        return exchange_rate_on(self.draft)

    @strawberry.field(description="What would stand in the way of an e-invoice: fill it in before issuing.")
    async def e_invoice_problems(self, info: Info, format: EInvoiceFormat) -> list[EInvoiceProblem]:
        found = await e_invoices.problems_of_draft(info.context, self.draft, format.wanted)
        return [EInvoiceProblem.of(each) for each in found]

    @strawberry.field(description="The orders that the invoice would cover.")
    async def orders(self, info: Info) -> list[Order]:
        found = await orders.by_ids(info.context, [order.id for order in self.draft.orders])
        return [Order.of(row) for row in found]

    @classmethod
    def of(cls, draft: Snapshot) -> "InvoicePreview":
        return cls(
            draft=draft,
            type=InvoiceType(draft.type),
            currency=Currency(draft.currency),
            subtotal=Money(draft.subtotal),
            total_ex_vat=Money(draft.total_ex_vat),
            total_vat=Money(draft.total_vat),
            total=Money(draft.total),
            rounding=Money(draft.rounding),
            vat=[_vat(row) for row in draft.vat],
        )


def _line(stored: Mapping[str, Any]) -> InvoiceLine:
    return InvoiceLine.of(read_line(stored))


def _stored_vat(stored: Mapping[str, Any]) -> VatAmount:
    return _vat(VatRow(**stored))


def _vat(row: VatRow) -> VatAmount:
    return VatAmount.of(row.rate, row.category, row.base, row.amount)
