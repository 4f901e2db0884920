"""The two audiences of Polar's order paths: a customer in a session, and the merchant with an API key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from resolvers.context import Context
from resolvers.order_history import OrderHistory
from server.contexts import Contexts
from server.rest.polar import auth, responses


@dataclass(frozen=True, slots=True)
class Audience:
    """Where its orders are, who belongs to it, by what it finds them, and how they are shown to it.

    `filters` has our name of each filter by Polar's.
    """

    path: str
    context: Callable[[Contexts, Request], Awaitable[Context]]
    filters: Mapping[str, str]
    order_response: Callable[[OrderHistory], dict[str, Any]]


CUSTOMERS = Audience(
    "/v1/customer-portal/orders", auth.customer_context, {"query": "search"}, responses.customers_order
)
MERCHANTS = Audience(
    "/v1/orders", auth.merchant_context, {"customer_id": "customer_id"}, responses.merchants_order
)
