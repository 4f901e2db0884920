"""Customers' own sessions, as the API shows them."""

from datetime import datetime

import strawberry

from invoicing.storage import tables
from resolvers import customers
from schema.info import Info
from schema.types.customer import Customer
from schema.types.enums import Scope


@strawberry.type(
    description=(
        "A customer's access, for a limited time, to their own orders and invoices and to nothing else."
    )
)
class CustomerSession:
    row: strawberry.Private[tables.CustomerSession]
    id: strawberry.ID = strawberry.field(description="A UUID.")
    return_url: str | None = strawberry.field(description="Where the customer goes back to.")
    created_at: datetime = strawberry.field(description="When it began.")
    expires_at: datetime = strawberry.field(description="When it ends by itself.")
    revoked_at: datetime | None = strawberry.field(description="When it was ended.")
    scopes: list[Scope] = strawberry.field(
        description="What it may do beyond seeing what is the customer's: ORDERS_WRITE to correct where an "
        "order is invoiced, INVOICES_WRITE to have it invoiced. What its maker may not do, it may not either."
    )

    @strawberry.field(description="Whose it is.")
    async def customer(self, info: Info) -> Customer | None:
        found = await customers.by_id(info.context, self.row.customer_id)
        return Customer.of(found) if found else None

    @classmethod
    def of(cls, row: tables.CustomerSession) -> "CustomerSession":
        return cls(
            row=row,
            id=strawberry.ID(row.id),
            return_url=row.return_url,
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            scopes=[Scope(scope) for scope in row.own_scopes or ()],
        )
