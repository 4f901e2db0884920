"""Frames of WebSockets: whatever a caller sends, before or after it is known, before or after the end."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from server.connections.websocket import COST_OF_HANDSHAKE, MOST_BEFORE_KNOWN, MOST_FRAMES, frame_size
from tests.server.connections.wire import PING, UPGRADE, Clock, Socket, frame, guarded
from tests.support.patience import eventually

pytestmark = pytest.mark.anyio

ROOM = 8  # as `guarded` has it


async def opened(socket: Socket, clock: Clock) -> Socket:
    """After its handshake, when all that it cost is earned again."""
    socket.sends(UPGRADE)
    await eventually(lambda: socket.app.send)
    clock.now += COST_OF_HANDSHAKE
    return socket


async def flooded(socket: Socket, clock: Clock, data: bytes) -> None:
    """Goes on with it until the server has read all, or has enough."""
    socket.sends(data)
    while socket.wire.is_paused and not socket.wire.is_closing():
        clock.now += 1
        await asyncio.sleep(0.001)


@given(st.binary(max_size=70_000), st.booleans(), st.binary(max_size=20))
def test_the_size_of_a_frame_is_known_from_its_beginning(data: bytes, mask: bool, more: bytes) -> None:
    sent = Frame(Opcode.BINARY, data).serialize(mask=mask)
    header = len(sent) - len(data) - (4 if mask else 0)
    assert frame_size(sent + more) == len(sent)
    assert frame_size(sent[:header]) == len(sent)
    assert [frame_size(sent[:end]) for end in range(header)] == [None] * header


def test_the_largest_frame_has_a_size() -> None:
    assert frame_size(b"\x82\x7f" + b"\xff" * 8) == 2 + 8 + 2**64 - 1


@given(
    st.lists(st.one_of(st.text(max_size=300), st.none()), max_size=8),
    st.lists(st.integers(1, 200), min_size=1, max_size=20),
)
async def test_however_the_bytes_are_cut_the_messages_are_the_same(
    sent: list[str | None], sizes: list[int]
) -> None:
    clock = Clock()
    socket = await opened(Socket(guarded(clock), is_known=True), clock)
    socket.app.may_read.set()
    data = b"".join(PING if text is None else frame(text.encode()) for text in sent)
    while data:
        for size in sizes:
            await flooded(socket, clock, data[:size])
            data = data[size:]
    assert socket.pongs == sent.count(None)
    texts = [text for text in sent if text is not None]
    await eventually(lambda: socket.app.messages == texts)


async def test_frames_wait_for_their_turn_and_meanwhile_nothing_is_read() -> None:
    clock = Clock()
    socket = await opened(Socket(guarded(clock), is_known=True), clock)
    socket.sends(PING * (ROOM + 3))
    assert (socket.pongs, socket.wire.is_paused) == (ROOM, True)
    clock.now += 1
    await eventually(lambda: not socket.wire.is_paused)
    assert socket.pongs == ROOM + 3


async def test_many_connections_have_no_more_than_one() -> None:
    clock = Clock()
    guard = guarded(clock)
    sockets = [await opened(Socket(guard), clock) for _ in range(16)]
    for socket in sockets:
        socket.sends(PING * 50)
    assert sum(socket.pongs for socket in sockets) == ROOM


async def test_who_is_known_does_not_wait_for_strangers() -> None:
    clock = Clock()
    guard = guarded(clock)
    stranger = await opened(Socket(guard), clock)
    known = await opened(Socket(guard, is_known=True), clock)
    stranger.sends(PING * 50)
    assert stranger.wire.is_paused
    known.sends(PING)
    assert known.pongs == 1


async def test_a_handshake_waits_for_its_turn_too() -> None:
    clock = Clock()
    guard = guarded(clock)
    stranger = await opened(Socket(guard), clock)
    stranger.sends(PING * 50)
    late = Socket(guard)
    late.sends(UPGRADE)
    assert (late.protocol.handshake_initiated, late.wire.is_paused) == (False, True)
    clock.now += 1
    await eventually(lambda: late.app.send)
    assert late.wire.written.startswith(b"HTTP/1.1 101 ")


async def test_nothing_is_read_until_the_handshake_is_accepted() -> None:
    clock = Clock()
    socket = Socket(guarded(clock))
    socket.app.may_read.set()
    socket.sends(UPGRADE)
    assert socket.wire.is_paused  # until it is accepted
    await eventually(lambda: not socket.wire.is_paused)
    socket.sends(frame(b"hello"))
    await eventually(lambda: socket.app.messages == ["hello"])


async def test_a_message_is_read_once_the_one_before_is_taken() -> None:
    clock = Clock()
    socket = await opened(Socket(guarded(clock), is_known=True), clock)
    socket.sends(frame(b"1") + frame(b"2") + PING + frame(b"3"))
    assert (socket.protocol.queue.qsize(), socket.pongs, socket.wire.is_paused) == (1, 0, True)
    socket.app.may_read.set()
    await eventually(lambda: socket.app.messages == ["1", "2", "3"])
    assert (socket.pongs, socket.wire.is_paused) == (1, False)


async def test_a_stranger_sends_few_frames() -> None:
    clock, refused = Clock(), Counter[str]()
    socket = await opened(Socket(guarded(clock, refused)), clock)
    await flooded(socket, clock, PING * MOST_FRAMES)
    assert (socket.pongs, socket.wire.is_closing()) == (MOST_FRAMES, False)
    await flooded(socket, clock, PING)
    assert (socket.pongs, socket.wire.is_closing()) == (MOST_FRAMES, True)
    assert refused == {"frames": 1}


async def test_who_is_known_sends_as_many_frames_as_it_has_turns() -> None:
    clock, refused = Clock(), Counter[str]()
    socket = await opened(Socket(guarded(clock, refused), is_known=True), clock)
    await flooded(socket, clock, PING * (MOST_FRAMES + 1))
    assert (socket.pongs, socket.wire.is_closing(), refused) == (MOST_FRAMES + 1, False, {})


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize(
    "sent",
    [frame(b'{"type":"x"}        '), PING, frame(b"x" * 125, Opcode.PONG)],
    ids=["text", "ping", "pong"],  # their bytes differ in each run, as they are masked
)
async def test_what_comes_after_the_end_is_hardly_read(is_known: bool, sent: bytes) -> None:
    clock, refused = Clock(), Counter[str]()
    socket = await opened(Socket(guarded(clock, refused), is_known=is_known), clock)
    await socket.closes()
    socket.app.may_read.set()
    await flooded(socket, clock, sent * MOST_FRAMES)
    assert not socket.wire.is_closing()
    await flooded(socket, clock, sent * 1_000)
    assert (socket.wire.is_aborted, refused, socket.app.messages) == (True, {"frames": 1}, [])


async def test_after_the_end_whoever_was_known_waits_with_strangers() -> None:
    clock = Clock()
    guard = guarded(clock)
    stranger = await opened(Socket(guard), clock)
    closed = await opened(Socket(guard, is_known=True), clock)
    await closed.closes()
    stranger.sends(PING * 50)
    closed.sends(PING)
    assert (closed.pongs, closed.wire.is_paused) == (0, True)


async def test_after_the_end_no_message_is_large() -> None:
    clock = Clock()
    socket = await opened(Socket(guarded(clock), is_known=True), clock)
    await socket.closes()
    await flooded(socket, clock, frame(b"x" * (MOST_BEFORE_KNOWN + 1)))
    assert socket.wire.is_closing()


async def test_a_caller_who_closes_too_is_let_go_at_once() -> None:
    clock = Clock()
    socket = await opened(Socket(guarded(clock)), clock)
    await socket.closes()
    assert not socket.wire.is_closing()
    socket.sends(frame(b"still on its way") + frame(b"\x11\x30", Opcode.CLOSE))
    assert (socket.wire.is_closing(), socket.wire.is_aborted) == (True, False)


async def test_a_connection_that_ends_while_it_waits_is_not_read() -> None:
    clock = Clock()
    guard = guarded(clock)
    gone, stays = [await opened(Socket(guard), clock) for _ in range(2)]
    gone.sends(PING * 50)
    stays.sends(PING)
    gone.wire.close()
    gone.protocol.connection_lost(None)
    before = gone.pongs
    clock.now += 1
    await eventually(lambda: stays.pongs == 1)
    assert gone.pongs == before
