"""A process that sends webhooks, also to private addresses, until it is killed.

python -m tests.support.sending_process DATABASE_URL
"""

from __future__ import annotations

import asyncio
import sys

from invoicing.storage.database import Database
from resolvers.webhook_hosts import Hosts
from server.workers.webhooks import WebhookWorker
from tests.support.webhook_listener import KEYRING


def main(url: str) -> None:
    asyncio.run(WebhookWorker(Database(url), Hosts(private=True), KEYRING).run())


if __name__ == "__main__":
    main(*sys.argv[1:])
