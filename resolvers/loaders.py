"""Reads rows in batches: a page of invoices costs a fixed number of statements, however long it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from invoicing.access import Principal
from invoicing.accounts import settings
from invoicing.customers import details
from invoicing.invoices import queries
from invoicing.invoices.queries import Issued
from invoicing.invoices.view import Seen
from invoicing.ledger import queries as ledger_queries
from invoicing.ledger.balances import Balance
from invoicing.orders import queries as order_queries
from invoicing.orders.view import Seen as SeenOrder
from invoicing.payments import methods
from invoicing.storage import pages
from invoicing.storage.database import Database
from invoicing.storage.narrow import Columns
from invoicing.storage.tables import Account, Customer, Order, OrderItem, Payment, PaymentMethod
from resolvers.loader import Loader
from resolvers.turns import Pace

T = TypeVar("T")

FEW = pages.DEFAULT_SIZE
"""So many rows are read among those that are found by their keys; more are a list."""

Batch = Callable[..., Mapping[str, T]]
"""Takes the connection, the principal and the ids."""


class _Together:
    """Reads at once what is asked for while parts of the request wait for their turns.

    In a large answer, rows that one statement would read are asked for in different turns.
    """

    def __init__(self, read: Callable[[Sequence[str]], Awaitable[Mapping[str, T]]], pace: Pace) -> None:
        self._read = read
        self._pace = pace
        self._ids: list[str] = []
        self._found: asyncio.Task[Mapping[str, Any]] | None = None

    @property
    def is_due(self) -> bool:
        """Whether there is something to be together with. The last part to have its turn waits no more."""
        return self._pace.is_waiting or self._found is not None

    async def read(self, ids: Sequence[str]) -> Mapping[str, Any]:
        self._ids += ids
        if self._found is None:
            self._found = asyncio.create_task(self._read_all())
        return await asyncio.shield(self._found)

    async def _read_all(self) -> Mapping[str, Any]:
        await self._pace.all_had_turns()
        ids, self._ids, self._found = self._ids, [], None
        return await self._read(ids)


class _LoaderOf(Generic[T]):
    """Makes one of a request's loaders when it is first asked for: a request needs a few of them at most.

    `is_long`: each may bring thousands of rows, so that it is read among the lists. `shown_as` is the type
    that shows its rows, if the batch takes which columns are asked for.
    """

    def __init__(self, batch: Batch[T], *, is_long: bool = False, shown_as: str | None = None) -> None:
        self._batch = batch
        self._is_long = is_long
        self._shown_as = shown_as

    def __set_name__(self, _: type[Loaders], name: str) -> None:
        self._name = name

    def __get__(self, loaders: Loaders, _: type[Loaders]) -> Loader[T]:
        batch: Batch[T] = self._batch
        if self._shown_as is not None:
            batch = partial(batch, columns=loaders.columns_of(self._shown_as))
        made = Loader(loaders.loading(batch, is_long=self._is_long))
        made.prime(loaders.known.pop(self._name, {}))
        loaders.__dict__[self._name] = made  # which is found before this from now on
        return made


class Loaders:
    """The loaders of one request, which reads no row twice."""

    def __init__(self, database: Database, principal: Principal, pace: Pace) -> None:
        self._database = database
        self._principal = principal
        self._pace = pace
        self.known: dict[str, Mapping[str, Any]] = {}
        """Rows that were read in another way, by the names of loaders that are not made yet."""
        self._columns: Mapping[str, Columns | None] | None = None

    def narrow(self, columns: Mapping[str, Columns | None]) -> None:
        """From now on reads these columns only, or all, of the rows that each type shows."""
        self._columns = columns

    @property
    def is_narrow(self) -> bool:
        return self._columns is not None

    def columns_of(self, shown_as: str) -> Columns | None:
        """What is read of the rows that a type shows; None, if it is all."""
        return None if self._columns is None else self._columns.get(shown_as, frozenset())

    def are_shown(self, shown_as: str) -> bool:
        """Whether it is known that the operation reads the rows which this type shows."""
        return self._columns is not None and shown_as in self._columns

    def is_counted(self, connection: str) -> bool:
        """Whether it is known that the operation asks how many there are in the list of such a connection."""
        return self.are_shown(connection) and "total" in (self.columns_of(connection) or ())

    account = _LoaderOf[Account](settings.accounts_by_id)
    customer = _LoaderOf[Customer](details.customers_by_id, shown_as="Customer")
    order = _LoaderOf[Order](order_queries.orders_by_id, shown_as="Order")
    invoice = _LoaderOf[Issued](queries.invoices_by_id, shown_as="Invoice")
    items = _LoaderOf[list[OrderItem]](order_queries.items_by_order, is_long=True, shown_as="OrderItem")
    credits = _LoaderOf[list[str]](queries.credits_by_invoice)
    invoices_of_order = _LoaderOf[list[str]](queries.invoices_by_order)
    balance = _LoaderOf[Balance](ledger_queries.balances_by_invoice)
    payments_of_invoice = _LoaderOf[list[Payment]](ledger_queries.payments_by_invoice)
    payments_of_order = _LoaderOf[list[Payment]](ledger_queries.payments_by_order)
    payment_methods = _LoaderOf[list[PaymentMethod]](methods.methods_of)
    unsettled = _LoaderOf[set[str]](ledger_queries.unsettled_by_order)
    prepaid = _LoaderOf[int](ledger_queries.prepaid_by_order)

    def loading(
        self, batch: Batch[T], *, is_long: bool
    ) -> Callable[[Sequence[str]], Awaitable[Mapping[str, T]]]:
        """What reads the rows of these ids. It does not hold these loaders: no cycle."""
        database, principal, pace = self._database, self._principal, self._pace

        def read(ids: Sequence[str]) -> Awaitable[Mapping[str, T]]:
            if is_long or len(ids) > FEW:
                return database.start_list_for(principal.account_id, batch, principal, ids)
            return database.start_read_for(principal.account_id, batch, principal, ids)

        together = _Together(read, pace)

        def load(ids: Sequence[str]) -> Awaitable[Mapping[str, T]]:
            return together.read(ids) if together.is_due else read(ids)

        return load

    def prime_order(self, seen: SeenOrder) -> None:
        """Keeps what was read with an order."""
        if seen.items is not None:
            self.items.prime({seen.order.id: seen.items})
        if seen.seller is not None:
            self.account.prime({seen.seller.id: seen.seller})
        if seen.customer is not None:
            self.customer.prime({seen.customer.id: seen.customer})

    def prime(self, seen: Seen) -> None:
        """Keeps what was read to find out whether an invoice changed, so that it is not read again.

        Of a caller who has asked for nothing yet.
        """
        id = seen.invoice.id
        self.known = {
            "invoice": {id: seen.invoice},
            "balance": {id: seen.balance},
            "payments_of_invoice": {id: seen.payments},
            "credits": {id: seen.credited_by},
        }
