"""Steps of many connections: a bounded number of them in a time, one connection after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from server.connections.steps import Steps
from tests.server.connections.wire import Clock


class Loop:
    """Keeps what is to be called later."""

    def __init__(self) -> None:
        self.later: list[tuple[float, Callable[[], object]]] = []

    def call_later(self, delay: float, callback: Callable[[], object], /) -> None:
        self.later.append((delay, callback))

    def go_on(self) -> float:
        """Calls what is due next; returns how long that was to wait."""
        delay, callback = self.later.pop(0)
        callback()
        return delay


@dataclass
class Talker:
    """Has so many steps to take, and notes them where all do."""

    name: str
    loop: Loop
    taken: list[str]
    steps: int
    cost: int = 1
    on_step: Callable[[], None] = field(default=lambda: None)

    @property
    def has_step(self) -> bool:
        return self.steps > 0

    def take_step(self) -> int:
        if not self.steps:
            return 0
        self.on_step()
        self.steps -= 1
        self.taken.append(self.name)
        return self.cost


def test_there_is_room_for_some_at_once_and_for_more_with_time() -> None:
    clock, loop, taken = Clock(), Loop(), list[str]()
    Steps(rate=10, burst=4, clock=clock).ask(Talker("a", loop, taken, 7))
    assert len(taken) == 4
    loop.go_on()
    assert len(taken) == 4
    clock.now += 0.2
    loop.go_on()
    assert len(taken) == 6
    clock.now += 60
    loop.go_on()
    assert (len(taken), loop.later) == (7, [])


def test_others_do_not_wait_for_who_has_much_to_say() -> None:
    clock, loop, taken = Clock(), Loop(), list[str]()
    steps = Steps(rate=10, burst=2, clock=clock)
    steps.ask(Talker("a", loop, taken, 1_000))
    steps.ask(Talker("b", loop, taken, 1_000))
    steps.ask(Talker("c", loop, taken, 1))
    taken.clear()
    for _ in range(3):
        clock.now += 0.1
        loop.go_on()
    assert taken == ["a", "b", "c"]


def test_what_costs_more_is_paid_by_waiting_longer() -> None:
    clock, loop, taken = Clock(), Loop(), list[str]()
    Steps(rate=10, burst=5, clock=clock).ask(Talker("a", loop, taken, 3, cost=10))
    clock.now += 0.4
    loop.go_on()
    assert len(taken) == 1
    clock.now += 0.2
    loop.go_on()
    assert len(taken) == 2


def test_where_steps_take_long_the_others_have_three_times_as_long() -> None:
    clock, loop, taken = Clock(), Loop(), list[str]()

    def lasts() -> None:
        clock.now += 1.0

    steps = Steps(rate=1_024, burst=2, clock=clock)
    steps.ask(Talker("a", loop, taken, 100, on_step=lasts))
    assert len(taken) == 2
    assert loop.go_on() == 6.0


def test_who_has_nothing_more_to_say_when_its_turn_comes_costs_nothing() -> None:
    clock, loop, taken = Clock(), Loop(), list[str]()
    steps = Steps(rate=10, burst=1, clock=clock)
    gone = Talker("gone", loop, taken, 1)
    steps.ask(Talker("a", loop, taken, 1))
    steps.ask(gone)
    steps.ask(Talker("b", loop, taken, 1))
    gone.steps = 0
    clock.now += 0.1
    loop.go_on()
    assert taken == ["a", "b"]


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 5)), min_size=1, max_size=20),
    st.lists(st.integers(0, 30), max_size=20),
)
def test_however_many_ask_no_more_is_spent_than_there_is_room_for(
    talkers: list[tuple[int, int]], hundredths: list[int]
) -> None:
    clock, loop, taken = Clock(), Loop(), list[str]()
    steps = Steps(rate=100, burst=10, clock=clock)
    costs = {str(number): cost for number, (_, cost) in enumerate(talkers)}
    for number, (many, cost) in enumerate(talkers):
        steps.ask(Talker(str(number), loop, taken, many, cost))
    for hundredth in hundredths:
        clock.now += hundredth / 100
        if loop.later:
            loop.go_on()
        assert len(loop.later) <= 1
    assert sum(costs[name] for name in taken) <= 10 + sum(hundredths) + max(costs.values())
