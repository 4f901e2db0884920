"""Types of the domain that resolvers take and return, for REST front doors, which do not import its rooms."""

from __future__ import annotations

from documents.einvoice.formats import EInvoiceFormat
from documents.einvoice.problem import Problem as EInvoiceProblem
from invoicing.checks import AddressValues
from invoicing.invoices.credit import LineCredit
from invoicing.invoices.queries import Issued
from invoicing.invoices.refund import RefundAmount
from invoicing.invoices.values import CreateInvoiceValues, OrderLineValues
from invoicing.orders.values import UpdateOrderValues
from invoicing.payments.values import ManualTransferValues

__all__ = [
    "AddressValues",
    "CreateInvoiceValues",
    "EInvoiceFormat",
    "EInvoiceProblem",
    "Issued",
    "LineCredit",
    "ManualTransferValues",
    "OrderLineValues",
    "RefundAmount",
    "UpdateOrderValues",
]
