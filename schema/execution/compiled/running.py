"""What the functions of a plan need while they run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from schema.execution.compiled.begun import all_ended


class Unplanned(Exception):
    """A plan has come to what it does not know, or to something that is an error: graphql-core executes."""


class Meter(Protocol):
    """Adds up in `spent` what an answer costs: `most` at most."""

    spent: int
    most: int


class Turns(Protocol):
    def is_over(self) -> bool:
        """Whether as much was done as may be done before others have their turn."""
        ...


@dataclass(frozen=True, slots=True)
class Prices:
    """What the parts of an answer cost. `size` gives what a value costs beyond `value`."""

    object: int
    value: int
    character: int
    size: Callable[[Any], int]
    at_once: int
    """What may be read between two looks at the turn."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a root field's resolver returned, or raised."""

    value: Any = None
    failure: Exception | None = None

    async def again(self) -> Any:
        """The same, for graphql-core."""
        if self.failure is not None:
            raise self.failure
        return self.value


class PlannedInfo:
    """What resolvers of a plan get for `strawberry.Info`. Who wants more than the context is not planned."""

    __slots__ = ("context",)

    def __init__(self, context: Any) -> None:
        self.context = context

    def __getattr__(self, name: str) -> NoReturn:
        raise Unplanned(name)


Read = Callable[[Any, "Run"], Any]
SharedWait = Callable[[Sequence[tuple[dict[str, Any], Any]], "Run"], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class Run:
    """One execution of a plan."""

    context: Any
    variables: Mapping[str, Any]
    given: Mapping[str, Any]
    """The variables as they were sent."""
    meter: Meter
    turns: Turns
    wait_for_turn: Callable[[], Awaitable[None]]
    outcomes: dict[str, Outcome]
    """Of the root fields that were resolved, so that none is resolved again."""
    info: Any = field(init=False)
    calls: list[Coroutine[Any, Any, None]] = field(default_factory=list)
    shared: dict[SharedWait, list[tuple[dict[str, Any], Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """The objects of each field that is waited for together."""
    lists: list[tuple[list[Any], Sequence[Any], Read]] = field(default_factory=list)
    pause: int = 0
    """Once so much is spent, a list is read in turns."""

    def __post_init__(self) -> None:
        self.info = PlannedInfo(self.context)

    async def read(self, read: Read, value: Any, prices: Prices) -> Any:
        """What is read of a value, once all is done that this has left to be done, and that in turn."""
        try:
            data = read(value, self)
            while self.calls or self.shared or self.lists:
                if self.lists:
                    await self._read_lists(prices)
                    continue
                self.calls += [wait(waiting, self) for wait, waiting in self.shared.items()]
                self.shared.clear()
                calls, self.calls = self.calls, []
                if len(calls) == 1:
                    await calls[0]
                else:
                    await all_ended(calls)  # loaders see together what is asked of them
            if self.meter.spent > self.meter.most:
                raise Unplanned
            return data
        finally:
            for call in self.calls:
                call.close()

    async def _read_lists(self, prices: Prices) -> None:
        lists, self.lists = self.lists, []
        for values, items, read in lists:
            for item in items:
                if self.turns.is_over():
                    await self.wait_for_turn()
                self.pause = self.meter.spent + prices.at_once
                values.append(read(item, self))


def read_objects(items: Any, read: Read, cost: int, run: Run) -> list[Any]:
    """A list of objects, each of which costs so much; a long one is empty until it is read in turns."""
    if items.__class__ is not list and not is_list(items):
        raise Unplanned
    meter = run.meter
    meter.spent += len(items) * cost
    if meter.spent > meter.most:
        raise Unplanned
    if meter.spent > run.pause:
        values: list[Any] = []
        run.lists.append((values, items, read))
        return values
    return [read(item, run) for item in items]


def is_list(items: Any) -> bool:
    """Whether graphql-core, too, takes it for a list, and its length is known."""
    return isinstance(items, Sequence) and not isinstance(items, str | bytes | bytearray | memoryview)


def refuse_null() -> NoReturn:
    """Refuses a null where none may be."""
    raise Unplanned
