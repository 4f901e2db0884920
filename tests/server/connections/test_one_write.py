"""Which parts of an answer are written at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from server.connections.writes import OneWrite

pytestmark = pytest.mark.anyio


class Written(asyncio.Transport):
    """A transport that keeps what each write gave it."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    def writelines(self, lines: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(lines))

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


async def begun() -> tuple[Written, OneWrite]:
    transport = Written()
    return transport, OneWrite(transport, asyncio.get_running_loop())


async def test_a_head_goes_with_its_body() -> None:
    transport, answer = await begun()
    answer.write(b"head")
    assert transport.writes == []
    answer.write(b"body")
    assert transport.writes == [b"headbody"]
    await asyncio.sleep(0)
    assert transport.writes == [b"headbody"]


async def test_a_head_whose_body_comes_later_does_not_wait_for_it() -> None:
    transport, answer = await begun()
    answer.write(b"head")
    await asyncio.sleep(0)
    assert transport.writes == [b"head"]
    answer.write(b"event 1")
    answer.write(b"event 2")
    assert transport.writes == [b"head", b"event 1", b"event 2"]


async def test_the_rest_of_a_long_body_is_written_as_it_comes() -> None:
    transport, answer = await begun()
    for part in (b"head", b"one", b"two", b"three"):
        answer.write(part)
    assert transport.writes == [b"headone", b"two", b"three"]


async def test_a_head_without_a_body_is_written_before_the_end() -> None:
    transport, answer = await begun()
    answer.write(b"head")
    answer.close()
    assert (transport.writes, answer.is_closing()) == ([b"head"], True)


async def test_nothing_is_written_to_a_caller_who_has_gone() -> None:
    transport, answer = await begun()
    answer.write(b"head")
    transport.close()
    await asyncio.sleep(0)
    assert transport.writes == []
