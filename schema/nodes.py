"""What `node` and `nodes` find: those who ask see the same as by the fields of each type."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from invoicing.errors import ValidationError
from resolvers import accounts, customers, invoices, orders
from resolvers.context import Context
from schema.types.account import Account
from schema.types.customer import Customer
from schema.types.invoice import Invoice
from schema.types.node import Node, type_and_id
from schema.types.order import Order

MOST = 100

Found = Mapping[str, Node]


async def _accounts(ctx: Context, ids: Sequence[str]) -> Found:
    own = ctx.principal.account_id
    return {own: Account.of(await accounts.account(ctx))} if own in ids else {}


async def _customers(ctx: Context, ids: Sequence[str]) -> Found:
    return {row.id: Customer.of(row) for row in await customers.visible(ctx, ids)}


async def _invoices(ctx: Context, ids: Sequence[str]) -> Found:
    return {row.id: Invoice.of(row) for row in await invoices.visible(ctx, ids)}


async def _orders(ctx: Context, ids: Sequence[str]) -> Found:
    return {row.id: Order.of(row) for row in await orders.visible(ctx, ids)}


LOOK_UPS: Mapping[str, Callable[[Context, Sequence[str]], Awaitable[Found]]] = {
    "Account": _accounts,
    "Customer": _customers,
    "Invoice": _invoices,
    "Order": _orders,
}
"""Each type of node, and how all that are asked for are found at once."""


async def nodes(ctx: Context, node_ids: Sequence[str]) -> list[Node | None]:
    """The nodes in the order of their ids, None where there is none."""
    if len(node_ids) > MOST:
        raise ValidationError(f"Ask for {MOST} nodes at most, not {len(node_ids):,}.", field="ids")
    asked = [type_and_id(each) for each in node_ids]
    found: dict[tuple[str, str], Node] = {}
    for kind, look_up in LOOK_UPS.items():
        if ids := [each[1] for each in asked if each and each[0] == kind]:
            found |= {(kind, id): node for id, node in (await look_up(ctx, ids)).items()}
    return [found.get(each) if each else None for each in asked]
