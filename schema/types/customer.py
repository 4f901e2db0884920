"""Customers, as the API shows them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import strawberry
from strawberry.scalars import JSON

from invoicing.invoices.queries import Issued
from invoicing.storage import tables
from resolvers import customers, payments
from resolvers.context import Context
from schema.hints import needs
from schema.info import Info
from schema.types.node import Node
from schema.types.payment import PaymentMethod
from schema.types.shared import Address, ElectronicAddress
from schema.types.stored import column, of_row, showing


@of_row
@strawberry.type(description="A buyer.")
class Customer(Node):
    row: strawberry.Private[tables.Customer]
    id: strawberry.ID = column("The caller's own id for it, or a UUID.")
    handle: str | None = column("A second name of the caller's choice, unique in the account.")
    name: str = column("Personal or trading name.")
    legal_name: str | None = column("Registered name, where it is another.")
    email: str | None = column("E-mail address.")
    phone_number: str | None = column("Telephone number.")
    contact_name: str | None = column("Who to ask for.")
    is_business: bool = column("A business, not a consumer.")
    vat_number: str | None = column("VAT identification number.")
    registration_number: str | None = column("Number in the trade register.")
    locale: str | None = column("Language of its invoices; the account's when null.")
    buyer_reference: str | None = column("What it wants to see on every invoice (BT-10).")
    electronic_address: ElectronicAddress | None = column(
        "Where it takes e-invoices.", ElectronicAddress.or_none
    )
    payment_terms_days: int | None = column(
        "In how many days its invoices are to be paid; the account's when null."
    )
    billing_address: Address | None = column("Where invoices go.", Address.or_none)
    shipping_address: Address | None = column("Where goods go.", Address.or_none)
    metadata: JSON = column("Any data of the caller's own.", name="meta")
    created_at: datetime = column("When it was added.")
    erased_at: datetime | None = column(
        "When all that is known of it was erased but its invoices; otherwise null."
    )

    @strawberry.field(
        description="Its payment methods, newest first, without those that were removed.", metadata=needs()
    )
    async def payment_methods(self, info: Info) -> list[PaymentMethod]:
        return [PaymentMethod.of(row) for row in await payments.methods_of(info.context, self.id)]

    @classmethod
    def of(cls, row: tables.Customer) -> "Customer":
        return showing(cls, row)


class _OfCustomer(Protocol):
    @property
    def row(self) -> Issued | tables.Order: ...


async def customers_of(each: Sequence[_OfCustomer], ctx: Context) -> list[Customer | None]:
    """Those of many invoices or orders."""
    found = await customers.by_ids(ctx, [one.row.customer_id for one in each])
    return [Customer.of(row) if row else None for row in found]
