"""The changes of customers."""

from __future__ import annotations

import strawberry

from invoicing.customers.values import CreateCustomerValues, UpdateCustomerValues
from resolvers import customers
from schema.info import Info
from schema.inputs.customer import CreateCustomerInput, UpdateCustomerInput
from schema.inputs.values import sent_values
from schema.types.customer import Customer


@strawberry.type
class CreateCustomerPayload:
    customer: Customer = strawberry.field(description="The new customer.")


@strawberry.type
class UpdateCustomerPayload:
    customer: Customer = strawberry.field(description="The customer as it is now.")


@strawberry.type
class CustomerMutations:
    @strawberry.mutation(name="createCustomer", description="Adds a customer.")
    async def create_customer(self, info: Info, input: CreateCustomerInput) -> CreateCustomerPayload:
        row = await customers.create_customer(info.context, sent_values(input, CreateCustomerValues))
        return CreateCustomerPayload(customer=Customer.of(row))

    @strawberry.mutation(
        name="updateCustomer",
        description=(
            "Changes what is given of a customer. Issued invoices keep the buyer they were issued to."
        ),
    )
    async def update_customer(self, info: Info, input: UpdateCustomerInput) -> UpdateCustomerPayload:
        row = await customers.update_customer(info.context, sent_values(input, UpdateCustomerValues))
        return UpdateCustomerPayload(customer=Customer.of(row))
