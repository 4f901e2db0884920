"""How long tests wait for what happens elsewhere: in a process, a thread, a browser or a database.

Nothing takes a hundredth of it on an idle machine. It ends tests that would wait forever, and is never what a
test waits for, so it may be far more than a busy machine needs.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable

PATIENCE = 300  # seconds; a whole test has twice as many (`timeout` in pyproject.toml)


def until(happened: Callable[[], object], process: subprocess.Popen[str] | None = None) -> None:
    """Returns once it has happened, which a process brings about that must not end before."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert process is None or process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)


async def eventually(happened: Callable[[], object]) -> None:
    """`until`, while the event loop goes on."""
    async with asyncio.timeout(PATIENCE):
        while not happened():  # noqa: ASYNC110 (what happens, happens elsewhere: nothing tells of it)
            await asyncio.sleep(0.005)
