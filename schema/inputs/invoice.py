"""What the changes that issue invoices and credit them take."""

from datetime import date

import strawberry
from strawberry.scalars import JSON

from invoicing.invoices.values import IssueTerms
from schema.inputs.payment import ManualTransferInput
from schema.inputs.shared import AddressInput, PeriodInput
from schema.inputs.values import or_none
from schema.types.enums import SupplyType, VatCategory
from schema.types.scalars import Currency, Money, Quantity, UnitPrice


@strawberry.input(
    description=(
        "All items must be from orders of one customer, in one currency. The same id with the "
        "same items again returns the same invoice."
    )
)
class InvoiceItemsInput:
    items: list[str] = strawberry.field(description="The order items' ids: 1 to 5,000, each once.")
    invoice_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="The invoice's id; generated when left out. Makes a retry safe."
    )
    due_on: date | None = strawberry.field(
        default=strawberry.UNSET,
        description="Not before today in the account's time zone; by the terms of payment when left out.",
    )
    exchange_rate: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Units of the invoice's currency for one of the account's tax currency: 1.0834. When "
        "left out, the latest of `setExchangeRates` not after the date of supply.",
    )


@strawberry.input
class InvoiceOrderInput:
    order_id: str = strawberry.field(description="Which order.")
    invoice_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="The invoice's id; generated when left out. Makes a retry safe."
    )
    due_on: date | None = strawberry.field(
        default=strawberry.UNSET,
        description="Not before today in the account's time zone; by the terms of payment when left out.",
    )
    exchange_rate: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Units of the invoice's currency for one of the account's tax currency: 1.0834. When "
        "left out, the latest of `setExchangeRates` not after the date of supply.",
    )


@strawberry.input
class InvoiceOrdersInput:
    orders: list[InvoiceOrderInput] = strawberry.field(
        description="1 to 100, each invoiced or refused by itself: numbers follow their order."
    )


def issue_terms(input: InvoiceItemsInput | InvoiceOrderInput) -> IssueTerms:
    return IssueTerms(or_none(input.due_on), or_none(input.exchange_rate))


@strawberry.input(description="A line of a one-time invoice.")
class OrderLineInput:
    text: str = strawberry.field(description="What the paper calls it, up to 1,000 characters.")
    amount: UnitPrice = strawberry.field(
        description="Of one, with VAT unless amount_incl_vat is false. Below zero it is a rebate."
    )
    quantity: Quantity | None = strawberry.field(default=strawberry.UNSET, description="1 when left out.")
    vat_rate: float | None = strawberry.field(
        default=strawberry.UNSET,
        description="In percent, up to four decimals; the account's default when left out.",
    )
    vat_category: VatCategory | None = strawberry.field(
        default=strawberry.UNSET, description="S when left out, or Z at a rate of 0."
    )
    amount_incl_vat: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Whether the amount contains VAT; true when left out. The same on all lines.",
    )
    unit: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="A code of UN/ECE Rec 20 or 21 (HUR, KGM), or a word of 1 to 3 characters; C62, a piece, "
        "when left out.",
    )
    discount: Money | None = strawberry.field(
        default=strawberry.UNSET, description="Taken off the whole line: from 0 to amount × quantity."
    )
    sku: str | None = strawberry.field(default=strawberry.UNSET, description="Article number.")
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="More about it, up to 10,000 characters."
    )
    exemption_reason: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Why no VAT is charged, for the paper; the wording of the law when left out.",
    )
    supply: SupplyType | None = strawberry.field(default=strawberry.UNSET, description="GOODS when left out.")
    service_period: PeriodInput | None = strawberry.field(
        default=strawberry.UNSET, description="When it was or will be done, under the line (BG-26)."
    )


@strawberry.input(description="A charge of one of the customer's payment methods.")
class SettleInput:
    payment_method: str | None = strawberry.field(
        default=strawberry.UNSET, description="Its id, or `auto` for the newest active one."
    )


