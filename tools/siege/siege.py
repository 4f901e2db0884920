"""A siege: the clients work, the tormentor torments, and in the end it is reckoned what is there."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from tools.siege.client import Client
from tools.siege.history import History
from tools.siege.journal import Journal
from tools.siege.moves import go_on
from tools.siege.receiver import receiving
from tools.siege.reckoning import Reckoning, reckon, wait_for_papers
from tools.siege.site import Site, opened_site
from tools.siege.tormentor import Tormentor

CLIENTS = 16


@dataclass(frozen=True, slots=True)
class Plan:
    """A siege ends after so many kills, answers and seconds, whichever comes first. `apart` is how many
    answers are between two faults, on average."""

    seed: str
    kills: int | None = None
    answers: int | None = None
    seconds: float | None = None
    apart: int = 150
    hangs: bool = True
    only_kills: bool = False
    each_once: bool = False
    """Every fault of the database's kind happens once, then it ends."""


@dataclass(frozen=True, slots=True)
class Outcome:
    kind: str
    journal: Journal
    faults: Counter[str]
    kills: int
    seconds: float
    reckoning: Reckoning

    @property
    def wrong(self) -> list[str]:
        return [*self.journal.wrong, *self.reckoning.wrong]


Tell = Callable[[str], None]


def siege(kind: str, plan: Plan, tell: Tell = lambda _: None) -> Outcome:
    with opened_site(kind) as site:
        return asyncio.run(_siege(site, plan, tell))


async def _siege(site: Site, plan: Plan, tell: Tell) -> Outcome:
    journal, began, is_over = Journal(), time.monotonic(), asyncio.Event()
    async with receiving() as receiver:
        random = Random(plan.seed)  # noqa: S311
        tormentor = Tormentor(site, receiver, journal, random, plan.apart, plan.only_kills, plan.each_once)
        clients = [_client(site, journal, plan.seed, at) for at in range(CLIENTS)]
        histories = [History(client, hook=receiver.url, hangs=plan.hangs) for client in clients]

        def is_enough() -> bool:
            return (
                (plan.kills is not None and tormentor.kills >= plan.kills)
                or (plan.answers is not None and journal.acknowledged >= plan.answers)
                or (plan.seconds is not None and time.monotonic() - began >= plan.seconds)
                or bool(journal.wrong)
            )

        telling = asyncio.create_task(_tell(tell, site.kind, tormentor, journal, began))
        work = asyncio.create_task(_all(histories, is_over))
        tormenting = asyncio.create_task(tormentor.run(is_enough))
        await asyncio.wait([work, tormenting], return_when=asyncio.FIRST_COMPLETED)
        is_over.set()
        await tormenting
        await work
        for client in clients:
            client.close()
        await asyncio.to_thread(wait_for_papers, site, 120, gateway=plan.hangs)
        telling.cancel()
        reckoning = await asyncio.to_thread(reckon, site, journal)
    return Outcome(site.kind, journal, tormentor.done, tormentor.kills, time.monotonic() - began, reckoning)


async def _all(histories: Sequence[History], until: asyncio.Event) -> None:
    await asyncio.gather(*(go_on(history, until) for history in histories))


def _client(site: Site, journal: Journal, seed: str, at: int) -> Client:
    seller = site.sellers[at % len(site.sellers)]
    random = Random(f"{seed} {at}")  # noqa: S311
    return Client(f"c{at}", seller.account, seller.token, site.servers, random, journal)


async def _tell(tell: Tell, kind: str, tormentor: Tormentor, journal: Journal, began: float) -> None:
    while True:
        await asyncio.sleep(10)
        tell(
            f"{kind}: {time.monotonic() - began:,.0f} s, {tormentor.kills:,} kills, "
            f"{journal.acknowledged:,} calls acknowledged"
        )
