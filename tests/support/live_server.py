"""A server on a free port, in a thread of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from server.connections.guard import Guard
from server.connections.limited import limited_config


@contextmanager
def running_server(app: Starlette, guard: Guard | None = None) -> Iterator[str]:
    """Runs the app; yields its address."""
    server = uvicorn.Server(limited_config(app, guard or Guard(), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
