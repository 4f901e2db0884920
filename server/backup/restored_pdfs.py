"""The PDFs of a backup that is restored: they appear just before the database does."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from documents.filenames import plain
from documents.store import FileStore, Store
from invoicing.invoices import pdf
from server.backup.at_once import at_once
from server.backup.databases import Progress
from server.backup.making import PDFS
from server.backup.manifest import BackupRefused, Manifest
from server.settings import Settings

Appearing = Callable[[Connection], None]
"""Lets the PDFs of a database appear, which is whole by then and not to be seen yet."""


def check_store_is_empty(settings: Settings, backup: Manifest, elsewhere: str) -> None:
    """What an interrupted restore has put into object storage may be there."""
    if not settings.store:
        if settings.documents_dir.exists() and any(settings.documents_dir.iterdir()):
            raise BackupRefused(f"There are PDFs already: {settings.documents_dir}. {elsewhere}.")
        return
    for key, size in settings.documents.sizes():
        file = backup.files.get(f"{PDFS}/{key}")
        if file is None or file.size != size:
            raise BackupRefused(
                f"There are other PDFs already: {settings.store}, such as {key}. A restore overwrites "
                "nothing: set INVOICING_STORE to a new prefix."
            )


def prepare_pdfs(store: Store, folder: Path, backup: Manifest, progress: Progress) -> Appearing:
    """What is returned lets them appear, just before the database does."""
    if isinstance(store, FileStore):
        return _copy_beside(store.root, folder, backup, progress)
    return lambda connection: _put_pdfs(store, connection, folder, backup, progress)


def _put_pdfs(
    store: Store, connection: Connection, folder: Path, backup: Manifest, progress: Progress
) -> None:
    """Each under the number of its invoice."""
    named = [
        (key, f"{number}.pdf")
        for key, number in connection.execute(pdf.NUMBERS)
        if f"{PDFS}/{key}" in backup.files
    ]

    def put(one: tuple[str, str]) -> None:
        key, filename = one
        store.put(key, (folder / PDFS / key).read_bytes(), filename=plain(filename))

    with progress("PDFs", len(named)) as advance:
        for _ in at_once(named, put):
            advance(1)


def _copy_beside(target: Path, folder: Path, backup: Manifest, progress: Progress) -> Appearing:
    """Copies them beside their place; what is returned gives the folder its name."""
    part = target.with_name(f"{target.name}.restoring")
    shutil.rmtree(part, ignore_errors=True)  # of a restore that was interrupted
    part.mkdir()
    names = [name for name in backup.files if name.startswith(f"{PDFS}/")]
    with progress("PDFs", len(names)) as advance:
        for name in names:
            path = part / name.removeprefix(f"{PDFS}/")
            if not path.resolve().is_relative_to(part.resolve()):
                raise BackupRefused(f"{name} leads out of the folder.")
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, path)
            advance(1)

    def give_its_name(_: Connection) -> None:
        if not part.exists():  # a transaction whose connection was lost is done once more
            return
        if target.exists():
            target.rmdir()  # empty, as was checked
        part.rename(target)

    return give_its_name
