"""From a frozen invoice to a file in the store. Runs in the processes that render, one at a time in each."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
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
    seconds: float = field(default=0.0, compare=False)
    """That it took to render."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no file: one line for the job, and the traceback for the log."""

    reason: str
    traceback: str = ""


def produce(snapshot: str, key: str, attempt: int, root: Path) -> Produced:
    content, seconds = _rendered(snapshot)
    return _stored(content, seconds, key, attempt, root)


def produce_all(tasks: Sequence[Task]) -> list[Produced | Failed]:
    """Each task on its own: one that fails does not keep the others from being made.

    Rendering stays in this thread; the disk, which is slow to confirm, is waited for in others.
    """
    with ThreadPoolExecutor(DISK_THREADS, "disk") as disk:
        begun = [_attempted(_begun, task, disk) for task in tasks]
        return [each if isinstance(each, Failed) else _attempted(each.result) for each in begun]


def _begun(task: Task, disk: Executor) -> Future[Produced]:
    content, seconds = _rendered(task.snapshot)
    return disk.submit(_stored, content, seconds, task.key, task.attempt, task.root)


def _rendered(snapshot: str) -> tuple[bytes, float]:
    began = time.perf_counter()
    content = pdf.render(load(snapshot))
    return content, time.perf_counter() - began


def _stored(content: bytes, seconds: float, key: str, attempt: int, root: Path) -> Produced:
    FileStore(root).put(key, content, attempt=attempt)
    return Produced(key, len(content), sha256(content).hexdigest(), seconds)


def _attempted(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Failed:
    try:
        return work(*args, **kwargs)
    except Exception as error:
        line = " ".join(f"{type(error).__name__}: {error}".split())
        return Failed(line, traceback.format_exc())
