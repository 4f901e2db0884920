"""From a frozen invoice to a file in the store. Runs in the processes that render, one at a time in each."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import ParamSpec, TypeVar

from documents import pdf
from documents.store import FileStore
from invoicing.snapshot import load

DISK_THREADS = 8

P = ParamSpec("P")
T = TypeVar("T")


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
    return _stored(pdf.render(load(snapshot)), key, attempt, root)


def produce_all(tasks: Sequence[Task]) -> list[Produced | Failed]:
    """Each task on its own: one that fails does not keep the others from being made.

    Rendering stays in this thread; the disk, which is slow to confirm, is waited for in others.
    """
    with ThreadPoolExecutor(DISK_THREADS, "disk") as disk:
        begun = [_attempted(_begun, task, disk) for task in tasks]
        return [each if isinstance(each, Failed) else _attempted(each.result) for each in begun]


def _begun(task: Task, disk: Executor) -> Future[Produced]:
    content = pdf.render(load(task.snapshot))
    return disk.submit(_stored, content, task.key, task.attempt, task.root)


def _stored(content: bytes, key: str, attempt: int, root: Path) -> Produced:
    FileStore(root).put(key, content, attempt=attempt)
    return Produced(key, len(content), sha256(content).hexdigest())


def _attempted(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Failed:
    try:
        return work(*args, **kwargs)
    except Exception as error:
        line = " ".join(f"{type(error).__name__}: {error}".split())
        return Failed(line, traceback.format_exc())
