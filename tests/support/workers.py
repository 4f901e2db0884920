"""Workers for tests: with renderers that fail, crash, hang or are slow, and as a process that can be killed.

python -m tests.support.workers DATABASE_URL FOLDER LEASE_SECONDS

The folder is that of the PDFs, unless INVOICING_STORE says where they are.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from documents.render_job import RenderFailure, RenderTask, StoredPdf, render_all

POISON, HANGING = "Poison", "Hanging mug"


def fail_all(tasks: Sequence[RenderTask]) -> list[StoredPdf | RenderFailure]:
    return render_all([RenderTask("no snapshot", task.key, task.attempt, task.store) for task in tasks])


def on_full_disk(tasks: Sequence[RenderTask]) -> list[StoredPdf | RenderFailure]:
    """No file of this process may have more than 1,000 bytes."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, most))
    return render_all(tasks)


def crash_or_hang(tasks: Sequence[RenderTask]) -> list[StoredPdf | RenderFailure]:
    """An invoice with POISON kills its process; one with HANGING never ends."""
    outcomes = []
    for task in tasks:
        if POISON in task.snapshot:
            os.kill(os.getpid(), signal.SIGKILL)
        if HANGING in task.snapshot:
            threading.Event().wait()
        outcomes += render_all([task])
    return outcomes


def render_slowly(tasks: Sequence[RenderTask]) -> list[StoredPdf | RenderFailure]:
    time.sleep(0.05 * len(tasks))
    return render_all(tasks)


async def serve(url: str, folder: str, lease: str) -> None:
    from documents.store import FileStore  # not at the top: the rendering processes import this module too
    from invoicing.storage.database import Database
    from server.settings import Settings
    from server.workers.pdf import PdfWorker

    database, settings = Database(url), Settings()
    worker = PdfWorker(
        database,
        settings.documents if settings.store else FileStore(Path(folder)),
        lease=timedelta(seconds=float(lease)),
        processes=2,
        render=render_slowly,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
    await worker.run()
    database.close()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
