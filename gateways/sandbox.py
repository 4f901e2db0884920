"""A payment provider for trying things: the payment method's name says what becomes of the money.

It stands for a provider on the other side of the wire: what it was asked for is in a file of its own, which
outlives whoever asked.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from uuid import uuid4

from gateways.protocol import Charge, Method, MethodRefused, Outcome, Refund, Reused, Unavailable

PLAYS = (
    "approve",  # PAID
    "decline",  # FAILED
    "expired",  # FAILED, and so for ever
    "late",  # PENDING; PAID when it is asked about a little later
    "late-decline",  # PENDING; FAILED when it is asked about a little later
    "fail",  # Unavailable, and it did not arrive
    "fail-after",  # Unavailable, but it arrived: only the answer is lost
    "hang",  # as fail-after, but after 15 seconds: time to kill whoever asks
)
"""The names, and what becomes of a charge. With `approve-refund-` in front, it becomes of its refunds."""

_TABLE = """
CREATE TABLE IF NOT EXISTS asked (
    kind TEXT NOT NULL, account_id TEXT NOT NULL, id TEXT NOT NULL,
    amount INTEGER NOT NULL, currency TEXT NOT NULL, source TEXT NOT NULL,
    play TEXT NOT NULL, error TEXT NOT NULL, reference TEXT NOT NULL UNIQUE, asked_at REAL NOT NULL,
    PRIMARY KEY (kind, account_id, id)
)
"""
_INSERT = """
INSERT INTO asked (kind, account_id, id, amount, currency, source, play, error, reference, asked_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SELECT = "SELECT * FROM asked WHERE kind = ? AND account_id = ? AND id = ?"
_CHARGE = "SELECT * FROM asked WHERE kind = 'charge' AND account_id = ? AND reference = ?"
_REFUNDS = "SELECT * FROM asked WHERE kind = 'refund' AND account_id = ? AND source = ?"

_REFUNDS_PLAY = "approve-refund-"
_DECLINED = {"charge": "The card was declined.", "refund": "The bank refused the refund."}
_EXPIRED = "The card has expired."


class Sandbox:
    name = "sandbox"

    def __init__(self, path: Path, *, late_after: float = 2, hang_seconds: float = 15) -> None:
        self._path = path
        self._late_after = late_after
        self._hang_seconds = hang_seconds
        self._closed = Event()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._alone() as file:
            file.execute(_TABLE)

    def method(
        self,
        reference: str,
        *,
        account_id: str,  # noqa: ARG002 - whoever has a name may use it
        customer_id: str,  # noqa: ARG002
        name: str,  # noqa: ARG002
        email: str | None,  # noqa: ARG002
    ) -> Method:
        if (unknown := _unknown(reference)) is not None:
            raise MethodRefused(unknown)
        return Method(reference, None, f"Sandbox: {reference}")

    def charge(self, charge: Charge) -> Outcome:
        if (unknown := _unknown(charge.method)) is not None:
            return Outcome("FAILED", None, unknown)
        play = "approve" if charge.method.startswith(_REFUNDS_PLAY) else charge.method
        with self._alone() as file:
            row = _kept(file, charge)
            is_new = row is None
            if row is None:
                row = _keep(file, charge, play, _error("charge", play))
        return self._answer(row, is_new=is_new)

    def refund(self, refund: Refund) -> Outcome:
        with self._alone() as file:
            row = _kept(file, refund)
            is_new = row is None
            if row is None:
                row = _keep(file, refund, *self._play_of(file, refund))
        return self._answer(row, is_new=is_new)

    def find_charge(self, charge: Charge) -> Outcome | None:
        return self._find(charge)

    def find_refund(self, refund: Refund) -> Outcome | None:
        return self._find(refund)

    def close(self) -> None:
        self._closed.set()  # whoever hangs hangs no longer

    def _find(self, asked: Charge | Refund) -> Outcome | None:
        with self._alone() as file:
            row = _kept(file, asked)
        return None if row is None else self._outcome(row)

    def _play_of(self, file: sqlite3.Connection, refund: Refund) -> tuple[str, str]:
        """What becomes of the refund, and why it fails if it does."""
        charge = file.execute(_CHARGE, (refund.account_id, refund.charge)).fetchone()
        if charge is None or self._outcome(charge).status != "PAID":
            return "decline", "There is no such paid charge."
        others = file.execute(_REFUNDS, (refund.account_id, refund.charge)).fetchall()
        left = charge["amount"] - sum(row["amount"] for row in others if not row["error"])
        if refund.currency != charge["currency"] or refund.amount > left:
            return "decline", f"No more than {left} {charge['currency']} of the charge is left to refund."
        source = str(charge["source"])
        play = source.removeprefix(_REFUNDS_PLAY) if source.startswith(_REFUNDS_PLAY) else "approve"
        return play, _error("refund", play)

    def _answer(self, row: sqlite3.Row, *, is_new: bool) -> Outcome:
        if is_new and row["play"] == "hang":
            self._closed.wait(self._hang_seconds)
        if is_new and row["play"] in ("fail-after", "hang"):
            raise Unavailable("The sandbox's answer is lost.")
        return self._outcome(row)

    def _outcome(self, row: sqlite3.Row) -> Outcome:
        if row["play"].startswith("late") and time.time() < row["asked_at"] + self._late_after:
            return Outcome("PENDING", row["reference"])
        if row["error"]:
            return Outcome("FAILED", row["reference"], row["error"], is_method_spent=row["error"] == _EXPIRED)
        return Outcome("PAID", row["reference"])

    @contextmanager
    def _alone(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own for every call, whichever thread or process it comes from."""
        with closing(sqlite3.connect(self._path, timeout=10, isolation_level=None)) as file:
            file.row_factory = sqlite3.Row
            file.execute("BEGIN IMMEDIATE")
            yield file
            file.execute("COMMIT")  # without it, closing takes everything back


def _unknown(reference: str) -> str | None:
    if reference.removeprefix(_REFUNDS_PLAY) in PLAYS:
        return None
    names = ", ".join([*PLAYS, *(_REFUNDS_PLAY + name for name in PLAYS)])
    return f"The sandbox does not know this payment method; it knows {names}."


def _error(kind: str, play: str) -> str:
    if play == "expired":
        return _EXPIRED
    return _DECLINED[kind] if play.endswith("decline") else ""


def _kept(file: sqlite3.Connection, asked: Charge | Refund) -> sqlite3.Row | None:
    kind, source = _kind(asked)
    row: sqlite3.Row | None = file.execute(_SELECT, (kind, asked.account_id, asked.id)).fetchone()
    if row is None:
        return None
    if (row["amount"], row["currency"], row["source"]) != (asked.amount, asked.currency, source):
        raise Reused(f"The id of this {kind} was used for another one.")
    return row


def _keep(file: sqlite3.Connection, asked: Charge | Refund, play: str, error: str) -> sqlite3.Row:
    if play == "fail":
        raise Unavailable("The sandbox cannot be reached.")
    kind, source = _kind(asked)
    what = (kind, asked.account_id, asked.id, asked.amount, asked.currency, source)
    file.execute(_INSERT, (*what, play, error, f"sandbox_{uuid4().hex}", time.time()))
    row: sqlite3.Row = file.execute(_SELECT, what[:3]).fetchone()
    return row


def _kind(asked: Charge | Refund) -> tuple[str, str]:
    return ("charge", asked.method) if isinstance(asked, Charge) else ("refund", asked.charge)
