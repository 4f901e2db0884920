"""Relay connections: pages of a list by cursor, newest first."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from invoicing.storage.pages import Page, cursor
from schema.hints import needs

Node = TypeVar("Node")

First = Annotated[
    int | None, strawberry.argument(description="How many from the start: 20 by default, 100 at most.")
]
After = Annotated[str | None, strawberry.argument(description="Begin after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="How many from the end: 100 at most.")]
Before = Annotated[str | None, strawberry.argument(description="End before this cursor.")]


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(name="hasNextPage", description="Older ones follow.")
    has_previous_page: bool = strawberry.field(name="hasPreviousPage", description="Newer ones precede.")
    start_cursor: str | None = strawberry.field(name="startCursor", description="The first node's cursor.")
    end_cursor: str | None = strawberry.field(name="endCursor", description="The last node's cursor.")

    @classmethod
    def of(cls, page: Page[Any]) -> "PageInfo":
        ends = [cursor(row.created_at, row.id) for row in (*page.rows[:1], *page.rows[-1:])]
        return cls(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=ends[0] if ends else None,
            end_cursor=ends[-1] if ends else None,
        )


@strawberry.type(description="A node and its place in the list.")
class Edge(Generic[Node]):
    cursor: str = strawberry.field(description="The node's place; stable while nodes come and go.")
    node: Node = strawberry.field(description="The node.")


@strawberry.type(description="A page of a list, newest first.")
class Connection(Generic[Node]):
    page: strawberry.Private[Page[Any]]
    show: strawberry.Private[Callable[[Any], Any]]
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="The page's nodes with their cursors.", metadata=needs())
    def edges(self) -> list[Edge[Node]]:
        return [Edge(cursor=cursor(row.created_at, row.id), node=self.show(row)) for row in self.page.rows]

    @strawberry.field(description="The page's nodes.", metadata=needs())
    def nodes(self) -> list[Node]:
        return [self.show(row) for row in self.page.rows]

    @strawberry.field(name="pageInfo", description="Where the page lies in the list.", metadata=needs())
    def page_info(self) -> PageInfo:
        return PageInfo.of(self.page)

    @strawberry.field(
        name="totalCount",
        description="How many there are in the whole list. It is counted only if it is selected.",
        metadata=needs("total"),
    )
    async def total_count(self) -> int:
        return await self.count() if self.page.total is None else self.page.total

    @classmethod
    def of(
        cls,
        page: Page[Any],
        show: Callable[[Any], Any],
        count: Callable[[], Awaitable[int]],
    ) -> "Connection[Node]":
        return cls(page=page, show=show, count=count)
