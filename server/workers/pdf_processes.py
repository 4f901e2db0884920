"""Processes that render PDFs: they get tasks over a pipe, are killed if they hang, replaced if they die."""

from __future__ import annotations

import asyncio
import gc
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
from pathlib import Path

import structlog

from documents.render_job import RenderFailure, RenderTask, StoredPdf
from server import logs

Outcome = StoredPdf | RenderFailure
Render = Callable[[Sequence[RenderTask]], list[Outcome]]

log = structlog.get_logger()

_spawn = multiprocessing.get_context("spawn")


class RendererLost(Exception):
    """The process died, or was killed because it hung."""


class Renderers:
    """Gives each batch to the process that is free first."""

    def __init__(
        self, render: Render, *, processes: int, patience: float, font_folder: Path | None = None
    ) -> None:
        self._all = [Renderer(render, patience=patience, font_folder=font_folder) for _ in range(processes)]
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
            return await self._try(renderer, tasks)
        finally:
            self._free.put_nowait(renderer)

    async def _try(self, renderer: Renderer, tasks: Sequence[RenderTask]) -> list[Outcome]:
        """If the process dies or hangs, each task is tried alone: only the one that causes it fails."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, renderer.render, tasks)
        except RendererLost as lost:
            if len(tasks) == 1:
                return [RenderFailure(str(lost))]
            log.warning("a batch is tried one by one", reason=str(lost), invoices=len(tasks))
        return [outcome for task in tasks for outcome in await self._try(renderer, [task])]

    async def close(self) -> None:
        """Kills the processes, whatever they are doing."""
        for renderer in self._all:
            renderer.kill()
        await asyncio.to_thread(self._threads.shutdown)
        for renderer in self._all:
            await asyncio.to_thread(renderer.end)


class Renderer:
    """One process. Its methods block, so call them in a thread; only `kill` may be called from any."""

    def __init__(self, render: Render, *, patience: float, font_folder: Path | None = None) -> None:
        self._render = render
        self._font_folder = font_folder
        self._patience = patience
        self._running: tuple[BaseProcess, Connection] | None = None
        self._killed = False
        self._lock = threading.Lock()

    def start(self) -> tuple[BaseProcess, Connection]:
        """Starts the process and waits until it is ready."""
        ours, its = _spawn.Pipe()
        level = logging.getLevelName(logging.getLogger().level)
        arguments = its, self._render, level, self._font_folder
        process = _spawn.Process(target=_serve, args=arguments, daemon=True)
        with self._lock:
            if self._killed:
                raise RendererLost("The worker stops.")
            process.start()
            self._running = process, ours
        its.close()  # as long as we hold it, the death of the process is not seen
        try:
            ours.recv()
        except (EOFError, OSError) as broken:
            raise RendererLost(f"The process did not start (exit code {self.end()}).") from broken
        return process, ours

    def render(self, tasks: Sequence[RenderTask]) -> list[Outcome]:
        """Raises RendererLost if there is no result within `patience` seconds, or the process died."""
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
        """Kills the process; it is not replaced. A call to `render` that waits for it raises RendererLost."""
        with self._lock:
            self._killed = True
            if self._running:
                self._running[0].kill()

    def end(self) -> int | None:
        if self._running is None:
            return None
        process, pipe = self._running
        self._running = None
        pipe.close()  # a process that still runs sees this and ends; one that hangs does not
        process.join(0.2)
        process.kill()
        process.join()
        return process.exitcode


def _serve(pipe: Connection, render: Render, level: str, font_folder: Path | None) -> None:
    from documents import pdf  # not in the process that starts this one: ReportLab takes long to load

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which lets batches finish
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logs.configure(level)
    pdf.use_font_folder(font_folder)
    pdf.load_fonts()
    gc.freeze()
    gc.disable()  # a long paper is many objects, all in use: to look for garbage among them takes long
    pipe.send("ready")
    with suppress(EOFError, OSError):  # the parent is gone
        while True:
            pipe.send(render(pipe.recv()))
            gc.collect()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(0)
