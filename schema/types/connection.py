"""Relay connections: pages of a list by cursor, newest first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from invoicing.storage.pages import Page, cursor

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


@strawberry.type(description="A node and its place in the list.")
class Edge(Generic[Node]):
    cursor: str = strawberry.field(description="The node's place; stable while nodes come and go.")
    node: Node = strawberry.field(description="The node.")


@strawberry.type(description="A page of a list, newest first.")
class Connection(Generic[Node]):
    edges: list[Edge[Node]] = strawberry.field(description="The page's nodes with their cursors.")
    nodes: list[Node] = strawberry.field(description="The page's nodes.")
    page_info: PageInfo = strawberry.field(name="pageInfo", description="Where the page lies in the list.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    async def _total_count(self) -> int:
        return await self.count()

    total_count: int = strawberry.field(
        resolver=_total_count,
        name="totalCount",
        description="How many there are in the whole list. It is counted only if it is selected.",
    )

    @classmethod
    def of(
        cls,
        page: Page[Any],
        node: Callable[[Any], Node],
        count: Callable[[], Awaitable[int]],
    ) -> Connection[Node]:
        cursors = [cursor(row.created_at, row.id) for row in page.rows]
        nodes = [node(row) for row in page.rows]
        return cls(
            edges=[Edge(cursor=place, node=one) for place, one in zip(cursors, nodes, strict=True)],
            nodes=nodes,
            page_info=PageInfo(
                has_next_page=page.has_next,
                has_previous_page=page.has_previous,
                start_cursor=cursors[0] if cursors else None,
                end_cursor=cursors[-1] if cursors else None,
            ),
            count=count,
        )
