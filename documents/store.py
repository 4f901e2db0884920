"""Finished files in a folder: a file is there completely, or not at all.

An invoice's id may be any text, `..` too, so it never becomes part of a path: the keys are hashes of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryFile
from uuid import NAMESPACE_URL, uuid5

_USUAL_SIZE = 65_536  # bytes, as a PDF has


class OutsideStore(ValueError):
    """A key leads to a path outside the store."""


def pdf_key(account_id: str, invoice_id: str) -> str:
    """The key of an invoice's PDF; the same at every attempt, so a later one only replaces the file."""
    name = str(uuid5(NAMESPACE_URL, f"{account_id}/{invoice_id}"))
    return f"{account_id}/{name[:2]}/{name}.pdf"


@dataclass(frozen=True, slots=True)
class Measure:
    """What a file is, as far as was looked; without `sha256` it was not read."""

    size: int
    sha256: str | None = None


class FileStore:
    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def path(self, key: str) -> Path:
        """Where the file is. What stands there may be a link: it is replaced, and never followed."""
        named = self.root / key
        path = named.parent.resolve() / named.name
        if named.name == ".." or path == self.root or not path.is_relative_to(self.root):
            raise OutsideStore(key)
        return path

    def exists(self, key: str) -> bool:
        return _is_file(self.path(key))

    def measure(self, key: str, *, read: bool = True) -> Measure | None:
        """The file's size, and if it is `read` its SHA-256; None where there is no file."""
        path = self.path(key)
        if not _is_file(path):
            return None
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                return Measure(size, file_digest(file, "sha256").hexdigest() if read else None)
        except FileNotFoundError:
            return None

    def keys(self) -> Iterator[str]:
        """The keys of all finished files, folder by folder."""
        for folder, _, names in os.walk(self.root):
            for name in names:
                if name.endswith(".pdf"):
                    yield str(Path(folder, name).relative_to(self.root))

    def put(self, key: str, content: bytes, *, attempt: int = 1) -> None:
        """Stores `content`. When this returns, it survives a power cut."""
        path = self.path(key)
        part = _part_path(path, attempt)
        self.clear(key, attempts=attempt - 1)
        _make_folder(path.parent)
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)

    def check_writable(self) -> None:
        """Raises OSError if no file of some size can be stored. Leaves none behind."""
        self.root.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=self.root) as file:
            file.write(bytes(_USUAL_SIZE))
            file.flush()
            os.fsync(file.fileno())

    def clear(self, key: str, *, attempts: int) -> None:
        """Removes the unfinished files of attempts that were killed."""
        path = self.path(key)
        for attempt in range(1, attempts + 1):
            _part_path(path, attempt).unlink(missing_ok=True)


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _part_path(path: Path, attempt: int) -> Path:
    return path.with_name(f"{path.name}.{attempt}.part")


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """A new name in a folder survives a power cut only when the folder is written to disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
