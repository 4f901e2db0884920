"""`invoicing worker`: makes PDFs on another process or machine than the server."""

from __future__ import annotations

import asyncio
import signal

import typer

from documents.store import FileStore
from server import logs
from server.commands.opening import opened
from server.settings import Settings
from server.worker import Worker


def worker() -> None:
    """Make PDFs until stopped, in INVOICING_WORKERS processes.

    Run as many as you like beside the server, on the same database and data folder. A worker that is
    killed loses nothing: another takes its work over.
    """
    settings = Settings()
    logs.configure(settings.log_level)
    with opened(settings) as database:
        typer.echo(f"Making PDFs in {max(settings.workers, 1)} processes.", err=True)
        store = FileStore(settings.documents_dir)
        asyncio.run(_until_stopped(Worker(database, store, processes=max(settings.workers, 1))))


async def _until_stopped(worker: Worker) -> None:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, worker.stop)
    await worker.run()
