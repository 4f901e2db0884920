"""What is told of an invoice until its PDF is there: python updates.py ADDRESS TOKEN INVOICE"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import aclosing

from invoicing_client import InvoicingClient


async def main(address: str, token: str, invoice_id: str) -> None:
    authorization = {"Authorization": f"Bearer {token}"}
    client = InvoicingClient(
        ws_url=f"{address.replace('http', 'ws')}/graphql",
        ws_headers=authorization,
        ws_connection_init_payload=authorization,
    )
    seen = []
    async with aclosing(client.invoice_updated(id=invoice_id)) as updates:
        async for update in updates:
            seen.append(update.invoice_updated.model_dump(mode="json"))
            if update.invoice_updated.pdf_url:
                break
    print(json.dumps(seen))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
