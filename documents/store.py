"""Where finished files are kept, in a folder by default: a file is there completely, or not at all.

An invoice's id may be any text, `..` too, so it never becomes part of a path: the keys are hashes of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from stat import S_ISREG
from tempfile import TemporaryFile
from typing import Protocol
from uuid import NAMESPACE_URL, uuid5

_USUAL_SIZE = 65_536  # bytes, as a PDF has


class OutsideStore(ValueError):
    """A key leads to a path outside the store."""


def pdf_key(account_id: str, invoice_id: str) -> str:
    """The key of an invoice's PDF; the same at every attempt, so a later one only replaces the file."""
    name = str(uuid5(NAMESPACE_URL, f"{account_id}/{invoice_id}"))
    return f"{account_id}/{name[:2]}/{name}.pdf"


class StoreUnavailable(OSError):
    """The whole store cannot be used, which is no fault of the file that was asked for."""


class NotListed(StoreUnavailable):
    """The store can be used, but its files cannot be listed, as others are among them."""


class StoredMeanwhile(Exception):
    """Somebody else has stored another file here since this attempt began. It is left as it is."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a file is, as far as was looked; without `sha256` it was not read."""

    size: int
    sha256: str | None = None
    state: tuple[object, ...] = field(default=(), compare=False)
    """Differs once the file has been replaced or changed."""


class Store(Protocol):
    """All that is asked of a store. Its methods block. Each may raise StoreUnavailable, within `patience`.

    Any other OSError is about the one file that was asked for, such as a disk that cannot read it any more.
    """

    @property
    def patience(self) -> float:
        """Seconds that putting a batch may take because of others, beside its own work."""

    def put(self, key: str, content: bytes, *, filename: str = "", attempt: int = 1) -> None:
        """Stores `content`. When this returns, it survives a power cut.

        `filename` is what the file is called where the store itself hands it out. May raise StoredMeanwhile.
        """

    def read(self, key: str, *, size: int | None = None) -> bytes | None:
        """The file; None where there is none, or one of another size than `size`."""

    def measure(self, key: str, *, read: bool = True) -> Measure | None:
        """The file's size, and if it is `read` its SHA-256; None where there is no file."""

    def address(self, key: str) -> str | None:
        """Where whoever has the address may fetch the file for a moment; None if the server sends it."""

    def sizes(self, account_id: str | None = None) -> Iterator[tuple[str, int]]:
        """The keys of all finished files, or of those of an account, and their sizes. May raise NotListed."""

    def clear(self, key: str, *, attempts: int) -> None:
        """Removes what attempts that were killed have left unfinished."""

    def check_is_there(self) -> None:
        """Raises StoreUnavailable where it is the whole store that is not there; it says so in a sentence."""

    def check_writable(self) -> None:
        """Raises OSError where nothing can be stored, as far as that can be known. Leaves nothing behind."""


class FileStore:
    """The files are in a folder, which servers and workers share."""

    patience = 0.0

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
        return _stat(self.path(key)) is not None

    def read(self, key: str, *, size: int | None = None) -> bytes | None:
        path = self.path(key)
        found = _stat(path)
        return path.read_bytes() if found and size in (None, found.st_size) else None

    def measure(self, key: str, *, read: bool = True) -> Measure | None:
        path = self.path(key)
        found = _stat(path)
        if found is None or not read:
            return found and _measured(found)
        try:
            with path.open("rb") as file:
                return _measured(os.fstat(file.fileno()), file_digest(file, "sha256").hexdigest())
        except FileNotFoundError:
            return None

    def address(self, key: str) -> str | None:  # noqa: ARG002
        return None

    def sizes(self, account_id: str | None = None) -> Iterator[tuple[str, int]]:
        for folder, _, names in os.walk(self.path(account_id) if account_id else self.root):
            for path in (Path(folder, name) for name in names if name.endswith(".pdf")):
                if found := _stat(path):
                    yield str(path.relative_to(self.root)), found.st_size

    def put(self, key: str, content: bytes, *, filename: str = "", attempt: int = 1) -> None:  # noqa: ARG002
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

    def check_is_there(self) -> None:
        if not self.root.is_dir():
            raise StoreUnavailable(
                f"The folder of the PDFs is not here: {self.root}. "
                "Set INVOICING_DATA_DIR as the servers have it."
            )

    def check_writable(self) -> None:
        """Stores a file of some size, and leaves none behind."""
        self.root.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=self.root) as file:
            file.write(bytes(_USUAL_SIZE))
            file.flush()
            os.fsync(file.fileno())

    def clear(self, key: str, *, attempts: int) -> None:
        path = self.path(key)
        for attempt in range(1, attempts + 1):
            _part_path(path, attempt).unlink(missing_ok=True)


def content_if_readable(store: Store, key: str, *, size: int) -> bytes | None:
    """The file; None too where a disk cannot read it any more. May raise StoreUnavailable."""
    try:
        return store.read(key, size=size)
    except StoreUnavailable:
        raise  # it is not this file
    except OSError:
        return None


def _stat(path: Path) -> os.stat_result | None:
    """None where there is nothing, or what is there is a folder or a link."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found if S_ISREG(found.st_mode) else None


def _measured(found: os.stat_result, sha256: str | None = None) -> Measure:
    """`ctime` tells of a change that keeps `mtime`."""
    state = found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
    return Measure(found.st_size, sha256, state)


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
