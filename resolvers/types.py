"""Types of the domain that resolvers take and return, for REST front doors, which do not import its rooms."""

from __future__ import annotations

from invoicing.invoices.credit import LineCredit
from invoicing.invoices.queries import Issued
from invoicing.invoices.refund import RefundAmount

__all__ = ["Issued", "LineCredit", "RefundAmount"]
