"""What works beside the requests: PDFs, charges, webhooks, subscribers."""
