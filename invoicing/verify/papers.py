"""Compares the files in the store with what the table of documents says of them. Reads only.

Servers may go on meanwhile. A paper that is made again loses its row before its file is replaced, and gets a
new row afterwards: so a file is wrong only if its row was the same before and after it was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import BindParameter, Connection, Executable, and_, bindparam, func, select, tuple_

from invoicing.storage import rows
from invoicing.storage.database import Database
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.tables import accounts, documents, invoices
from invoicing.verify.books import Finding

_BATCH = 500
_LOOKS = 5  # at a paper that is made again each time
_ACCOUNT_ID: BindParameter[str] = bindparam("account")
_INVOICE_ID: BindParameter[str] = bindparam("invoice")
_KIND: BindParameter[str] = bindparam("of_kind")

_ACCOUNTS = select(accounts.c.id).order_by(accounts.c.id)
_COUNT = select(func.count()).select_from(documents)
_PAPERS = (
    select(
        *(documents.c[name] for name in ("account_id", "invoice_id", "kind", "key", "size", "sha256")),
        documents.c.created_at,
        invoices.c.number,
    )
    .join(
        invoices,
        and_(invoices.c.account_id == documents.c.account_id, invoices.c.id == documents.c.invoice_id),
    )
    .where(documents.c.account_id == _ACCOUNT_ID)
)
_ID = (documents.c.invoice_id, documents.c.kind)
_NEXT = _PAPERS.where(tuple_(*_ID) > tuple_(_INVOICE_ID, _KIND)).order_by(*_ID).limit(_BATCH)
_SAME = _PAPERS.where(documents.c.invoice_id == _INVOICE_ID, documents.c.kind == _KIND)
_NAMED = select(documents.c.key).where(is_one_of(documents.c.key, id_list("keys")))


class Measured(Protocol):
    @property
    def size(self) -> int: ...

    @property
    def sha256(self) -> str | None: ...


class Unreadable(Exception):
    """The file is there, and the disk cannot read it any more."""


Measuring = Callable[[str], Measured | None]
"""The file under a key; None where there is none. May raise Unreadable."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A row of the table of documents, and the number of its invoice."""

    account_id: str
    invoice_id: str
    kind: str
    key: str
    size: int
    sha256: str
    created_at: datetime
    number: str

    def fault_of(self, found: Measured | None) -> str | None:
        if found is None:
            return f"Its PDF is not in the store: {self.key}"
        if found.size != self.size:
            return f"Its PDF has {found.size:,} bytes and was made with {self.size:,}: {self.key}"
        if found.sha256 not in (None, self.sha256):
            return f"Its PDF is not the one that was made, though as long; the SHA-256 differs: {self.key}"
        return None


def count_papers(connection: Connection, account_id: str | None) -> int:
    counted = _COUNT if account_id is None else _COUNT.where(documents.c.account_id == account_id)
    return int(connection.execute(counted).scalar_one())


def papers(database: Database, account_id: str | None = None) -> Iterator[Paper]:
    """All papers that the table names, of one account or of all, read in batches."""
    every: Sequence[str] = database.read(lambda connection: connection.execute(_ACCOUNTS).scalars().all())
    for account in [account_id] if account_id else every:
        after = ("", "")
        while batch := database.read(_read, _NEXT, account, *after):
            yield from batch
            after = (batch[-1].invoice_id, batch[-1].kind)


Going = Callable[[Iterable[Paper], Callable[[Paper], str | None]], Iterator[tuple[Paper, str | None]]]
"""How papers are gone through: each with what was found out about it, in their order."""


def one_by_one(
    every: Iterable[Paper], find: Callable[[Paper], str | None]
) -> Iterator[tuple[Paper, str | None]]:
    return ((paper, find(paper)) for paper in every)


def find_wrong_papers(
    database: Database,
    account_id: str | None,
    measure: Measuring,
    looked_at: Callable[[], None],
    *,
    going: Going = one_by_one,
) -> Iterator[Finding]:
    """Papers whose file is not there or is another. `looked_at` is called after each."""
    every = papers(database, account_id)
    for paper, fault in going(every, lambda paper: _lasting_fault(database, paper, measure)):
        if fault:
            yield Finding(paper.account_id, paper.number, "paper", fault)
        looked_at()


def unnamed(connection: Connection, keys: Sequence[str]) -> list[str]:
    """Those of the keys that no row names."""
    named = set(connection.execute(_NAMED, {"keys": list(keys)}).scalars())
    return [key for key in keys if key not in named]


def _lasting_fault(database: Database, paper: Paper, measure: Measuring) -> str | None:
    for _ in range(_LOOKS):
        if not (fault := _fault(paper, measure)):
            return None
        again = as_it_is_now(database, paper)
        if again == paper:
            return fault
        if again is None:  # it is being made again; whether a job does that, the books know
            return None
        paper = again
    return None


def as_it_is_now(database: Database, paper: Paper) -> Paper | None:
    """The same paper, whose row may be another by now; None while it is made again."""
    found = database.read(_read, _SAME, paper.account_id, paper.invoice_id, paper.kind)
    return found[0] if found else None


def _fault(paper: Paper, measure: Measuring) -> str | None:
    """Looked at twice: what was measured first may come from a list that is older than the row."""
    try:
        return paper.fault_of(measure(paper.key)) and paper.fault_of(measure(paper.key))
    except Unreadable as failure:
        return f"Its PDF is in the store and cannot be read ({failure}): {paper.key}"


def _read(
    connection: Connection, statement: Executable, account_id: str, invoice_id: str, kind: str
) -> list[Paper]:
    key = {"account": account_id, "invoice": invoice_id, "of_kind": kind}
    return rows.all_(connection, statement, key, as_=Paper)
