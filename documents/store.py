"""Finished files in a folder: a file is there whole, or not at all.

Callers name invoices as they like, `..` included, so what they name never becomes a path: keys are ours.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryFile
from uuid import NAMESPACE_URL, uuid5


class OutsideStore(ValueError):
    """A key leads out of the store."""


def key_of(account_id: str, invoice_id: str) -> str:
    """Where an invoice's PDF lies; the same at every attempt, so that doing it again does no harm."""
    name = str(uuid5(NAMESPACE_URL, f"{account_id}/{invoice_id}"))
    return f"{account_id}/{name[:2]}/{name}.pdf"


class FileStore:
    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def path(self, key: str) -> Path:
        path = (self.root / key).resolve()
        if path == self.root or not path.is_relative_to(self.root):
            raise OutsideStore(key)
        return path

    def exists(self, key: str) -> bool:
        return self.path(key).is_file()

    def put(self, key: str, content: bytes, *, attempt: int = 1) -> None:
        """Stores `content` for good: when this returns, it survives a power cut."""
        path = self.path(key)
        part = _part(path, attempt)
        self.clear(key, attempts=attempt - 1)
        _make(path.parent)
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        _sync(path.parent)

    def probe(self) -> None:
        """Raises OSError where nothing can be stored. Leaves nothing behind."""
        self.root.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=self.root) as file:
            file.write(b"?")

    def clear(self, key: str, *, attempts: int) -> None:
        """Removes what attempts that were killed may have left behind."""
        path = self.path(key)
        for attempt in range(1, attempts + 1):
            _part(path, attempt).unlink(missing_ok=True)


def _part(path: Path, attempt: int) -> Path:
    return path.with_name(f"{path.name}.{attempt}.part")


def _make(folder: Path) -> None:
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    """A new name in a folder is safe once the folder is written too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
