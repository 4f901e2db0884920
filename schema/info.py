"""What a field of ours gets to know of its request."""

import strawberry

from resolvers.context import Context

Info = strawberry.Info[Context, None]
