"""A process that refunds one invoice, like a server.

python -m tests.support.refunding_process DATABASE_URL SANDBOX ACCOUNT INVOICE KEY
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from gateways.sandbox import Sandbox
from invoicing.access import Actor, Principal, Scope
from invoicing.storage.database import Database
from resolvers import payments
from resolvers.gateway_calls import Gateways
from tests.support.contexts import context


def main(url: str, sandbox: str, account_id: str, invoice_id: str, key: str) -> None:
    principal = Principal(account_id, Actor("key", "Test", "api_key"), frozenset(Scope))
    gateways = Gateways({"sandbox": Sandbox(Path(sandbox))})
    ctx = context(principal, Database(url), gateways)
    asyncio.run(payments.refund_invoice(ctx, invoice_id, 5_000, key=key))


if __name__ == "__main__":
    main(*sys.argv[1:])
