"""The context of a request that comes by no transport."""

from __future__ import annotations

from documents.links import Links
from invoicing.access import Principal
from invoicing.keyring import Keyring
from invoicing.storage.database import Database
from resolvers.context import Context, Services
from resolvers.gateway_calls import Gateways
from resolvers.watches import Watches
from resolvers.webhook_hosts import Hosts


def context(principal: Principal, database: Database, gateways: Gateways | None = None) -> Context:
    links = Links("s" * 32, "https://invoices.example", 600)
    services = Services(
        database, links, Keyring("s" * 32), gateways or Gateways({}), Hosts(), Watches(), lambda: None
    )
    return Context(principal, services, "request")
