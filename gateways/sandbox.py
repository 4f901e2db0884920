"""A payment provider for trying things out: a payment method's name decides what happens to the money.

Like a real provider it keeps its own records: they are in a file, and stay when the calling process dies.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from uuid import uuid4

from gateways.protocol import Charge, IdReused, Method, MethodRefused, Outcome, Refund, Unavailable

BEHAVIOURS = (
    "approve",  # PAID
    "decline",  # FAILED
    "expired",  # FAILED, and the payment method never works again
    "late",  # PENDING; two seconds later it is PAID
    "late-decline",  # PENDING; two seconds later it is FAILED
    "fail",  # Unavailable, and the request did not arrive
    "fail-after",  # Unavailable, but the request arrived: only the response is lost
    "hang",  # like fail-after, but after 15 seconds: time to kill the caller
)
"""The names, and what happens to a charge; with `approve-refund-` in front, to its refunds."""

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

_REFUND_PREFIX = "approve-refund-"
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
        with self._transaction() as file:
            file.execute(_TABLE)

    def method(
        self,
        reference: str,
        *,
        account_id: str,  # noqa: ARG002 - anybody may use any name
        customer_id: str,  # noqa: ARG002
        name: str,  # noqa: ARG002
        email: str | None,  # noqa: ARG002
    ) -> Method:
        if (unknown := _unknown_method(reference)) is not None:
            raise MethodRefused(unknown)
        return Method(reference, None, f"Sandbox: {reference}")

    def charge(self, charge: Charge) -> Outcome:
        if (unknown := _unknown_method(charge.method)) is not None:
            return Outcome("FAILED", None, unknown)
        behaviour = "approve" if charge.method.startswith(_REFUND_PREFIX) else charge.method
        with self._transaction() as file:
            row = _find_row(file, charge)
            is_new = row is None
            if row is None:
                row = _insert_row(file, charge, behaviour, _error_message("charge", behaviour))
        return self._reply(row, is_new=is_new)

    def refund(self, refund: Refund) -> Outcome:
        with self._transaction() as file:
            row = _find_row(file, refund)
            is_new = row is None
            if row is None:
                row = _insert_row(file, refund, *self._refund_behaviour(file, refund))
        return self._reply(row, is_new=is_new)

    def find_charge(self, charge: Charge) -> Outcome | None:
        return self._find(charge)

    def find_refund(self, refund: Refund) -> Outcome | None:
        return self._find(refund)

    def close(self) -> None:
        self._closed.set()  # ends the calls that hang

    def _find(self, request: Charge | Refund) -> Outcome | None:
        with self._transaction() as file:
            row = _find_row(file, request)
        return None if row is None else self._outcome(row)

    def _refund_behaviour(self, file: sqlite3.Connection, refund: Refund) -> tuple[str, str]:
        """How the refund behaves, and why it fails, if it does."""
        charge = file.execute(_CHARGE, (refund.account_id, refund.charge)).fetchone()
        if charge is None or self._outcome(charge).status != "PAID":
            return "decline", "There is no such paid charge."
        others = file.execute(_REFUNDS, (refund.account_id, refund.charge)).fetchall()
        left = charge["amount"] - sum(row["amount"] for row in others if not row["error"])
        if refund.currency != charge["currency"] or refund.amount > left:
            return "decline", f"No more than {left} {charge['currency']} of the charge is left to refund."
        source = str(charge["source"])
        behaviour = source.removeprefix(_REFUND_PREFIX) if source.startswith(_REFUND_PREFIX) else "approve"
        return behaviour, _error_message("refund", behaviour)

    def _reply(self, row: sqlite3.Row, *, is_new: bool) -> Outcome:
        if is_new and row["play"] == "hang":
            self._closed.wait(self._hang_seconds)
        if is_new and row["play"] in ("fail-after", "hang"):
            raise Unavailable("The sandbox's response is lost.")
        return self._outcome(row)

    def _outcome(self, row: sqlite3.Row) -> Outcome:
        if row["play"].startswith("late") and time.time() < row["asked_at"] + self._late_after:
            return Outcome("PENDING", row["reference"])
        if row["error"]:
            return Outcome("FAILED", row["reference"], row["error"], is_method_spent=row["error"] == _EXPIRED)
        return Outcome("PAID", row["reference"])

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction on a new connection: calls come from several threads and processes."""
        try:
            with closing(sqlite3.connect(self._path, timeout=10, isolation_level=None)) as file:
                file.row_factory = sqlite3.Row
                file.execute("BEGIN IMMEDIATE")
                yield file
                file.execute("COMMIT")  # without it, closing rolls everything back
        except sqlite3.OperationalError as failure:  # the disk is full, or others hold the lock for long
            raise Unavailable(f"The sandbox's file cannot be used: {failure}") from failure


def _unknown_method(reference: str) -> str | None:
    if reference.removeprefix(_REFUND_PREFIX) in BEHAVIOURS:
        return None
    names = ", ".join([*BEHAVIOURS, *(_REFUND_PREFIX + name for name in BEHAVIOURS)])
    return f"The sandbox does not know this payment method; it knows {names}."


def _error_message(kind: str, behaviour: str) -> str:
    if behaviour == "expired":
        return _EXPIRED
    return _DECLINED[kind] if behaviour.endswith("decline") else ""


def _find_row(file: sqlite3.Connection, request: Charge | Refund) -> sqlite3.Row | None:
    kind, source = _kind_and_source(request)
    row: sqlite3.Row | None = file.execute(_SELECT, (kind, request.account_id, request.id)).fetchone()
    if row is None:
        return None
    if (row["amount"], row["currency"], row["source"]) != (request.amount, request.currency, source):
        raise IdReused(f"The id of this {kind} was used for another one.")
    return row


def _insert_row(
    file: sqlite3.Connection, request: Charge | Refund, behaviour: str, error: str
) -> sqlite3.Row:
    if behaviour == "fail":
        raise Unavailable("The sandbox cannot be reached.")
    kind, source = _kind_and_source(request)
    key_and_terms = (kind, request.account_id, request.id, request.amount, request.currency, source)
    file.execute(_INSERT, (*key_and_terms, behaviour, error, f"sandbox_{uuid4().hex}", time.time()))
    row: sqlite3.Row = file.execute(_SELECT, key_and_terms[:3]).fetchone()
    return row


def _kind_and_source(request: Charge | Refund) -> tuple[str, str]:
    return ("charge", request.method) if isinstance(request, Charge) else ("refund", request.charge)
