"""The subscriptions."""

from collections.abc import AsyncIterator

import strawberry
from graphql import GraphQLError

from resolvers import invoices
from schema.info import Info
from schema.types.invoice import Invoice


@strawberry.type(description="What is told as it happens, over a WebSocket or as server-sent events.")
class Subscription:
    @strawberry.subscription(
        name="invoiceUpdated",
        description=(
            "The invoice as it is now, and again whenever its PDF, its payments or its credits "
            "change. Changes that follow each other closely may come as one. It ends only with an "
            "error: NOT_FOUND, or UNAUTHORIZED once the key or session has ended."
        ),
    )
    async def invoice_updated(self, info: Info, id: str) -> AsyncIterator[Invoice]:
        try:
            async for row in invoices.invoice_updated(info.context, id):
                yield Invoice.of(row)
        except Exception as failure:  # with its path, like an error of any other field
            raise GraphQLError(str(failure), path=info.path.as_list(), original_error=failure) from failure
