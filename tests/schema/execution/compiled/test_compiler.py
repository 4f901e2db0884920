"""The compiler alone, over types that have nothing to do with invoices, with wrong values among theirs."""

from __future__ import annotations

import asyncio
import inspect
import logging
import random
from collections.abc import Sequence
from enum import Enum
from functools import partial
from types import SimpleNamespace
from typing import Annotated, Any

import orjson
import pytest
import strawberry
from graphql import DocumentNode, OperationType, parse, validate
from strawberry.extensions import FieldExtension

from schema.execution.compiled.operation import CompiledOperation
from schema.execution.compiled.running import Prices, Run, Unplanned
from schema.execution.compiled.source import ROOT
from schema.hints import BESIDE, ROWS, SHAPE
from schema.types.lists import LazyList
from schema.types.stored import column, computed, of_row, showing
from tests.support.any_document import DOCUMENTS, FIRST, AnyDocument

world = {"seed": 0}
"""What the values of fields are made of."""
PRICES = Prices(1_000, 100, 1, lambda value: len(str(value)), 10_000)


@strawberry.enum
class Colour(Enum):
    RED = "red"
    BLUE = "blue"


def some(key: str, *values: Any) -> Any:
    """One of the values, for the key always the same; in some worlds one that may not be, or a failure."""
    dice = random.Random(f"{world['seed']} {key}")
    if dice.random() < 0.03:
        return dice.choice((None, object(), "x", 7))
    if dice.random() < 0.01:
        raise ValueError("It failed.")
    return dice.choice(values)


@strawberry.interface
class Named:
    name: str = strawberry.field(default_factory=lambda: some("name", "a", "b"))


@strawberry.type
class Leaf(Named):
    size: int = strawberry.field(default_factory=lambda: some("size", 1, 2**31 - 1))
    share: float = strawberry.field(default_factory=lambda: some("share", 1.5, 2))
    is_new: bool | None = strawberry.field(default_factory=lambda: some("is_new", True, False, None))
    colour: Colour = strawberry.field(default_factory=lambda: some("colour", Colour.RED, Colour.BLUE))
    colours: list[Colour | None] = strawberry.field(
        default_factory=lambda: some("colours", [Colour.RED, None], [])
    )
    words: list[str] = strawberry.field(default_factory=lambda: some("words", ["a"], [], ("a", "b")))


class Row:
    """One whose columns are made when they are asked for."""

    def __init__(self, place: object) -> None:
        self.place = place

    @property
    def title(self) -> Any:
        return some(f"title {self.place}", "a", "b")

    @property
    def note(self) -> Any:
        return some(f"note {self.place}", "c", None)

    @property
    def colour(self) -> Any:
        return some(f"colour {self.place}", "red", "blue")


@of_row
@strawberry.type
class Cover:
    row: strawberry.Private[Row]
    colour: Colour = column("Stored as text.", Colour)
    leaf: Leaf | None = computed("An object.", lambda row: Leaf(name=row.title), of=["title"])


def cover_of(row: Row) -> Row:
    return some(f"cover {row.place}", Row(f"cover of {row.place}"))  # type: ignore[no-any-return]


@of_row
@strawberry.type
class Book:
    row: strawberry.Private[Row]
    title: str = column("As it is.")
    note: str | None = column("Or nothing.")
    named: str = column("Of another name.", name="title")
    length: int = computed("Made of a column.", lambda row: len(row.title), of=["title"])

    cover: Cover = strawberry.field(
        resolver=lambda root: showing(Cover, cover_of(root.row)),
        metadata={BESIDE: lambda books: [*map(cover_of, books.rows)]},
    )

    @strawberry.field
    def second(self, word: str = "w") -> str:
        return f"{word} {self.title}"


async def books_of(first: int = 2) -> Sequence[Book]:
    return LazyList([Row(n) for n in range(min(first, 9))], partial(showing, Book))


def covers_of() -> Sequence[Cover] | None:
    return LazyList([Row(f"cover {n}") for n in range(2)], partial(showing, Cover))


