"""What the changes of customers' own sessions take."""

import strawberry


@strawberry.input(description="Names the customer by `customer_id` or `customer_handle`.")
class CreateCustomerSessionInput:
    customer_id: str | None = strawberry.field(default=strawberry.UNSET, description="Whose it is.")
    customer_handle: str | None = strawberry.field(default=strawberry.UNSET, description="Or by handle.")
    expires_in_seconds: int | None = strawberry.field(
        default=strawberry.UNSET, description="An hour (3600) when left out; a week at most."
    )
    return_url: str | None = strawberry.field(
        default=strawberry.UNSET, description="Where the customer goes back to: https://…"
    )


@strawberry.input
class RevokeCustomerSessionInput:
    id: str = strawberry.field(description="Which session.")
