"""`POST /invoices`: the invoice of an order, as one call."""
