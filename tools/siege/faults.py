"""The faults: each happens at once, and is over when its coroutine returns."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping
from random import Random
from typing import Any

import psycopg

from tools.siege import clock, pids
from tools.siege.postgresql import Postgresql
from tools.siege.processes import Process
from tools.siege.receiver import Receiver
from tools.siege.site import POSTGRESQL, SQLITE, Site

HOUR = 3_600
CLOCKS = (-400 * 24 * HOUR, -48 * HOUR, -3 * HOUR, HOUR // 6, 6 * HOUR)  # seconds
SHORT, LONG = 0.1, 1.5  # seconds that a fault lasts


class Faults:
    def __init__(self, site: Site, receiver: Receiver, random: Random) -> None:
        self._site, self._receiver, self._random = site, receiver, random

    # ------------------------------------------------------------ kills

    async def kill_server(self) -> None:
        await self._kill(self._random.choice(self._site.servers)[0])

    async def kill_worker(self) -> None:
        await self._kill(self._random.choice(self._site.workers))

    async def kill_everything(self) -> None:
        """All servers and workers, and PostgreSQL, in a random order."""
        processes = self._random.sample(self._site.processes, len(self._site.processes))
        for process in processes:
            process.kill()
        if self._site.postgresql is not None:
            self._site.postgresql.kill_all()
        await self._revive()

    async def kill_renderer(self) -> bool:
        """A process in which a worker makes PDFs."""
        children = self._random.choice(self._site.workers).all()[1:]
        return bool(children) and pids.send(self._random.choice(children), signal.SIGKILL)

    async def kill_postgresql(self) -> None:
        self._postgresql.kill_all()
        await self._revive()

    async def kill_postmaster(self) -> None:
        self._postgresql.kill_postmaster()
        await self._revive()

    async def kill_connection(self) -> bool:
        return self._postgresql.kill_connection(self._random.random())

    # ------------------------------------------------------------ the rest

    async def stop_postgresql_at_once(self) -> None:
        self._postgresql.stop_at_once()
        await self._revive()

    async def restart_postgresql(self) -> None:
        self._postgresql.restart()
        await self._revive()

    async def end_connections(self) -> None:
        """As a failover or an administrator does."""
        statement = b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'siege'"
        with (
            contextlib.suppress(psycopg.OperationalError),
            _connected(self._postgresql.server.render_as_string()) as own,
        ):
            own.execute(statement)

    async def terminate_server(self) -> None:
        """As a new version is rolled out: it ends what it had begun."""
        server = self._random.choice(self._site.servers)[0]
        await asyncio.to_thread(server.terminate)
        server.start()

    async def disk_full(self) -> None:
        """A process cannot make any file longer than it is, for a while."""
        process = self._random.choice(self._site.processes)
        size = self._random.choice((0, 4_096, 100_000))
        for each in process.all():
            pids.limit_files(each, size)
        await self._while()
        for each in process.all():
            pids.limit_files(each, resource.RLIM_INFINITY)

    async def lock_held(self) -> None:
        """Another process holds the lock of all writes."""
        if self._site.postgresql is None:
            path = self._site.folder / "invoicing.db"
            with contextlib.closing(sqlite3.connect(path, timeout=0.2, isolation_level=None)) as holder:
                with contextlib.suppress(sqlite3.OperationalError):
                    holder.execute("BEGIN IMMEDIATE")
                await self._while()
            return
        url = str(self._site.database.url.render_as_string(hide_password=False))
        with contextlib.suppress(psycopg.OperationalError), _connected(url) as own, own.transaction():
            own.execute("SET LOCAL lock_timeout = 200")
            own.execute("LOCK TABLE number_series, outbox IN EXCLUSIVE MODE")
            await self._while()

    async def clock_jump(self) -> None:
        process = self._random.choice(self._site.processes)
        clock.set_clock(self._site.folder, process.name, self._random.choice(CLOCKS))
        await self._while()
        clock.set_clock(self._site.folder, process.name, 0)

    async def hanging_receiver(self) -> None:
        self._receiver.is_free.clear()
        await self._while()
        self._receiver.is_free.set()

    async def _kill(self, process: Process) -> None:
        process.kill()
        process.start()

    async def _revive(self) -> None:
        await asyncio.to_thread(self._site.revive)

    async def _while(self) -> None:
        await asyncio.sleep(self._random.uniform(SHORT, LONG))

    @property
    def _postgresql(self) -> Postgresql:
        assert self._site.postgresql is not None  # noqa: S101
        return self._site.postgresql


@contextlib.contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        yield connection


Fault = Callable[[Faults], Awaitable[bool | None]]
"""False: it found nothing to do it to."""
KILLS: Mapping[str, Mapping[Fault, float]] = {
    SQLITE: {
        Faults.kill_server: 4,
        Faults.kill_worker: 4,
        Faults.kill_renderer: 3,
        Faults.kill_everything: 1,
    },
    POSTGRESQL: {
        Faults.kill_server: 4,
        Faults.kill_worker: 3,
        Faults.kill_renderer: 3,
        Faults.kill_connection: 4,
        Faults.kill_postgresql: 2,
        Faults.kill_postmaster: 1,
        Faults.kill_everything: 0.5,
    },
}
"""What is killed by SIGKILL, and how often compared with the others."""
OTHERS: Mapping[str, Mapping[Fault, float]] = {
    SQLITE: {
        Faults.terminate_server: 0.5,
        Faults.disk_full: 1,
        Faults.lock_held: 1,
        Faults.clock_jump: 1,
        Faults.hanging_receiver: 0.5,
    },
    POSTGRESQL: {
        Faults.terminate_server: 0.5,
        Faults.stop_postgresql_at_once: 0.5,
        Faults.restart_postgresql: 0.5,
        Faults.end_connections: 0.5,
        Faults.disk_full: 0.5,
        Faults.lock_held: 1,
        Faults.clock_jump: 1,
        Faults.hanging_receiver: 0.5,
    },
}
