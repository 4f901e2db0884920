"""Customers, as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import strawberry
from strawberry.scalars import JSON

from invoicing.invoices.queries import Issued
from invoicing.storage import tables
from resolvers import customers, payments
from resolvers.context import Context
from schema.info import Info
from schema.types.node import Node, node_id
from schema.types.payment import PaymentMethod
from schema.types.shared import Address, ElectronicAddress


@strawberry.type(description="A buyer.")
class Customer(Node):
    id: strawberry.ID = strawberry.field(description="The caller's own id for it, or a UUID.")
    handle: str | None = strawberry.field(
        description="A second name of the caller's choice, unique in the account."
    )
    name: str = strawberry.field(description="Personal or trading name.")
    legal_name: str | None = strawberry.field(description="Registered name, where it is another.")
    email: str | None = strawberry.field(description="E-mail address.")
    phone_number: str | None = strawberry.field(description="Telephone number.")
    contact_name: str | None = strawberry.field(description="Who to ask for.")
    is_business: bool = strawberry.field(description="A business, not a consumer.")
    vat_number: str | None = strawberry.field(description="VAT identification number.")
    registration_number: str | None = strawberry.field(description="Number in the trade register.")
    locale: str | None = strawberry.field(description="Language of its invoices; the account's when null.")
    buyer_reference: str | None = strawberry.field(
        description="What it wants to see on every invoice (BT-10)."
    )
    electronic_address: ElectronicAddress | None = strawberry.field(description="Where it takes e-invoices.")
    payment_terms_days: int | None = strawberry.field(
        description="In how many days its invoices are to be paid; the account's when null."
    )
    billing_address: Address | None = strawberry.field(description="Where invoices go.")
    shipping_address: Address | None = strawberry.field(description="Where goods go.")
    metadata: JSON = strawberry.field(description="Any data of the caller's own.")
    created_at: datetime = strawberry.field(description="When it was added.")
    erased_at: datetime | None = strawberry.field(
        description="When all that is known of it was erased but its invoices; otherwise null."
    )

    @strawberry.field(description="Its payment methods, newest first, without those that were removed.")
    async def payment_methods(self, info: Info) -> list[PaymentMethod]:
        return [PaymentMethod.of(row) for row in await payments.methods_of(info.context, self.id)]

    @classmethod
    def of(cls, row: tables.Customer) -> Customer:
        return cls(
            node_id=node_id("Customer", row.id),
            id=strawberry.ID(row.id),
            handle=row.handle,
            name=row.name,
            legal_name=row.legal_name,
            email=row.email,
            phone_number=row.phone_number,
            contact_name=row.contact_name,
            is_business=row.is_business,
            vat_number=row.vat_number,
            registration_number=row.registration_number,
            locale=row.locale,
            buyer_reference=row.buyer_reference,
            electronic_address=ElectronicAddress.or_none(row.electronic_address),
            payment_terms_days=row.payment_terms_days,
            billing_address=Address.or_none(row.billing_address),
            shipping_address=Address.or_none(row.shipping_address),
            metadata=JSON(row.meta),
            created_at=row.created_at,
            erased_at=row.erased_at,
        )


class _OfCustomer(Protocol):
    @property
    def row(self) -> Issued | tables.Order: ...


async def customers_of(each: Sequence[_OfCustomer], ctx: Context) -> list[Customer | None]:
    """Those of many invoices or orders."""
    found = await customers.by_ids(ctx, [one.row.customer_id for one in each])
    return [Customer.of(row) if row else None for row in found]
