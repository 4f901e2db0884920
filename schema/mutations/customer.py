"""The changes of customers."""

import strawberry

from invoicing.customers.values import CreateCustomerValues, UpdateCustomerValues
from resolvers import customers
from schema.info import Info
from schema.inputs.customer import CreateCustomerInput, EraseCustomerInput, UpdateCustomerInput
from schema.inputs.values import or_none, sent_values
from schema.types.customer import Customer


@strawberry.type
class CreateCustomerPayload:
    customer: Customer = strawberry.field(description="The new customer.")


@strawberry.type
class UpdateCustomerPayload:
    customer: Customer = strawberry.field(description="The customer as it is now.")


@strawberry.type
class EraseCustomerPayload:
    customer_id: strawberry.ID = strawberry.field(description="Who was erased.")
    is_deleted: bool = strawberry.field(
        description="Whether all of it is gone. Else invoices or payments stay, and what stands beside them "
        "is blanked."
    )
    orders_count: int = strawberry.field(description="How many orders were deleted or blanked with it.")
    invoices_count: int = strawberry.field(description="How many invoices stay as they were issued.")


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

    @strawberry.mutation(
        name="eraseCustomer",
        description="Erases what is known of a customer, for good: all of it where there are no invoices and "
        "payments, else what stands beside them. Refused while an order, an invoice or a payment is open. "
        "Needs `customers:write` and `orders:write`.",
    )
    async def erase_customer(self, info: Info, input: EraseCustomerInput) -> EraseCustomerPayload:
        erased = await customers.erase_customer(
            info.context, or_none(input.customer_id), or_none(input.customer_handle)
        )
        return EraseCustomerPayload(
            customer_id=strawberry.ID(erased.customer_id),
            is_deleted=erased.is_gone,
            orders_count=erased.orders,
            invoices_count=erased.invoices,
        )
