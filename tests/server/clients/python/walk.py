"""The three steps of the guide by the generated client: python walk.py ADDRESS TOKEN ORDER"""

from __future__ import annotations

import asyncio
import sys

from invoicing_client import InvoiceItemsInput, InvoicingClient


async def main(address: str, token: str, order_id: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with InvoicingClient(url=f"{address}/graphql", headers=headers) as client:
        order = (await client.get_order_actions(id=order_id)).order
        assert order is not None
        items = next(entry.ids for entry in order.actions if entry.action == "INVOICE")

        made = (await client.invoice_items(input=InvoiceItemsInput(items=items))).invoice_items.invoice
        assert made is not None

        while True:
            invoice = (await client.invoice(id=made.id)).invoice
            assert invoice is not None
            if invoice.pdf_url:
                break
            await asyncio.sleep(0.02)
    print(f'{{"made": {made.model_dump_json()}, "invoice": {invoice.model_dump_json()}}}')


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
