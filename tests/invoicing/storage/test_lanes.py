"""Commands of accounts that wait for a thread: an account's one after the other, accounts in turns."""

from __future__ import annotations

import threading

from invoicing.storage.lanes import STUCK, Lane, Lanes
from invoicing.storage.writer import Command
from tests.support.patience import PATIENCE


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def command() -> Command:
    return Command(lambda _: None)


def opened(lanes: Lanes) -> Lane:
    lane = lanes.open()
    assert lane is not None
    return lane


def test_a_lane_takes_its_accounts_commands_in_their_order() -> None:
    lanes, (first, second, third) = Lanes(4), (command() for _ in range(3))
    lanes.put("a", [first])
    lane = opened(lanes)
    lanes.put("a", [second])
    lanes.put("b", [command()])
    lanes.put("a", [third])
    taken = [lane.next() for _ in range(4)]
    assert taken == [first, second, third, None]


def test_accounts_take_turns() -> None:
    lanes = Lanes(4)
    for owner in ("a", "a", "b", "c"):
        lanes.put(owner, [command()])
    owners = []
    for _ in range(4):
        lane = opened(lanes)
        owners.append(lane.owner)
        lane.next()
        lane.leave()
    assert owners == ["a", "b", "c", "a"]


def test_an_account_has_another_lane_only_while_its_commands_are_stuck() -> None:
    clock = Clock()
    lanes = Lanes(2, clock)
    for owner in ("a", "a", "a", "b"):
        lanes.put(owner, [command()])
    assert [opened(lanes).owner for _ in range(2)] == ["a", "b"]
    clock.now += STUCK
    second = opened(lanes)
    assert second.owner == "a"
    clock.now += STUCK
    waiting = threading.Thread(target=lambda: opened(lanes).next())
    waiting.start()
    waiting.join(3 * STUCK)
    assert waiting.is_alive()  # two lanes are all that an account has
    second.leave()
    lanes.put("c", [command()])
    waiting.join(PATIENCE)
    assert not waiting.is_alive()


def test_a_lane_that_begins_another_command_is_not_stuck() -> None:
    clock = Clock()
    lanes = Lanes(2, clock)
    for owner in ("a", "a", None):
        lanes.put(owner, [command()])
    lane = opened(lanes)
    clock.now += STUCK
    lane.begin()
    assert opened(lanes).owner is None


def test_the_servers_own_commands_have_a_lane_each() -> None:
    lanes, one, other = Lanes(1), command(), command()
    lanes.put(None, [one])
    lanes.put(None, [other])
    first, second = opened(lanes), opened(lanes)
    assert [first.next(), first.next(), second.next()] == [one, None, other]


def test_commands_that_belong_together_are_taken_at_once_and_in_their_order() -> None:
    clock = Clock()
    lanes, (first, second, after) = Lanes(4, clock), (command() for _ in range(3))
    lanes.put("a", [first, second])
    lanes.put("a", [after])
    lane = opened(lanes)
    assert lane.next() is first
    clock.now += STUCK
    assert opened(lanes).next() is after
    assert [lane.next(), lane.next()] == [second, None]


def test_what_was_taken_can_be_refused_and_nothing_else() -> None:
    lanes, (first, second, after) = Lanes(4), (command() for _ in range(3))
    lanes.put("a", [first, second])
    lanes.put("a", [after])
    lane = opened(lanes)
    assert lane.next() is first
    lane.refuse_taken(LookupError())
    assert isinstance(second.outcome.exception(0), LookupError)
    assert lane.next() is after


def test_what_nobody_waits_for_any_more_is_left_out() -> None:
    lanes, (one, other, kept) = Lanes(4), (command() for _ in range(3))
    lanes.put("a", [one])
    lanes.put("a", [other, kept])
    for given_up in (one, other):
        given_up.outcome.cancel()
    lane = opened(lanes)
    assert [lane.next(), lane.next()] == [kept, None]


def test_what_was_put_back_comes_first() -> None:
    lanes, first, second = Lanes(4), command(), command()
    lanes.put("a", [first])
    lanes.put("a", [second])
    lane = opened(lanes)
    taken = lane.next()
    assert taken is not None
    lane.put_back(taken)
    assert [lane.next(), lane.next()] == [first, second]


def test_what_waits_when_it_is_closed_is_given_out() -> None:
    lanes = Lanes(1)
    lanes.put("a", [command()])
    lanes.put("a", [command()])
    lane = opened(lanes)
    lanes.close()
    ended: list[Lane | None] = []
    others = threading.Thread(target=lambda: ended.append(lanes.open()))
    others.start()
    assert [lane.next() is None for _ in range(3)] == [False, False, True]
    others.join(PATIENCE)
    assert ended == [None]
    lane.leave()
    assert lanes.open() is None
