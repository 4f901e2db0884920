"""What `verify` says of the files in the store: those that differ, and those that nobody names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from documents.store import FileStore
from invoicing.storage.database import Database
from invoicing.verify import papers
from invoicing.verify.books import Finding
from invoicing.verify.papers import Measuring
from server.commands.common import exit_with
from server.commands.progress import progress_bar

_BATCH = 500
_MOST_NAMED = 5


@dataclass(slots=True)
class CheckedPapers:
    count: int
    findings: list[Finding] = field(default_factory=list)


def check_papers(
    database: Database, account_id: str | None, measure: Measuring, folder: Path
) -> CheckedPapers:
    """Compares every file that the table names; refuses where the whole folder is not there."""
    checked = CheckedPapers(database.read(papers.count_papers, account_id))
    if checked.count and not folder.is_dir():
        raise exit_with(
            f"The folder of the PDFs is not here: {folder}. Set INVOICING_DATA_DIR as the servers have it."
        )
    with progress_bar("PDFs", checked.count) as advance:
        checked.findings += papers.find_wrong_papers(database, account_id, measure, lambda: advance(1))
    return checked


def unnamed_files(database: Database, store: FileStore) -> list[str]:
    """A note on files that no row names. They do no harm: the row may be about to be written, for example."""
    count, shown = 0, list[str]()
    for batch in _batches(store):
        found = database.read(papers.unnamed, batch)
        count += len(found)
        shown += found[: _MOST_NAMED - len(shown)]
    if not count:
        return []
    more = ", …" if count > len(shown) else ""
    return [
        f"Note: {count:,} files are of no finished PDF (one is being made, or its invoice is elsewhere): "
        f"{', '.join(shown)}{more}"
    ]


def _batches(store: FileStore) -> Iterator[list[str]]:
    keys = store.keys()
    while batch := list(islice(keys, _BATCH)):
        yield batch
