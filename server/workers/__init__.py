"""What works beside the requests: makes PDFs, asks gateways, sends webhooks, notifies subscribers."""
