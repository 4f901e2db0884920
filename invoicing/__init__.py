"""The domain: orders, invoices, payments. Independent of protocols, web frameworks and the clock."""
