"""What a client does, at random, and how often compared with the rest."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

from tools.siege import money, orders, others
from tools.siege.client import Wrong
from tools.siege.history import History

Move = Callable[[History], Awaitable[None]]
MOVES: Mapping[str, tuple[float, Move]] = {
    move.__name__: (weight, move)
    for move, weight in {
        others.new_customer: 1,
        orders.new_order: 12,
        orders.change_order: 40,
        money.one_time: 6,
        money.credit: 5,
        money.pay: 8,
        money.settle: 6,
        money.refund: 5,
        others.read_back: 10,
        others.print_again: 0.5,
        others.session: 1,
        others.webhook: 1,
    }.items()
}


async def go_on(history: History, until: asyncio.Event) -> None:
    """One move after the other. A client that was told what is wrong stops."""
    names = list(MOVES)
    with contextlib.suppress(Wrong):
        await others.new_customer(history)
        while not until.is_set():
            (name,) = history.random.choices(names, [MOVES[name][0] for name in names])
            await MOVES[name][1](history)
