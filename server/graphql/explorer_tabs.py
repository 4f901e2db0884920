"""The tabs that the explorer opens with: an order is invoiced, followed and paid, and invoices are listed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

# The tabs of the guide 'Invoice an order'. The invoice's id is chosen by the caller, so step 3 knows it too.
FIND_ITEMS = """\
# Step 1: which items can be invoiced now?
query getOrderActions($id: String!) {
  order(id: $id) {
    id
    number
    actions {
      action
      ids
    }
  }
}
"""
INVOICE_ITEMS = """\
# Step 2: put them on an invoice.
mutation InvoiceItems($input: InvoiceItemsInput!) {
  invoiceItems(input: $input) {
    invoice {
      id
      number
      total
      currency
    }
  }
}
"""
FETCH_INVOICE = """\
# Step 3: the invoice. Ask until pdf_url is there.
query invoice($id: String!) {
  invoice(id: $id) {
    id
    number
    type
    currency
    issued_on
    due_on
    lines {
      name
      quantity
      unit_price
      total
      vat {
        rate
        amount
      }
    }
    vat {
      rate
      category
      base
      amount
    }
    total_ex_vat
    total_vat
    total
    pdf_status
    pdf_url
  }
}
"""
FOLLOW_INVOICE = """\
# Follow it: the invoice now, and as it changes.
subscription invoiceUpdated($id: String!) {
  invoiceUpdated(id: $id) {
    id
    number
    state
    reimbursement {
      amount_outstanding
    }
    credited_by {
      number
    }
    pdf_status
    pdf_url
  }
}
"""
LIST_INVOICES = """\
# Invoices, newest first. Find some: {"filter": {"search": "part of a number or of a name"}},
# {"filter": {"state": "PENDING"}} for what is not paid, {"filter": {"number": "INV-2026-00001"}}.
query invoices($filter: InvoiceFilter) {
  invoices(first: 20, filter: $filter) {
    totalCount
    nodes {
      id
      number
      issued_on
      due_on
      buyer {
        name
      }
      total
      currency
      state
      reimbursement {
        amount_outstanding
      }
      pdf_url
    }
  }
}
"""
RECORD_PAYMENT = """\
# The invoice was paid in full, by bank transfer or in cash. (recordPayment takes a part of it, or more.)
mutation settleInvoiceManually($input: SettleInvoiceManuallyInput!) {
  settleInvoiceManually(input: $input) {
    payment {
      id
      amount
      method
    }
    invoice {
      id
      number
      state
      receipt_url
    }
  }
}
"""


def tabs(example: Mapping[str, object]) -> list[dict[str, str]]:
    """Each a document and its variables."""
    invoice_id = example.get("invoice_id")
    invoice = {"items": example.get("item_ids", [])} | ({"invoice_id": invoice_id} if invoice_id else {})
    today = datetime.now(UTC).date().isoformat()
    payment = {"id": invoice_id or "", "method": "BANK_TRANSFER", "payment_date": today}
    return [
        {"query": query, "variables": json.dumps(variables, indent=2)}
        for query, variables in (
            (FIND_ITEMS, {"id": example.get("order_id", "")}),
            (INVOICE_ITEMS, {"input": invoice}),
            (FETCH_INVOICE, {"id": invoice_id or ""}),
            (FOLLOW_INVOICE, {"id": invoice_id or ""}),
            (LIST_INVOICES, {"filter": {}}),
            (RECORD_PAYMENT, {"input": payment}),
        )
    ]
