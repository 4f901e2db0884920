"""`manifest.json`: what is in a backup. It is written last, so a folder without it is no backup."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import orjson

NAME = "manifest.json"
FORMAT = 1


class BackupRefused(Exception):
    """Nothing was backed up or restored; the message says why, in sentences."""


@dataclass(frozen=True, slots=True)
class File:
    size: int
    sha256: str

    @classmethod
    def at(cls, path: Path) -> File:
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
            return cls(file.tell(), digest)


@dataclass(frozen=True, slots=True)
class Manifest:
    """`files` are the paths in the folder. `columns` are those of PostgreSQL's tables. `without` are the keys
    of PDFs that the database names and the store did not have."""

    program: str
    made_at: str
    database: str
    schema: str
    files: Mapping[str, File]
    columns: Mapping[str, list[str]] = field(default_factory=dict)
    without: list[str] = field(default_factory=list)
    format: int = FORMAT


def write(folder: Path, manifest: Manifest) -> None:
    """Once this returns, the backup is there and survives a power cut."""
    os.sync()  # thousands of files: once for all of them, before the manifest says that they are there
    content = asdict(manifest)
    whole = {"sha256": _digest(content), "backup": content}
    part = folder / f"{NAME}.part"
    with part.open("wb") as file:
        file.write(orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / NAME)
    os.sync()


def read(folder: Path) -> Manifest:
    """Refuses what is no backup, is not complete, was changed, or is of a format that is not known."""
    try:
        whole = orjson.loads((folder / NAME).read_bytes())
        content, digest = whole["backup"], whole["sha256"]
    except FileNotFoundError:
        raise BackupRefused(
            f"{folder} has no {NAME}: it is no backup, or one that was interrupted before it was complete."
        ) from None
    except (ValueError, KeyError, TypeError):
        raise BackupRefused(f"{folder / NAME} is damaged: it cannot be read.") from None
    if digest != _digest(content):
        raise BackupRefused(f"{folder / NAME} is damaged: it was changed after it was written.")
    if content["format"] > FORMAT:
        raise BackupRefused(f"It was made by a newer program ({content['program']}): restore it with that.")
    return Manifest(**{**content, "files": {path: File(**file) for path, file in content["files"].items()}})


def find_damage(folder: Path, manifest: Manifest, looked_at: Callable[[], None]) -> Iterator[str]:
    """A sentence for each file that is not as it was written."""
    for name, written in manifest.files.items():
        path = folder / name
        if not path.is_file():
            yield f"{name} is missing."
        elif path.stat().st_size != written.size:
            yield f"{name} has {path.stat().st_size:,} bytes, and was written with {written.size:,}."
        elif fault := _fault_of(path, written):
            yield f"{name} {fault}"
        looked_at()


def _fault_of(path: Path, written: File) -> str | None:
    try:
        return None if File.at(path) == written else "was changed: its SHA-256 is another."
    except OSError as failure:  # a disk that cannot read it any more
        return f"cannot be read ({failure.strerror})."


def _digest(content: Mapping[str, Any]) -> str:
    return sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()