@strawberry.input(description="Name the customer by id or by handle. An invoice's total is never negative.")
class CreateInvoiceInput:
    customer_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="Who is invoiced, by id."
    )
    customer_handle: str | None = strawberry.field(default=strawberry.UNSET, description="Or by handle.")
    handle: str = strawberry.field(
        description=(
            "Yours, and the invoice's id: 1 to 255 characters of A-Z a-z 0-9 _ . @ - that no "
            "other invoice of the account has. Up to 20 characters fit a bank statement."
        )
    )
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET,
        description=(
            "Makes a retry safe: the same request with the same handle and key returns the "
            "invoice made the first time. Without it, a handle that is taken is refused. If the "
            "invoice is settled at once, the key is also that of its payment: another request "
            "with it is refused."
        ),
    )
    currency: Currency | None = strawberry.field(
        default=strawberry.UNSET, description="The account's default when left out."
    )
    order_lines: list[OrderLineInput] = strawberry.field(description="1 to 1,000 lines.")
    billing_address: AddressInput | None = strawberry.field(
        default=strawberry.UNSET,
        description=(
            "The customer's when left out. Its organisation replaces the customer's name as the "
            "buyer's. Its name does the same for a private person; for a business it is the "
            "person to ask for."
        ),
    )
    shipping_address: AddressInput | None = strawberry.field(
        default=strawberry.UNSET, description="The customer's when left out."
    )
    cost_center: str | None = strawberry.field(
        default=strawberry.UNSET, description="The buyer's cost centre, on the paper (BT-19)."
    )
    purchase_order_number: str | None = strawberry.field(
        default=strawberry.UNSET, description="The buyer's number for it, on the paper (BT-13)."
    )
    note: str | None = strawberry.field(
        default=strawberry.UNSET, description="A remark on the paper, up to 10,000 characters (BT-22)."
    )
    due_on: date | None = strawberry.field(
        default=strawberry.UNSET,
        description="Not before today in the account's time zone; by its payment terms when left out.",
    )
    exchange_rate: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Units of the invoice's currency for one of the account's tax currency: 1.0834. When "
        "left out, the latest of `setExchangeRates` not after the date of supply.",
    )
    delivery_date: date | None = strawberry.field(
        default=strawberry.UNSET, description="The day on which it was delivered or done (BT-72)."
    )
    service_period: PeriodInput | None = strawberry.field(
        default=strawberry.UNSET,
        description="Or the period (BG-14): not together with `delivery_date`. With neither, it goes "
        "from the first to the last day of the lines' own periods, if all have one.",
    )
    metadata: JSON | None = strawberry.field(
        default=strawberry.UNSET, description="A JSON object up to 16 kB, frozen with the invoice."
    )
    settle: SettleInput | None = strawberry.field(
        default=strawberry.UNSET,
        description=(
            "Charges the customer at once: the invoice is SETTLED, or FAILED and payable later, "
            "or PENDING until the gateway has decided. Needs PAYMENTS_WRITE too."
        ),
    )
    manual_transfer: ManualTransferInput | None = strawberry.field(
        default=strawberry.UNSET,
        description="It was paid already, without a gateway: SETTLED. Not together with `settle`.",
    )


@strawberry.input(description="How much of a line: a quantity or an amount; all that is left if neither.")
class CreditLineInput:
    line_id: str = strawberry.field(description="The invoice line's id.")
    quantity: Quantity | None = strawberry.field(default=strawberry.UNSET, description="How much of it.")
    amount: Money | None = strawberry.field(
        default=strawberry.UNSET,
        description="Or an amount of it, with or without VAT as the invoice's prices are.",
    )


@strawberry.input(
    description="The same credit_invoice_id with the same request again returns the same credit invoice."
)
class CreditInvoiceInput:
    invoice_id: str = strawberry.field(description="Which invoice.")
    lines: list[CreditLineInput] | None = strawberry.field(
        default=strawberry.UNSET, description="Which lines; all that is left of the invoice when left out."
    )
    reason: str | None = strawberry.field(default=strawberry.UNSET, description="On the paper.")
    credit_invoice_id: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Its id; generated when left out. Makes a retry safe.",
    )


@strawberry.input
class RetryInvoicePdfInput:
    invoice_id: str = strawberry.field(description="Which invoice.")
