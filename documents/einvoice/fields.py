"""What to fill in, by its name in GraphQL's inputs: orders have other names than one-time invoices."""

from __future__ import annotations

from documents.einvoice.content import Content

_OF_ITEMS = {"amount": "unit_price"}


def of_invoice(content: Content, name: str) -> str:
    """A field of `createOrder`, as order.delivery_date, or of `createInvoice`."""
    return f"order.{name}" if content.is_of_orders else name


def of_line(content: Content, name: str) -> str:
    """A field of the orders' items or of the order lines, by its name there."""
    return f"order.items.{_OF_ITEMS.get(name, name)}" if content.is_of_orders else f"order_lines.{name}"
