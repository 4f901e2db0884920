"""Customers' own sessions."""

from __future__ import annotations

from datetime import datetime

import strawberry

from invoicing.storage import tables
from resolvers import customers
from schema.info import Info
from schema.inputs.values import or_none
from schema.types.customer import Customer


@strawberry.type(
    description="A customer's own way in, for a while: to their orders and invoices, and nothing else."
)
class CustomerSession:
    row: strawberry.Private[tables.CustomerSession]
    id: strawberry.ID = strawberry.field(description="A UUID.")
    return_url: str | None = strawberry.field(description="Where the customer goes back to.")
    created_at: datetime = strawberry.field(description="When it began.")
    expires_at: datetime = strawberry.field(description="When it ends by itself.")
    revoked_at: datetime | None = strawberry.field(description="When it was ended.")

    @strawberry.field(description="Whose it is.")
    async def customer(self, info: Info) -> Customer | None:
        found = await customers.of(info.context, self.row.customer_id)
        return Customer.of(found) if found else None

    @classmethod
    def of(cls, row: tables.CustomerSession) -> CustomerSession:
        return cls(
            row=row,
            id=strawberry.ID(row.id),
            return_url=row.return_url,
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
        )


@strawberry.input(description="Names the customer by `customer_id` or `customer_handle`.")
class CreateCustomerSessionInput:
    customer_id: str | None = strawberry.field(default=strawberry.UNSET, description="Whose it is.")
    customer_handle: str | None = strawberry.field(default=strawberry.UNSET, description="Or so.")
    expires_in_seconds: int | None = strawberry.field(
        default=strawberry.UNSET, description="An hour (3600) when left out; a week at most."
    )
    return_url: str | None = strawberry.field(
        default=strawberry.UNSET, description="Where the customer goes back to: https://…"
    )


@strawberry.type
class CreateCustomerSessionPayload:
    customer_session: CustomerSession = strawberry.field(description="The new session.")
    token: str = strawberry.field(
        description="To send as `Authorization: Bearer …`. Shown now and never again."
    )


@strawberry.input
class RevokeCustomerSessionInput:
    id: str = strawberry.field(description="Which session.")


@strawberry.type
class RevokeCustomerSessionPayload:
    customer_session: CustomerSession = strawberry.field(
        description="The session, which opens nothing any more."
    )


@strawberry.type
class SessionMutations:
    @strawberry.mutation(
        name="createCustomerSession",
        description="Lets a customer in to what is theirs. The token is in the answer, and never again.",
    )
    async def create_customer_session(
        self, info: Info, input: CreateCustomerSessionInput
    ) -> CreateCustomerSessionPayload:
        row, token = await customers.create_customer_session(
            info.context,
            or_none(input.customer_id),
            or_none(input.customer_handle),
            or_none(input.expires_in_seconds),
            or_none(input.return_url),
        )
        return CreateCustomerSessionPayload(customer_session=CustomerSession.of(row), token=token)

    @strawberry.mutation(
        name="revokeCustomerSession",
        description="Ends a customer's session: at once on this server, within a second on others.",
    )
    async def revoke_customer_session(
        self, info: Info, input: RevokeCustomerSessionInput
    ) -> RevokeCustomerSessionPayload:
        row = await customers.revoke_customer_session(info.context, input.id)
        return RevokeCustomerSessionPayload(customer_session=CustomerSession.of(row))
