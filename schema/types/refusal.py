"""Why one of several changes was refused."""

import strawberry

from invoicing.errors import InvoicingError
from schema.codes import Code
from schema.failures import log_failure
from schema.info import Info


@strawberry.type(
    description="Why one of several changes was not made: what the error of the change alone would say."
)
class Refusal:
    code: str = strawberry.field(description="What is wrong, such as NOTHING_TO_INVOICE: for a program.")
    message: str = strawberry.field(description="What is wrong, and what would be right: for a person.")
    field: str | None = strawberry.field(description="Where in the input: orders.3.items.0.quantity.")
    ids: list[str] = strawberry.field(description="The ids that it is about.")

    @classmethod
    def of(cls, failure: BaseException, info: Info, *, at: str) -> "Refusal":
        """The refusal of the change at this place of the input. What was not foreseen is logged."""
        if not isinstance(failure, InvoicingError):
            message = log_failure(failure, info.context, info.path.as_list())
            return cls(code=Code.INTERNAL_SERVER_ERROR, message=message, field=None, ids=[])
        field = None if failure.field is None else f"{at}.{failure.field}"
        return cls(code=failure.code, message=str(failure), field=field, ids=list(failure.ids))