@strawberry.input
class Wanted:
    count: int = 2
    colour: Colour | None = None
    name: str | None = None


@strawberry.type
class Branch(Named):
    @strawberry.field
    def leaf(self, colour: Colour = Colour.RED) -> Leaf | None:
        return some("leaf", Leaf(colour=colour), None)  # type: ignore[no-any-return]

    @strawberry.field
    def leaves(self, first: int | None = None, wanted: Wanted | None = None) -> list[Leaf]:
        return [some(f"leaf {n}", Leaf()) for n in range(min(first or (wanted.count if wanted else 3), 30))]

    @strawberry.field
    async def later(self, name: str = "later") -> list[Leaf | None]:
        await asyncio.sleep(0)
        return [some(f"later {n}", Leaf(name=name), None) for n in range(3)]

    books: Sequence[Book] = strawberry.field(resolver=books_of, metadata={SHAPE: ROWS})
    covers: Sequence[Cover] | None = strawberry.field(resolver=covers_of, metadata={SHAPE: ROWS})

    @strawberry.field
    async def any(self) -> Named:
        return some("any", Leaf(), Branch())  # type: ignore[no-any-return]

    @strawberry.field
    def all(self, words: list[str] | None = None) -> list[Named]:
        return [some(f"all {n}", Leaf(), Branch(name="".join(words or "c"))) for n in range(2)]


@strawberry.type
class Query:
    @strawberry.field
    async def branch(self, id: strawberry.ID | None = None) -> Branch | None:
        return some("branch", *[Branch(name=f"{id}")] * 5, None)  # type: ignore[no-any-return]

    @strawberry.field
    def number(self, info: strawberry.Info, wanted: Wanted) -> int:
        return some("number", wanted.count, info.context)  # type: ignore[no-any-return]


class Guard(FieldExtension):
    async def resolve_async(self, *args: Any, **options: Any) -> Any:
        return await args[0](*args[1:], **options)

    def resolve(self, *args: Any, **options: Any) -> Any:
        return args[0](*args[1:], **options)


@strawberry.type
class Other:
    name: str = "other"


@strawberry.type
class Strange:
    @strawberry.field
    def either(self) -> Annotated[Leaf | Other, strawberry.union("Either")]:
        return Other()

    @strawberry.field
    def grid(self) -> list[list[Other]]:
        return [[Other()]]

    guarded: str = strawberry.field(resolver=lambda: "guarded", extensions=[Guard()])

    @strawberry.field
    async def told(self, info: strawberry.Info, name: str = "x") -> str:
        return f"{info.field_name}{name}"


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def grow(self, name: str) -> Branch:
        return Branch(name=name)

    @strawberry.mutation
    def fell(self) -> Named | None:
        return Leaf(name="felled")


SCHEMA = strawberry.Schema(Query, Mutation, types=[Leaf, Branch])
CALLS = [("grow", {"name": "grown"}), ("fell", {})]
STRANGE = strawberry.Schema(Strange)


async def compiled(document: DocumentNode, given: dict[str, Any], schema: strawberry.Schema = SCHEMA) -> Any:
    """The data. Raises whatever ends the plan."""
    operation = CompiledOperation(schema, document, None, PRICES, {})
    coerced = operation.variables.coerced(given)
    plan = operation.written(coerced, given)
    meter, turns = SimpleNamespace(spent=0, most=10**9), SimpleNamespace(is_over=lambda: True)
    run = Run(5, coerced, given, meter, turns, lambda: asyncio.sleep(0), {})
    if ROOT in plan.reads:
        return await run.read(plan.reads[ROOT], None, PRICES)
    values = [Branch(name="grown"), Leaf(name="felled")]  # graphql-core has called them
    return {
        key: await run.read(read, value, PRICES)
        for (key, read), value in zip(plan.reads.items(), values, strict=True)
    }


def any_document(dice: random.Random) -> AnyDocument:
    if dice.random() < 0.3:
        return AnyDocument(SCHEMA._schema, dice, {}, OperationType.MUTATION, CALLS)
    return AnyDocument(SCHEMA._schema, dice, {})


