"""A connection to a server, which posts and reads answers: as little HTTP as that takes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson

PATIENCE = 60.0  # seconds that an answer may take
LOST = (OSError, EOFError, TimeoutError, ValueError)
"""The answer did not come, or not whole."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


class Connection:
    """Connects when it is first needed, and again after an answer that was lost."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, headers: str, body: object) -> Answer:
        """Raises one of `LOST` if there is no whole answer: whether it was done, nobody knows."""
        sent = orjson.dumps(body)
        head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{self._port}\r\n{headers}"
        head += f"content-type: application/json\r\ncontent-length: {len(sent)}\r\n\r\n"
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = self._open or await asyncio.open_connection("127.0.0.1", self._port)
                self._open = reader, writer
                writer.write(head.encode() + sent)
                return await self._read(reader)
        except BaseException:
            self.close()
            raise

    async def _read(self, reader: asyncio.StreamReader) -> Answer:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers["content-length"]))
        if headers.get("connection") == "close":
            self.close()
        return Answer(int(first.split()[1]), headers, orjson.loads(body) if body else None)

    def close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None
