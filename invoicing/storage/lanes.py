"""Commands of accounts that wait for a thread: an account's in their order, accounts in turns.

An account has one lane: a thread that takes its commands one after the other, so that they can share a
commit. Only while a command of that lane is stuck, as it waits for a lock or takes long by itself, may
another thread open one more for the account.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from invoicing.storage.places import Owner
from invoicing.storage.writer import Command

STUCK = 0.05  # seconds that a command is waited for before its account's next one goes on beside it

Piece = Sequence[Command]
"""What one thread does in its order: a single command, or several that belong together."""


def _wanted(piece: Piece) -> list[Command]:
    """Those of the piece that somebody waits for."""
    return [command for command in piece if command.is_wanted()]


class Lane:
    """A thread's place for an account, and what it has taken of its commands but not begun."""

    def __init__(self, lanes: Lanes, owner: Owner, piece: Piece, began: float) -> None:
        self.owner = owner
        self.began = began  # with the command that runs
        self._lanes = lanes
        self._taken = deque(_wanted(piece))

    def next(self) -> Command | None:
        """The next command that somebody waits for, if its account has one."""
        while not self._taken and (piece := self._lanes.next(self)) is not None:
            self._taken.extend(_wanted(piece))
        return self._taken.popleft() if self._taken else None

    def put_back(self, command: Command) -> None:
        """The lane does it next."""
        self._taken.appendleft(command)

    def refuse_taken(self, failure: BaseException) -> None:
        """What it has taken but not begun is not tried."""
        for command in self._taken:
            command.refusal = failure
            command.set_outcome()
        self._taken.clear()

    def begin(self) -> None:
        """A command begins now."""
        self.began = self._lanes.now()

    def leave(self) -> None:
        self._lanes.leave(self)


class Lanes:
    """What waits, and the lanes that are open: `most` of an account. The server's own have no such limit."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.now = clock
        self._most = most
        self._changed = threading.Condition()
        self._waiting: dict[Owner, deque[Piece]] = {}  # whose turn is next comes first
        self._open: dict[Owner, set[Lane]] = {}
        self._is_looking = False  # whether a thread looks again by itself, as time alone opens a lane
        self._closed = False

    def put(self, owner: Owner, piece: Piece) -> None:
        with self._changed:
            self._waiting.setdefault(owner, deque()).append(piece)
            if not self._is_looking or self._may_open(owner):
                self._changed.notify()

    def open(self) -> Lane | None:
        """Waits for what may be done now; None once it is closed and nothing is left."""
        with self._changed:
            while (owner := next(self._openable(), "")) == "":
                if self._closed and not self._waiting:
                    return None
                self._look_later()
            lane = Lane(self, owner, self._take(owner), self.now())
            if owner is not None:
                self._open.setdefault(owner, set()).add(lane)
            if self._waiting and (not self._is_looking or any(True for _ in self._openable())):
                self._changed.notify()  # another thread opens the next lane, or looks again later
            return lane

    def next(self, lane: Lane) -> Piece | None:
        """The next piece of the lane's account. Each of the server's own has a lane for itself."""
        if lane.owner is None:
            return None
        with self._changed:
            return self._take(lane.owner) if lane.owner in self._waiting else None

    def leave(self, lane: Lane) -> None:
        """The thread is going to open another lane, maybe of the same account, if nobody else waits."""
        if lane.owner is None:
            return
        with self._changed:
            lanes = self._open[lane.owner]
            lanes.remove(lane)
            if not lanes:
                del self._open[lane.owner]

    def close(self) -> None:
        """Gives out all that waits, then nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _openable(self) -> Iterator[Owner]:
        return (owner for owner in self._waiting if self._may_open(owner))

    def _may_open(self, owner: Owner) -> bool:
        lanes = self._open.get(owner, ())
        stuck = self.now() - STUCK
        return not lanes or (len(lanes) < self._most and all(lane.began <= stuck for lane in lanes))

    def _take(self, owner: Owner) -> Piece:
        """The account's first; its next one comes after those of all others."""
        waiting = self._waiting.pop(owner)
        piece = waiting.popleft()
        if waiting:
            self._waiting[owner] = waiting
        elif self._closed and not self._waiting:
            self._changed.notify_all()
        return piece

    def _look_later(self) -> None:
        """Waits until something changes; where an account waits for a lane, for a while at most."""
        if not self._waiting or self._is_looking:
            self._changed.wait()
            return
        self._is_looking = True
        self._changed.wait(STUCK)
        self._is_looking = False
