"""`invoicing worker`: makes PDFs, asks gateways and sends webhooks, in another process than the server."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer

from invoicing.storage.database import Database
from resolvers.gateway_calls import Gateways
from resolvers.watches import Watches
from resolvers.webhook_hosts import Hosts
from server import logs, outages
from server.commands.common import open_database
from server.metrics import Metrics
from server.settings import Settings
from server.workers.charges import asking_gateways
from server.workers.pdf import PdfWorker
from server.workers.purge import purging
from server.workers.subscribers import notifying_watches
from server.workers.webhooks import sending_webhooks


def worker(
    drain: Annotated[bool, typer.Option("--drain", help="Stop once nothing is left to be made.")] = False,
) -> None:
    """Make PDFs until stopped, in INVOICING_WORKERS processes.

    Run as many as you like beside the server, on the same database and data folder. A worker that is
    killed loses nothing: another takes its work over.
    """
    settings = Settings()
    logs.configure(settings.log_level)
    with open_database(settings) as database:
        outages.log_outages(database)
        typer.echo(f"Making PDFs in {max(settings.workers, 1)} processes.", err=True)
        processes = max(settings.workers, 1)
        pdfs = PdfWorker(database, settings.documents, processes=processes, font_folder=settings.font_dir)
        if drain:
            typer.echo(f"{asyncio.run(pdfs.drain()):,} PDFs made.", err=True)
        else:
            hosts = Hosts(private=settings.webhook_private_addresses, any_port=settings.webhook_any_port)
            asyncio.run(_run_until_stopped(settings, pdfs, database, hosts))


async def _run_until_stopped(settings: Settings, pdfs: PdfWorker, database: Database, hosts: Hosts) -> None:
    gateways = Gateways(settings.gateways)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, pdfs.stop)
    async with (
        asking_gateways(database, gateways),
        sending_webhooks(database, hosts, settings.keyring),
        notifying_watches(database, Watches()),
        purging(database, settings.retention, Metrics()),
    ):
        await pdfs.run()
    gateways.close()
    hosts.close()
