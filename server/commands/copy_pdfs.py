"""`invoicing copy-pdfs`: takes the PDFs from one store into the one that the settings name."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated

import typer

from documents.filenames import plain
from documents.s3_place import bucket_and_prefix
from documents.store import Store, StoredMeanwhile, StoreUnavailable, content_if_readable
from invoicing.storage.database import Database
from invoicing.verify import papers
from invoicing.verify.papers import Paper
from server.backup.at_once import at_once
from server.commands.common import exit_with, open_database
from server.commands.progress import progress_bar
from server.settings import Settings

_FOLDER = "folder"
_MOST_SHOWN = 20


def copy_pdfs(
    source: Annotated[
        str,
        typer.Option("--from", help="Where they are now: `folder`, that in the data folder, or `s3://…`."),
    ] = _FOLDER,
) -> None:
    """Copy every PDF that the database names into the store of INVOICING_STORE. Nothing is removed.

    Those that are there already are not sent again, so it can be run again, and while servers go on.
    Exits with 1 if the source does not have a PDF as it was made; such PDFs are named.
    """
    settings = Settings()
    came, goes = _stores(settings, source)
    try:
        missing, copied, there = _copy(settings, came, goes)
    except StoreUnavailable as away:
        raise exit_with(str(away)) from None
    typer.echo(f"{copied:,} PDFs copied, {there:,} were there already.", err=True)
    if missing:
        more = ["…"] if len(missing) > _MOST_SHOWN else []
        raise exit_with(
            f"{len(missing):,} PDFs are not copied, as the source does not have them as they were made:\n"
            + "\n".join([*missing[:_MOST_SHOWN], *more])
        )


def _stores(settings: Settings, source: str) -> tuple[Store, Store]:
    url = "" if source == _FOLDER else source.rstrip("/")
    try:
        if url:
            bucket_and_prefix(url)
    except ValueError as mistake:
        raise exit_with(f"--from {source}: {mistake}.") from None
    if url == settings.store.rstrip("/"):
        raise exit_with("INVOICING_STORE names the store that they are in: set it to the one they go to.")
    return settings.store_at(url), settings.documents


def _copy(settings: Settings, came: Store, goes: Store) -> tuple[list[str], int, int]:
    """The keys of those that could not be copied, and how many were, or were there already."""
    missing, copied, there = list[str](), 0, 0
    with open_database(settings) as database:
        count = database.read(papers.count_papers, None)
        if count:
            came.check_is_there()
        goes.check_writable()
        with progress_bar("PDFs", count) as advance:
            for paper, is_copied in at_once(
                papers.papers(database), lambda paper: _copied(database, paper, came, goes)
            ):
                if is_copied is None:
                    missing.append(paper.key)
                copied += is_copied is True
                there += is_copied is False
                advance(1)
    return missing, copied, there


def _copied(database: Database, paper: Paper, came: Store, goes: Store) -> bool | None:
    """False if it was there already; None if the source does not have it as it was made.

    Rows are read many at once, and servers go on: what was made again since is not replaced by what it was.
    """
    if _is_there(paper, goes):
        return False
    now = papers.as_it_is_now(database, paper)
    if now is None:
        return None
    if now != paper and _is_there(now, goes):
        return False
    content = content_if_readable(came, now.key, size=now.size)
    if content is None or sha256(content).hexdigest() != now.sha256:
        return None
    try:
        goes.put(now.key, content, filename=plain(f"{now.number}.pdf"))
    except StoredMeanwhile:
        return False
    return True


def _is_there(paper: Paper, goes: Store) -> bool:
    try:
        found = goes.measure(paper.key)
    except StoreUnavailable:
        raise
    except OSError:  # what cannot be read is replaced
        return False
    return found is not None and found.sha256 == paper.sha256
