"""A server process that refunds one invoice.

python -m tests.support.refunding_process DATABASE_URL SANDBOX ACCOUNT INVOICE KEY
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from documents.links import Links
from gateways.sandbox import Sandbox
from invoicing.access import Actor, Principal, Scope
from invoicing.storage.database import Database
from resolvers import payments
from resolvers.context import Context
from resolvers.gateway_calls import Gateways


def main(url: str, sandbox: str, account_id: str, invoice_id: str, key: str) -> None:
    principal = Principal(account_id, Actor("key", "Test", "api_key"), frozenset(Scope))
    gateways = Gateways({"sandbox": Sandbox(Path(sandbox))})
    links = Links("s" * 32, "http://localhost", 600)
    ctx = Context(principal, Database(url), links, gateways, "request", lambda: None)
    asyncio.run(payments.refund_invoice(ctx, invoice_id, 5_000, key=key))


if __name__ == "__main__":
    main(*sys.argv[1:])
