"""From a frozen invoice to a file in the store. Runs in the processes that render, one at a time in each."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from documents import pdf
from documents.store import FileStore
from invoicing.snapshot import load


@dataclass(frozen=True, slots=True)
class Task:
    snapshot: str
    key: str
    attempt: int
    root: Path


@dataclass(frozen=True, slots=True)
class Produced:
    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no file: one line for the job, and the traceback for the log."""

    reason: str
    traceback: str = ""


def produce(snapshot: str, key: str, attempt: int, root: Path) -> Produced:
    content = pdf.render(load(snapshot))
    FileStore(root).put(key, content, attempt=attempt)
    return Produced(key, len(content), sha256(content).hexdigest())


def produce_all(tasks: Sequence[Task]) -> list[Produced | Failed]:
    """Each task on its own: one that fails does not keep the others from being made."""
    return [_attempted(task) for task in tasks]


def _attempted(task: Task) -> Produced | Failed:
    try:
        return produce(task.snapshot, task.key, task.attempt, task.root)
    except Exception as error:
        line = " ".join(f"{type(error).__name__}: {error}".split())
        return Failed(line, traceback.format_exc())
