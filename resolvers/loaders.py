"""One batch per tick and table, so a page of invoices costs a fixed number of queries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection
from strawberry.dataloader import DataLoader

from invoicing import queries
from invoicing.access import Principal
from invoicing.database import Database
from invoicing.queries import Issued
from invoicing.tables import Customer, Order, OrderItem

T = TypeVar("T")

Batch = Callable[[Connection, Principal, Sequence[str]], Mapping[str, T]]


class Loaders:
    """One request's: what it has seen once, it does not ask for again."""

    def __init__(self, database: Database, principal: Principal) -> None:
        def loader(batch: Batch[T]) -> DataLoader[str, T | None]:
            async def load(ids: list[str]) -> list[T | None]:
                found = await database.read_async(batch, principal, ids)
                return [found.get(id) for id in ids]

            return DataLoader(load)

        self.customer: DataLoader[str, Customer | None] = loader(queries.customers_by_id)
        self.order: DataLoader[str, Order | None] = loader(queries.orders_by_id)
        self.invoice: DataLoader[str, Issued | None] = loader(queries.invoices_by_id)
        self.items: DataLoader[str, list[OrderItem] | None] = loader(queries.items_by_order)
        self.credits: DataLoader[str, list[str] | None] = loader(queries.credits_by_invoice)
