"""The domain: orders in, invoices out. Knows no protocol, no framework and no clock."""
