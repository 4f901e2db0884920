"""Connections on which little is read, in small parts: what a receiver answers keeps nobody waiting.

A parser works through all that came at once: thousands of informational answers, or chunks of one byte.
"""

# ruff: noqa: ASYNC109 (httpcore gives its time limits so)
from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

PART = 4_096  # bytes that are parsed before others have their turn


class BoundedBackend(httpcore.AsyncNetworkBackend):
    """Makes connections from which `most` bytes are read, then none."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        stream = await self._network.connect_tcp(host, port, timeout, local_address, socket_options)
        return _BoundedStream(stream, self._most)

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


class _BoundedStream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream, most: int) -> None:
        self._stream = stream
        self._left = most

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._left <= 0:
            raise httpcore.ReadError("The answer is too long.")
        await asyncio.sleep(0)
        read = await self._stream.read(min(max_bytes, self._left, PART), timeout)
        self._left -= len(read)
        return read

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        encrypted = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return _BoundedStream(encrypted, self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
