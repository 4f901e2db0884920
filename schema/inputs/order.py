"""What the changes of orders and their items take."""

from datetime import date, datetime

import strawberry
from strawberry.scalars import JSON

from schema.inputs.shared import AddressInput, PeriodInput
from schema.types.enums import OrderItemType, SupplyType, VatCategory
from schema.types.scalars import Currency, Money, Quantity, UnitPrice


@strawberry.input(description="A line of an order.")
class OrderItemInput:
    id: str | None = strawberry.field(
        default=strawberry.UNSET, description="Yours, unique in the account; a UUID when left out."
    )
    type: OrderItemType | None = strawberry.field(
        default=strawberry.UNSET, description="PRODUCT when left out."
    )
    sku: str | None = strawberry.field(default=strawberry.UNSET, description="Article number.")
    name: str = strawberry.field(description="What the paper calls it.")
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="More about it, up to 10,000 characters."
    )
    quantity: Quantity = strawberry.field(description="More than 0, with up to six decimals.")
    unit: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="A code of UN/ECE Rec 20 or 21 (HUR, KGM), or a word of 1 to 3 characters; C62, a piece, "
        "when left out.",
    )
    unit_price: UnitPrice = strawberry.field(
        description=(
            "Of one: with VAT where the order's is_including_vat. Only a DISCOUNT may be below zero; it is "
            "shared out over the order's other items when the order is taken in."
        )
    )
    discount: Money | None = strawberry.field(
        default=strawberry.UNSET, description="Taken off the whole line."
    )
    vat_rate: float | None = strawberry.field(
        default=strawberry.UNSET,
        description="In percent, up to four decimals; the account's default when left out. A DISCOUNT with "
        "a rate is taken off the items of that rate, one without off all.",
    )
    vat_category: VatCategory | None = strawberry.field(
        default=strawberry.UNSET, description="S when left out, or Z at a rate of 0."
    )
    exemption_reason: str | None = strawberry.field(
        default=strawberry.UNSET,
        description=("Why no VAT is charged, for the paper; the wording of the law when left out."),
    )
    supply: SupplyType | None = strawberry.field(
        default=strawberry.UNSET, description="GOODS for a PRODUCT when left out, else SERVICES."
    )
    service_period: PeriodInput | None = strawberry.field(
        default=strawberry.UNSET, description="When it is done, on the paper: a month's rent, hours (BG-26)."
    )


@strawberry.input
class CreateOrderInput:
    id: str | None = strawberry.field(default=strawberry.UNSET, description="Yours; a UUID when left out.")
    number: str | None = strawberry.field(
        default=strawberry.UNSET, description="What the customer knows it by; the next number when left out."
    )
    customer_id: str | None = strawberry.field(default=strawberry.UNSET, description="Whose it is, by id.")
    customer_handle: str | None = strawberry.field(default=strawberry.UNSET, description="Or by handle.")
    currency: Currency | None = strawberry.field(
        default=strawberry.UNSET, description="The account's default."
    )
    is_including_vat: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Whether the prices contain VAT; true when left out."
    )
    invoice_after_shipment: bool | None = strawberry.field(
        default=strawberry.UNSET, description="The account's setting when left out."
    )
    billing_name: str | None = strawberry.field(
        default=strawberry.UNSET, description="Who is invoiced. Needed where there is no customer."
    )
    billing_address: AddressInput | None = strawberry.field(
        default=strawberry.UNSET, description="The customer's when left out."
    )
    vat_number: str | None = strawberry.field(
        default=strawberry.UNSET, description="The buyer's VAT number. The customer's when left out."
    )
    shipping_address: AddressInput | None = strawberry.field(
        default=strawberry.UNSET, description="The customer's when left out."
    )
    purchase_order_number: str | None = strawberry.field(
        default=strawberry.UNSET, description="The buyer's number for it, on the paper."
    )
    buyer_reference: str | None = strawberry.field(
        default=strawberry.UNSET, description="The customer's when left out."
    )
    delivery_date: date | None = strawberry.field(
        default=strawberry.UNSET,
        description="On the paper, unless all that is invoiced was shipped: then the days of shipment are.",
    )
    payment_terms_days: int | None = strawberry.field(
        default=strawberry.UNSET, description="0 to 365; the customer's or the account's when null."
    )
    metadata: JSON | None = strawberry.field(
        default=strawberry.UNSET, description="A JSON object up to 16 kB."
    )
    idempotency_key: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="1 to 255 characters of yours. The same request again under it makes no other order, "
        "and returns the one made the first time.",
    )
    items: list[OrderItemInput] = strawberry.field(description="1 to 5,000 lines.")


