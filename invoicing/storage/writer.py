"""What runs commands, and what those have in common that share one transaction.

A commit that survives a power cut waits for the disk. So commands that wait at the same time share a commit:
each runs behind a savepoint of its own, so that one that is refused does not undo the others, and no command
returns before the common commit is done.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection

from invoicing.storage.places import Owner

T = TypeVar("T")


@dataclass(slots=True)
class Command:
    """Work that waits for its turn, whose it is, and the future for its outcome."""

    work: Callable[[Connection], Any]
    owner: Owner = None
    outcome: Future[Any] = field(default_factory=Future)
    result: Any = None
    refusal: BaseException | None = None

    def is_wanted(self) -> bool:
        """Whether somebody still waits for it; from now on it cannot be cancelled."""
        return self.outcome.set_running_or_notify_cancel()

    def set_outcome(self) -> None:
        if self.refusal is None:
            self.outcome.set_result(self.result)
        else:
            self.outcome.set_exception(self.refusal)


class Batch:
    """The commands of one transaction: `most` at most, and none is added once it has gone on for `long`."""

    def __init__(
        self, first: Command, most: int, long: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.commands = [first]
        self._most = most
        self._long = long
        self._clock = clock
        self._began = clock()

    def begin(self) -> None:
        """From now on its time counts."""
        self._began = self._clock()

    def is_full(self) -> bool:
        return len(self.commands) >= self._most or self._clock() - self._began >= self._long

    def refuse(self, failure: BaseException) -> None:
        """None of it is stored, so that what some were refused for may not be so either."""
        for command in self.commands:
            command.refusal = failure

    def set_outcomes(self) -> None:
        for command in self.commands:
            command.set_outcome()


class Writer(ABC):
    """Runs commands, each in a transaction that it has alone or shares with others that wait."""

    @abstractmethod
    def run(self, work: Callable[[Connection], T]) -> T:
        """What the command returns, once it is committed."""

    @abstractmethod
    def submit(self, work: Callable[[Connection], T], owner: Owner = None) -> Future[T]:
        """The command waits for its account's turn, and is run in a thread."""

    @abstractmethod
    def submit_each(self, works: Sequence[Callable[[Connection], T]], owner: Owner) -> list[Future[T]]:
        """These commands of an account are run in their order."""

    @abstractmethod
    def close(self) -> None:
        """Finishes the waiting commands, then ends."""
