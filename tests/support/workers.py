"""Workers as tests need them: with invoices that misbehave, and as a process of its own that can be killed.

python -m tests.support.workers DATABASE_URL FOLDER LEASE_SECONDS
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from documents.render_job import Failed, Produced, Task, produce_all

POISON, HANGING = "Poison", "Hanging mug"


def failing(tasks: Sequence[Task]) -> list[Produced | Failed]:
    return produce_all([Task("no snapshot", task.key, task.attempt, task.root) for task in tasks])


def perilous(tasks: Sequence[Task]) -> list[Produced | Failed]:
    """A poisonous invoice takes its process down; a hanging one never comes to an end."""
    outcomes = []
    for task in tasks:
        if POISON in task.snapshot:
            os.kill(os.getpid(), signal.SIGKILL)
        if HANGING in task.snapshot:
            threading.Event().wait()
        outcomes += produce_all([task])
    return outcomes


def slow(tasks: Sequence[Task]) -> list[Produced | Failed]:
    time.sleep(0.02 * len(tasks))
    return produce_all(tasks)


async def serve(url: str, folder: str, lease: str) -> None:
    from documents.store import FileStore  # late: the processes that render import this module too
    from invoicing.storage.database import Database
    from server.workers.pdf import Worker

    database = Database(url)
    worker = Worker(
        database, FileStore(Path(folder)), lease=timedelta(seconds=float(lease)), processes=2, produce=slow
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
    await worker.run()
    database.close()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
