"""The changes, a file a noun: each takes one input and returns one payload, which stands beside it."""

import strawberry

from schema.mutations.account import AccountMutations, ApiKeyMutations
from schema.mutations.customer import CustomerMutations
from schema.mutations.invoice import InvoiceMutations
from schema.mutations.order import OrderMutations
from schema.mutations.payment import PaymentMutations
from schema.mutations.session import SessionMutations
from schema.mutations.webhook import WebhookMutations


@strawberry.type(description="What can be changed. Each change is done completely or not at all.")
class Mutation(  # in the order in which `schema.graphql` lists them
    OrderMutations,
    InvoiceMutations,
    PaymentMutations,
    CustomerMutations,
    SessionMutations,
    AccountMutations,
    ApiKeyMutations,
    WebhookMutations,
):
    pass
