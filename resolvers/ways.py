"""How an operation was executed."""

from __future__ import annotations

from enum import StrEnum


class Way(StrEnum):
    """By its plan, or why graphql-core has executed it."""

    PLANNED = "planned"
    FIRST = "first"
    """It has not come lately."""
    UNPLANNED = "unplanned"
    """It has no plan: introspection, very many variables, too many combinations of flags, too long."""
    FAILED = "failed"
    """Something went wrong while it was executed, which graphql-core tells."""
    REFUSED = "refused"
    """Its document or its variables are wrong."""
