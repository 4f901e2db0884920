"""The changes of customers' own sessions."""

import strawberry

from resolvers import customers
from schema.info import Info
from schema.inputs.session import CreateCustomerSessionInput, RevokeCustomerSessionInput
from schema.inputs.values import or_none
from schema.types.session import CustomerSession


@strawberry.type
class CreateCustomerSessionPayload:
    customer_session: CustomerSession = strawberry.field(description="The new session.")
    token: str = strawberry.field(
        description="To send as `Authorization: Bearer …`. Shown now and never again."
    )


@strawberry.type
class RevokeCustomerSessionPayload:
    customer_session: CustomerSession = strawberry.field(
        description="The session, which gives no access any more."
    )


@strawberry.type
class SessionMutations:
    @strawberry.mutation(
        name="createCustomerSession",
        description=(
            "Gives a customer access to their own orders and invoices. The token is returned now "
            "and never again. Needs the scope sessions:write, or customers:write, orders:read and "
            "invoices:read; the session ends with the key that made it."
        ),
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