def answers(made: AnyDocument) -> tuple[bytes | None, bytes | None, bool]:
    """What the plan says, if anything; what graphql-core says; and whether this has errors."""
    logging.disable()  # Strawberry logs each failure with its traceback
    usual = asyncio.run(SCHEMA.execute(made.text, variable_values=made.variables, context_value=5))
    logging.disable(logging.NOTSET)
    try:
        said = orjson.dumps(asyncio.run(compiled(parse(made.text), made.variables)))
    except Exception:
        said = None
    return said, orjson.dumps(usual.data), bool(usual.errors)


@pytest.mark.timeout(60 + DOCUMENTS)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of graphql-core's own
def test_whatever_is_asked_for_is_answered_alike_or_not_at_all() -> None:
    answered = refused = failed = 0
    for seed in range(FIRST, FIRST + DOCUMENTS):
        world["seed"] = seed
        made = any_document(random.Random(seed))
        if validate(SCHEMA._schema, parse(made.text)):
            continue
        said, usual, is_wrong = answers(made)
        if said is not None:
            assert not is_wrong, made.text
            assert said == usual, made.text
            answered += 1
        elif is_wrong:
            failed += 1
        else:
            refused += 1
    assert answered > DOCUMENTS / 4
    assert failed > DOCUMENTS / 20
    assert refused < answered / 5


@pytest.mark.parametrize(
    "text",
    [
        "{ __schema { queryType { name } } }",
        "{ told }",
        "{ guarded }",
        "{ either { __typename } }",
        "{ grid { name } }",
        "subscription { ticks }",
    ],
)
def test_what_it_does_not_know_it_leaves_alone(text: str) -> None:
    with pytest.raises(Unplanned):
        asyncio.run(compiled(parse(text), {}, STRANGE))


@pytest.mark.parametrize(
    ("selection", "makes_objects"),
    [
        ("title", False),
        ("__typename t: title note named length cover { __typename colour leaf { name } }", False),
        ("second", True),
        ('cover { colour } ... on Book { second(word: "x") }', True),
    ],
)
def test_objects_are_made_where_their_rows_are_not_enough(
    monkeypatch: pytest.MonkeyPatch, selection: str, makes_objects: bool
) -> None:
    text = f"{{ branch {{ books(first: 3) {{ {selection} }} }} }}"
    world["seed"] = 0
    usual = asyncio.run(SCHEMA.execute(text))
    assert usual.data
    assert not usual.errors
    made: list[object] = []
    new = Book.__new__

    def noted(kind: type[Book]) -> Book:
        made.append(kind)
        return new(kind)

    monkeypatch.setattr(Book, "__new__", noted)
    assert asyncio.run(compiled(parse(text), {})) == usual.data
    assert bool(made) is makes_objects


def test_its_functions_get_names_of_the_grammar_only() -> None:
    """An operation's text is written into Python: names and aliases, and nothing else of it."""
    text = '{ exec: branch(id: "\\"); import os; (\\"") { None: name d: name s: name r: name } }'
    world["seed"] = 0
    data = asyncio.run(compiled(parse(text), {}))
    assert [*data] == ["exec"]
    assert [*data["exec"]] == ["None", "d", "s", "r"]


def test_what_is_still_to_be_waited_for_is_closed_where_reading_fails() -> None:
    """Python would tell of each such coroutine that it was never awaited."""

    async def later() -> None: ...

    call = later()

    def read(_: Any, run: Run) -> None:
        run.calls.append(call)
        raise Unplanned

    meter, turns = SimpleNamespace(spent=0, most=1), SimpleNamespace(is_over=lambda: True)
    run = Run(5, {}, {}, meter, turns, lambda: asyncio.sleep(0), {})
    with pytest.raises(Unplanned):
        asyncio.run(run.read(read, None, PRICES))
    assert inspect.getcoroutinestate(call) == inspect.CORO_CLOSED
