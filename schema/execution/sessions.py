"""What a customer's session sees in place of what is the seller's own.

A session reads the same types as an API key. What is not for customers is replaced here, whichever way leads
to it: metadata, remarks, the gateway's side of payments, and the names and ids of API keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from resolvers.context import Context

Replace = Callable[[Any], object]
"""Gives what is shown of an object instead of a field: the value as it stands in the response."""

SELLER = "seller"
"""What customers see of everybody who acts for the seller."""
CUSTOMER = "customer"


def _nothing(_: Any) -> None:
    return None


def _no_data(_: Any) -> dict[str, object]:
    """JSON that may not be null."""
    return {}


def _of_customer(name: str) -> Replace:
    """The actor's own only where it is a customer: whoever sees this is that customer."""
    return lambda actor: getattr(actor, name) if actor.type == CUSTOMER else SELLER


REPLACED: Mapping[tuple[str, str], Replace] = MappingProxyType(
    {
        ("Actor", "id"): _of_customer("id"),
        ("Actor", "name"): _of_customer("name"),
        ("Actor", "type"): _of_customer("type"),
        ("Customer", "metadata"): _no_data,
        ("Invoice", "metadata"): _no_data,
        ("Order", "metadata"): _no_data,
        ("OrderItem", "undo_reason"): _nothing,
        ("Payment", "comment"): _nothing,
        ("Payment", "error"): _nothing,
        ("Payment", "gateway_reference"): _nothing,
    }
)
"""By the names of type and field. `tests/schema/test_sessions_see.py` lists all others that it sees."""
_OF_KEYS: Mapping[tuple[str, str], Replace] = MappingProxyType({})


def replaced_fields(context: object) -> Mapping[tuple[str, str], Replace]:
    """What the caller sees replaced: nothing, unless it is a session."""
    is_session = isinstance(context, Context) and context.principal.customer_id is not None
    return REPLACED if is_session else _OF_KEYS
