"""Processes that render: asked over a pipe, killed when they hang, replaced when they died."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import structlog

from documents import pdf
from documents.render_job import RenderFailure, RenderTask, StoredPdf
from server import logs

Outcome = StoredPdf | RenderFailure
Produce = Callable[[Sequence[RenderTask]], list[Outcome]]

log = structlog.get_logger()

_spawn = multiprocessing.get_context("spawn")


class RendererLost(Exception):
    """The process died, or was killed because it hung."""


class Renderers:
    """A batch goes to the process that is free first."""

    def __init__(self, produce: Produce, *, processes: int, patience: float) -> None:
        self._all = [Renderer(produce, patience=patience) for _ in range(processes)]
        self._free: asyncio.Queue[Renderer] = asyncio.Queue()
        self._threads = ThreadPoolExecutor(processes, "render")

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(self._threads, each.start) for each in self._all))
        for renderer in self._all:
            self._free.put_nowait(renderer)

    async def render(self, tasks: Sequence[RenderTask]) -> list[Outcome]:
        """An outcome for each task, in their order."""
        renderer = await self._free.get()
        try:
            return await self._tried(renderer, tasks)
        finally:
            self._free.put_nowait(renderer)

    async def _tried(self, renderer: Renderer, tasks: Sequence[RenderTask]) -> list[Outcome]:
        """If the process is lost, each task is tried alone: only the one that takes it down fails."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, renderer.render, tasks)
        except RendererLost as lost:
            if len(tasks) == 1:
                return [RenderFailure(str(lost))]
            log.warning("a batch is tried one by one", reason=str(lost), invoices=len(tasks))
        return [outcome for task in tasks for outcome in await self._tried(renderer, [task])]

    async def close(self) -> None:
        """Kills the processes, whatever they are doing."""
        for renderer in self._all:
            renderer.kill()
        await asyncio.to_thread(self._threads.shutdown)
        for renderer in self._all:
            await asyncio.to_thread(renderer.end)


class Renderer:
    """One process. Its methods block, so call them in a thread; all but `kill`, which any thread may call."""

    def __init__(self, produce: Produce, *, patience: float) -> None:
        self._produce = produce
        self._patience = patience
        self._running: tuple[BaseProcess, Connection] | None = None
        self._killed = False
        self._lock = threading.Lock()

    def start(self) -> tuple[BaseProcess, Connection]:
        """Starts the process and waits until it is warm."""
        ours, theirs = _spawn.Pipe()
        level = logging.getLevelName(logging.getLogger().level)
        process = _spawn.Process(target=_serve, args=(theirs, self._produce, level), daemon=True)
        with self._lock:
            if self._killed:
                raise RendererLost("The worker stops.")
            process.start()
            self._running = process, ours
        theirs.close()  # while we hold the child's end, its death is not seen
        try:
            ours.recv()
        except (EOFError, OSError) as broken:
            raise RendererLost(f"The process did not start (exit code {self.end()}).") from broken
        return process, ours

    def render(self, tasks: Sequence[RenderTask]) -> list[Outcome]:
        """Raises RendererLost if no answer comes within `patience` seconds, or none ever will."""
        _, pipe = self._running or self.start()
        try:
            pipe.send(tasks)
            if pipe.poll(self._patience):
                outcomes: list[Outcome] = pipe.recv()
                return outcomes
        except (EOFError, OSError) as broken:
            raise RendererLost(f"The process that rendered it died (exit code {self.end()}).") from broken
        self.end()
        raise RendererLost(f"Rendering took longer than {self._patience:g} seconds.")

    def kill(self) -> None:
        """Kills the process for good; a call to `render` that waits for it raises RendererLost."""
        with self._lock:
            self._killed = True
            if self._running:
                self._running[0].kill()

    def end(self) -> int | None:
        if self._running is None:
            return None
        process, pipe = self._running
        self._running = None
        pipe.close()  # one that still runs sees it and leaves; one that hangs does not
        process.join(0.2)
        process.kill()
        process.join()
        return process.exitcode


def _serve(pipe: Connection, produce: Produce, level: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which lets a batch end
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    logs.configure(level)
    pdf.load_fonts()
    pipe.send("ready")
    with suppress(EOFError, OSError):  # the parent is gone
        while True:
            pipe.send(produce(pipe.recv()))


def _leave_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(0)
