"""Makes a backup while servers go on.

First the database, as it is at one moment, then the PDFs that it names: a PDF is in the store before its row
is written, and is never changed afterwards, so all of them are there by then. They are copied, not linked:
what damages a file in the store must not damage its backup.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from documents.store import Store, content_if_readable
from invoicing.invoices import pdf
from invoicing.storage import sqlite_copy
from invoicing.storage.database import Database
from invoicing.storage.sqlite_copy import Stored
from server.backup import manifest
from server.backup.at_once import at_once
from server.backup.databases import Progress, bytes_needed, copy_database
from server.backup.manifest import BackupRefused, File, Manifest
from server.settings import Settings

PDFS, SECRET, SANDBOX = "documents", "secret", "sandbox.db"
_SPARE = 50_000_000  # bytes that the disk must have left


@dataclass(frozen=True, slots=True)
class Made:
    """`damaged` are the keys of PDFs that the store does not have as they were made."""

    manifest: Manifest
    pdfs: int
    damaged: Sequence[str]


def make_backup(settings: Settings, database: Database, folder: Path, progress: Progress) -> Made:
    """Refuses a folder that is not empty, and a disk that has too little room."""
    made_at = datetime.now(UTC)
    needed = bytes_needed(database)
    _check_data_folder(settings, has_pdfs=needed.pdfs > 0)
    _prepare(folder, needed.pdfs + needed.database)
    copied = copy_database(database, folder, progress)
    own = [*copied.files, *_save_secret(settings, folder), *_save_sandbox(settings, folder)]
    pdfs, without = _copy_pdfs(settings.documents, folder, copied.papers, progress)
    made = Manifest(
        program=version("invoicing-server"),
        made_at=made_at.isoformat(timespec="seconds"),
        database=copied.kind,
        schema=copied.schema,
        files={**{name: File.at(folder / name) for name in own}, **pdfs},
        columns=copied.columns,
        without=[key for key, _, _ in without],
    )
    with progress("Verifying", len(made.files)) as advance:
        if damage := list(manifest.find_damage(folder, made, lambda: advance(1))):
            raise BackupRefused(f"The disk does not keep what is written: {' '.join(damage[:5])}")
    manifest.write(folder, made)
    return Made(made, len(pdfs), [stored[0] for stored in without if _is_damaged(database, stored)])


def _check_data_folder(settings: Settings, *, has_pdfs: bool) -> None:
    """Refuses a folder that is not the servers': a secret would be invented, and every PDF be missing."""
    if not has_pdfs:
        return
    settings.documents.check_is_there()
    if not _has_secret(settings):
        raise BackupRefused(
            f"The servers' secret is not here: {settings.data_dir / SECRET}. "
            "Set INVOICING_SECRET_KEY as the servers have it."
        )


def _has_secret(settings: Settings) -> bool:
    return bool(settings.secret_key) or (settings.data_dir / SECRET).is_file()


def _prepare(folder: Path, needed: int) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupRefused(f"{folder} is not empty: name a new folder for each backup.")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # the secret and all customers are in it
    if (free := shutil.disk_usage(folder).free) < needed + _SPARE:
        raise BackupRefused(
            f"{folder} has room for {free:,} bytes, and the backup may need {needed:,} and some to spare."
        )


def _copy_pdfs(
    store: Store, folder: Path, papers: Sequence[Stored], progress: Progress
) -> tuple[dict[str, File], list[Stored]]:
    """Those that are as they were made, by their names in the backup, and those that are not."""
    copied, without = dict[str, File](), list[Stored]()
    with progress("PDFs", len(papers)) as advance:
        for (key, size, digest), content in at_once(papers, lambda paper: _content(store, paper)):
            if content is not None and sha256(content).hexdigest() == digest:
                target = folder / PDFS / key
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
                copied[f"{PDFS}/{key}"] = File(size, digest)
            else:
                without.append((key, size, digest))
            advance(1)
    return copied, without


def _content(store: Store, paper: Stored) -> bytes | None:
    key, size, _ = paper
    return content_if_readable(store, key, size=size)


def _is_damaged(database: Database, stored: Stored) -> bool:
    """Whether the PDF still has the same row: else it was made again since, which is no fault."""
    row = database.read(pdf.document, stored[0])
    return row is not None and (row.key, row.size, row.sha256) == stored


def _save_secret(settings: Settings, folder: Path) -> list[str]:
    """Where there is one: a server makes it at its first start."""
    if not _has_secret(settings):
        return []
    (folder / SECRET).touch(mode=0o600)
    (folder / SECRET).write_text(settings.secret)
    return [SECRET]


def _save_sandbox(settings: Settings, folder: Path) -> list[str]:
    """The sandbox gateway's own file, where it was ever used."""
    source = settings.data_dir / SANDBOX
    if not source.is_file():
        return []
    sqlite_copy.copy_database(source, folder / SANDBOX)
    return [SANDBOX]
