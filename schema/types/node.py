"""What can be asked for again by one id: Relay's `Node`, and the ids."""

import binascii
from typing import Any

import strawberry


@strawberry.interface(
    description="What can be asked for by `node`. Only among things of its type is its `id` its own: an "
    "order and an invoice may have the same."
)
class Node:
    row: strawberry.Private[Any]

    @strawberry.field(
        description="An id that nothing else of the account has, of whichever type: for caches, and `node`."
    )
    def node_id(self) -> strawberry.ID:
        return node_id(type(self).__name__, self.row.id)


def node_id(kind: str, id: str) -> strawberry.ID:
    """The id of a thing among all of the account: type and id, in Base64 as Relay has it."""
    return strawberry.ID(binascii.b2a_base64(f"{kind}:{id}".encode(), newline=False).decode())


def type_and_id(node_id: str) -> tuple[str, str] | None:
    """None if it cannot be the id of a node."""
    try:
        kind, colon, id = binascii.a2b_base64(node_id, strict_mode=True).decode("ascii").partition(":")
    except ValueError:
        return None
    return (kind, id) if colon and id.isprintable() else None