@strawberry.input
class CreateOrdersInput:
    orders: list[CreateOrderInput] = strawberry.field(
        description="1 to 100, each taken in or refused by itself."
    )


@strawberry.input(description="What is left out stays as it is. Issued invoices keep what they say.")
class UpdateOrderInput:
    id: str = strawberry.field(description="Which order.")
    number: str | None = strawberry.field(
        default=strawberry.UNSET, description="What the customer knows it by."
    )
    billing_name: str | None = strawberry.field(default=strawberry.UNSET, description="Who is invoiced.")
    billing_address: AddressInput | None = strawberry.field(
        default=strawberry.UNSET, description="Where the invoice goes."
    )
    vat_number: str | None = strawberry.field(
        default=strawberry.UNSET, description="The buyer's VAT number. The customer's when left out."
    )
    shipping_address: AddressInput | None = strawberry.field(
        default=strawberry.UNSET, description="Where the goods go."
    )
    purchase_order_number: str | None = strawberry.field(
        default=strawberry.UNSET, description="The buyer's number for it."
    )
    buyer_reference: str | None = strawberry.field(default=strawberry.UNSET, description="On the paper.")
    delivery_date: date | None = strawberry.field(
        default=strawberry.UNSET,
        description="On the paper, unless all that is invoiced was shipped: then the days of shipment are.",
    )
    payment_terms_days: int | None = strawberry.field(
        default=strawberry.UNSET, description="0 to 365; the customer's or the account's when null."
    )
    metadata: JSON | None = strawberry.field(
        default=strawberry.UNSET, description="A JSON object up to 16 kB."
    )


@strawberry.input(
    description="Part of a quantity splits the item: the part gets an id of its own, the rest keeps its own."
)
class ItemQuantityInput:
    item_id: str = strawberry.field(description="Which item.")
    quantity: Quantity | None = strawberry.field(
        default=strawberry.UNSET, description="How much of it; all when left out."
    )


@strawberry.input
class ShipOrderItemsInput:
    order_id: str = strawberry.field(description="Which order.")
    items: list[ItemQuantityInput] = strawberry.field(
        description="What is shipped. Shipping costs and fees go with an order's first shipment."
    )
    shipped_at: datetime | None = strawberry.field(default=strawberry.UNSET, description="Now when left out.")


@strawberry.input
class ContraItemInput:
    item_id: str = strawberry.field(description="Which item.")
    quantity: Quantity | None = strawberry.field(
        default=strawberry.UNSET, description="How much of it; all when left out. A part splits the item."
    )
    contra_item_id: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The contra item's id; generated when left out.",
    )
    reason: str | None = strawberry.field(
        default=strawberry.UNSET, description="Why; on the credit invoice, if there is one."
    )


@strawberry.input(description="Before shipment: what has been shipped is returned instead.")
class CancelOrderItemsInput:
    order_id: str = strawberry.field(description="Which order.")
    items: list[ContraItemInput] = strawberry.field(description="What is cancelled: ids under CANCEL.")


@strawberry.input(description="After shipment: what has not been shipped is cancelled instead.")
class ReturnOrderItemsInput:
    order_id: str = strawberry.field(description="Which order.")
    items: list[ContraItemInput] = strawberry.field(description="What is returned: ids under RETURN.")


@strawberry.input(description="A step of contra items where the account's contra_flow is GUIDED.")
class HandleOrderItemsInput:
    order_id: str = strawberry.field(description="Which order.")
    items: list[str] = strawberry.field(description="The contra items' ids.")
