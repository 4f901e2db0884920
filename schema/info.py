"""What resolvers of fields get to know of their request."""

import strawberry

from resolvers.context import Context

Info = strawberry.Info[Context, None]
