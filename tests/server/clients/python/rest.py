"""Invoices an order and finds its e-invoices: python rest.py ADDRESS TOKEN ORDER"""

from __future__ import annotations

import json
import sys

from invoicing_rest import AuthenticatedClient
from invoicing_rest.api.order_invoices import create_order_invoice, get_e_invoices
from invoicing_rest.models import CreateOrderInvoiceBody, EInvoices, OrderInvoiceCreated


def main(address: str, token: str, order_id: str) -> None:
    with AuthenticatedClient(base_url=address, token=token, auth_header_name="accessToken") as client:
        made = create_order_invoice.sync(client=client, body=CreateOrderInvoiceBody(order_id=order_id))
        assert isinstance(made, OrderInvoiceCreated), made
        found = get_e_invoices.sync(made.data.id, client=client)
        assert isinstance(found, EInvoices), found
    print(json.dumps({"made": made.data.to_dict(), "formats": [each.format_ for each in found.data]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
