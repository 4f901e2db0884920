"""A server process of the hunt, with its own connections, and threads that run commands in turn."""

from __future__ import annotations

import tempfile
import threading
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from random import Random

from invoicing.access import Principal
from invoicing.errors import InvoicingError
from invoicing.storage.database import Database
from tools.deadlock_hunt.commands import COMMANDS, Clerk
from tools.deadlock_hunt.shop import NothingThereError


@dataclass
class Outcome:
    """How often each command ended how: "done", or the code of the refusal."""

    ended: Counter[tuple[str, str]] = field(default_factory=Counter)
    retries: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        self.ended += other.ended
        self.retries += other.retries
        self.failures += other.failures


def serve(
    url: str,
    owner: Principal,
    begun: Synchronized[int],
    most: int,
    seeds: list[str],
    outcomes: Queue[Outcome],
) -> None:
    """Runs a server in this process, and puts its outcome in the queue when it ends."""
    outcomes.put(Server(url, owner, begun, most, threads=len(seeds)).run(seeds))


class Server:
    def __init__(
        self, url: str, owner: Principal, begun: Synchronized[int], most: int, *, threads: int
    ) -> None:
        self._database = Database(url, threads=threads)
        self._database.deadlock_listeners.append(self._count_retry)
        self._owner, self._begun, self._most = owner, begun, most
        self._outcome = Outcome()
        self._lock = threading.Lock()

    def run(self, seeds: list[str]) -> Outcome:
        """Runs a thread for each seed, until all servers together have started `most` commands."""
        with ThreadPoolExecutor(len(seeds)) as pool:
            list(pool.map(self._work, seeds))
        self._database.close()
        return self._outcome

    def _work(self, seed: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            clerk = Clerk(self._database, self._owner, Random(seed), Path(folder))  # noqa: S311
            while (place := self._next()) is not None:
                name = clerk.choose(place)
                end = self._end(clerk, name)
                with self._lock:
                    self._outcome.ended[name, end] += 1

    def _end(self, clerk: Clerk, name: str) -> str:
        try:
            COMMANDS[name][1](clerk)
        except InvoicingError as refusal:
            return refusal.code
        except NothingThereError:
            return "nothing there"
        except Exception:
            self._outcome.failures.append(traceback.format_exc())
            return "failed"
        return "done"

    def _next(self) -> int | None:
        with self._begun.get_lock():
            if self._begun.value >= self._most:
                return None
            self._begun.value += 1
            return self._begun.value

    def _count_retry(self) -> None:
        with self._lock:
            self._outcome.retries += 1
