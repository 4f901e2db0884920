"""What `verify` says of the files in the store: those that differ, and those that nobody names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from documents.store import FileStore, Measure, NotListed, Store, StoreUnavailable
from invoicing.storage.database import Database
from invoicing.verify import papers
from invoicing.verify.books import Finding
from invoicing.verify.papers import Measured, Measuring, Unreadable, find_wrong_papers, one_by_one
from server.backup.at_once import at_once
from server.commands.common import exit_with
from server.commands.progress import progress_bar

_BATCH = 500
_MOST_NAMED = 5


@dataclass(slots=True)
class CheckedPapers:
    count: int
    findings: list[Finding] = field(default_factory=list)


def check_papers(database: Database, account_id: str | None, store: Store, *, read: bool) -> CheckedPapers:
    """Compares every file that the table names; refuses where the whole store is not there."""
    checked = CheckedPapers(database.read(papers.count_papers, account_id))
    try:
        if checked.count:
            store.check_is_there()
        with progress_bar("PDFs", checked.count) as advance:
            measure = _or_unreadable(partial(store.measure, read=True) if read else _measuring(store))
            going = at_once if read and not isinstance(store, FileStore) else one_by_one
            wrong = find_wrong_papers(database, account_id, measure, lambda: advance(1), going=going)
            checked.findings += wrong
    except StoreUnavailable as away:
        raise exit_with(str(away)) from None
    return checked


def _or_unreadable(measure: Measuring) -> Measuring:
    def measured(key: str) -> Measured | None:
        try:
            return measure(key)
        except StoreUnavailable:
            raise  # it is not this file
        except OSError as failure:
            raise Unreadable(failure.strerror) from failure

    return measured


def _measuring(store: Store) -> Measuring:
    """Without reading: each file of the folder by itself, those of object storage by its lists."""
    return partial(store.measure, read=False) if isinstance(store, FileStore) else _Listed(store).measure


class _Listed:
    """Sizes out of a list of the account's files. Who asks for a file again is told how it is now."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._account_id: str | None = None
        self._sizes: dict[str, int] = {}

    def measure(self, key: str) -> Measure | None:
        account_id = key.partition("/")[0]
        if account_id != self._account_id:
            self._account_id, self._sizes = account_id, self._list(account_id)
        size = self._sizes.pop(key, None)
        return self._store.measure(key, read=False) if size is None else Measure(size)

    def _list(self, account_id: str) -> dict[str, int]:
        """None where it cannot be listed: then each file is asked for by itself."""
        try:
            return dict(self._store.sizes(account_id))
        except NotListed:
            return {}


def unnamed_files(database: Database, store: Store) -> list[str]:
    """A note on files that no row names. They do no harm: the row may be about to be written, for example.

    That they cannot be listed is a note too: what was found out about the papers is told all the same.
    """
    count, shown = 0, list[str]()
    try:
        for batch in _batches(store):
            found = database.read(papers.unnamed, batch)
            count += len(found)
            shown += map(_printable, found[: _MOST_NAMED - len(shown)])
    except StoreUnavailable as away:
        return [f"Note: it was not looked for files that no row names. {away}"]
    if not count:
        return []
    more = ", …" if count > len(shown) else ""
    return [
        f"Note: {count:,} files are of no finished PDF (one is being made, or its invoice is elsewhere): "
        f"{', '.join(shown)}{more}"
    ]


def _printable(key: str) -> str:
    """What is not UTF-8 in the name of a file is shown as �."""
    return key.encode(errors="surrogateescape").decode(errors="replace")


def _batches(store: Store) -> Iterator[list[str]]:
    keys = (key for key, _ in store.sizes())
    while batch := list(islice(keys, _BATCH)):
        yield batch
