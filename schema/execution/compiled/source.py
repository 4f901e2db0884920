"""Writes the Python of one plan: a function for each selection that is read, a coroutine for each wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    Undefined,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from schema.execution.compiled import leaves
from schema.execution.compiled.arguments import Calls
from schema.execution.compiled.functions import Body, Function
from schema.execution.compiled.needs import NeededColumns
from schema.execution.compiled.rows import Rows
from schema.execution.compiled.running import (
    Outcome,
    Prices,
    Read,
    Unplanned,
    read_objects,
    refuse_null,
)
from schema.execution.compiled.selecting import Selecting
from schema.execution.compiled.variables import Variables
from schema.hints import BESIDE, ROWS, SHAPE, TOGETHER, Columns, Shaped, Together

ROOT = ""
MOST_LINES = 2_000
"""Of one plan. What is longer takes long to compile, and is not asked for often."""


@dataclass(frozen=True, slots=True)
class Plan:
    reads: Mapping[str, Read]
    """Of a query what reads all of it, under ROOT. Of a mutation or a subscription what reads the values of
    its root fields, under their names in the answer. What has to be waited for is left in the run."""
    lines: int
    columns: Mapping[str, Columns] | None = None
    """What a query reads of the rows that each type shows; None, if that is not known, or it is no query."""


class Writer:
    def __init__(self, selecting: Selecting, variables: Variables, prices: Prices) -> None:
        self._selecting = selecting
        self._prices = prices
        self._calls = Calls(selecting.schema, variables, self._constant)
        self._rows = Rows(selecting, prices, self._constant, self._function)
        self._needed = NeededColumns()
        self._functions: list[str] = []
        self._lines = 0
        self._names: dict[str, Any] = {
            "null": refuse_null,
            "objects": read_objects,
            "Outcome": Outcome,
            "Unplanned": Unplanned,
            "Undefined": Undefined,
            "size": prices.size,
        }

    def of_root(self, root: GraphQLObjectType) -> Plan:
        """The plan of a query. Raises Unplanned."""
        reader = self._reader(root, self._selecting.of_root(root), is_root=True)
        return self._compiled({ROOT: reader.name}, self._needed.found())

    def of_payloads(self, root: GraphQLObjectType) -> Plan:
        """The plan of what is below the root fields, which graphql-core resolves. Raises Unplanned."""
        selected = self._selecting.of_root(root).items()
        fields = [(key, details) for key, details in selected if details[0].node.name.value in root.fields]
        return self._compiled({key: self._payload(root, details) for key, details in fields})

    def _payload(self, root: GraphQLObjectType, details: FieldDetailsList) -> str:
        """The name of a function that reads the object which a root field has returned."""
        function = self._object(get_nullable_type(root.fields[details[0].node.name.value].type), details)
        name = self._constant(None, "read")
        self._define(f"def {name}(s, r):", [*_spending(function.cost), f"return {function.name}(s, r)"])
        return name

    def _compiled(self, readers: Mapping[str, str], columns: Mapping[str, Columns] | None = None) -> Plan:
        # Of the caller's text only names are in it, which GraphQL's grammar keeps to letters, digits and "_".
        # One by one: Python would compile all for some dozens of milliseconds, in which no other thread runs.
        for function in self._functions:
            exec(compile(function, "<plan>", "exec"), self._names)  # noqa: S102
        reads = {key: self._names[name] for key, name in readers.items()}
        return Plan(reads, self._lines, columns)

    # ------------------------------------------------------------ objects

    def _reader(
        self,
        parent: GraphQLObjectType,
        selected: GroupedFieldSet,
        *,
        is_root: bool = False,
        is_row: bool = False,
    ) -> Function:
        """What reads an object, or the row of one that holds nothing else."""
        body = Body(row="s" if is_row else "s.row")
        if not is_root:
            if not is_row:
                self._check_type(parent, body)
            own = sum([self._prices.value + len(key) * self._prices.character for key in selected])
            body.cost = self._prices.object + own
        for key, details in selected.items():
            self._field(parent, key, details, body, is_root=is_root)
        return self._function("read", body)

    def _function(self, kind: str, body: Body) -> Function:
        name = self._constant(None, kind)
        self._define(f"def {name}(s, r):", body.written())
        return Function(name, body.cost, body.beside)

    def _check_type(self, parent: GraphQLObjectType, body: Body) -> None:
        body.lines.append("if s is None: null()")
        if parent.is_type_of is None:
            return
        definition = parent.extensions.get("strawberry-definition")
        if not isinstance(definition, StrawberryObjectDefinition) or definition.is_type_of:
            raise Unplanned(parent.name)
        body.lines.append(f"if s.__class__ is not {self._constant(definition.origin)}: null()")

    def _field(
        self, parent: GraphQLObjectType, key: str, details: FieldDetailsList, body: Body, *, is_root: bool
    ) -> None:
        name = details[0].node.name.value
        if name == "__typename":
            body.entries.append(f"{key!r}: {parent.name!r}")
            own = len(parent.name) * self._prices.character
            body.cost += own
            if is_root:
                body.lines += _spending(own)
            return
        if instead := self._selecting.replaced.get((parent.name, name)):
            body.entries.append(f"{key!r}: {self._constant(instead)}(s)")
            self._needed.all_of_all()
            return
        graphql_field, definition = self._definition(parent, name)
        self._needed.add(parent.name, definition)
        if body.row == "s" and (beside := definition.metadata.get(BESIDE)):
            function = self._reader(*self._selected(graphql_field.type, details), is_row=True)
            body.entries.append(f"{key!r}: {function.name}(b{len(body.beside)}, r)")
            body.beside.append(self._constant(beside))
            body.cost += function.cost
            return
        if definition.is_async:
            body.entries.append(f"{key!r}: None")  # its place
            if not is_root and (together := definition.metadata.get(TOGETHER)):
                body.shared_waits.append(self._shared_wait(graphql_field, together, key, details))
            else:
                body.waits.append(self._wait(graphql_field, definition, key, details, is_root=is_root))
            return
        value = self._constant(None, "x")
        if definition.base_resolver is None:
            if stored := leaves.stored_enum(definition, graphql_field.type, self._constant, body.row):
                body.entries.append(f"{key!r}: {stored}")
                return
            body.lines.append(f"{value} = {leaves.attribute(definition, self._constant, body.row)}")
        else:
            lines, call = self._calls.written(definition, graphql_field, details[0].node)
            body.lines += [*lines, f"{value} = {call}"]
        shape = definition.metadata.get(SHAPE)
        cost = self._value(graphql_field.type, value, details, body.lines, shape)
        if is_root and cost:
            body.lines += _spending(cost)
        body.cost += cost
        body.sized += leaves.sizes(graphql_field.type, value, is_plain=definition.is_basic_field)
        body.entries.append(f"{key!r}: {value}")

    def _definition(self, parent: GraphQLObjectType, name: str) -> tuple[GraphQLField, StrawberryField]:
        """A field and Strawberry's definition of it. Raises Unplanned where there is more to it."""
        graphql_field = parent.fields.get(name)
        definition = graphql_field and graphql_field.extensions.get("strawberry-definition")
        if graphql_field is None or not isinstance(definition, StrawberryField):
            raise Unplanned(name)
        schema = self._selecting.schema
        if definition.extensions or schema.exception_handlers or definition.is_subscription:
            raise Unplanned(name)
        if definition.base_resolver is None and schema.config.default_resolver is not getattr:
            raise Unplanned(name)
        return graphql_field, definition

    def _wait(
        self,
        graphql_field: GraphQLField,
        definition: StrawberryField,
        key: str,
        details: FieldDetailsList,
        *,
        is_root: bool,
    ) -> str:
        """The name of a coroutine function that waits for a field and puts it in its place."""
        lines, call = self._calls.written(definition, graphql_field, details[0].node)
        if is_root:
            failing = f"r.outcomes[{key!r}] = Outcome(failure=failure)"
            lines += ["try:", f" x = await {call}", "except Unplanned:", " raise"]
            lines += ["except Exception as failure:", f" {failing}", " raise"]
            lines += [f"r.outcomes[{key!r}] = Outcome(x)"]
        else:
            lines += [f"x = await {call}"]
        name = self._constant(None, "wait")
        self._define(
            f"async def {name}(d, s, r):",
            [*lines, *self._put(graphql_field, key, details, definition.metadata.get(SHAPE))],
        )
        return name

    def _shared_wait(
        self, graphql_field: GraphQLField, together: Together, key: str, details: FieldDetailsList
    ) -> str:
        """The name of a coroutine function that waits for a field of many objects."""
        call = f"await {self._constant(together)}([s for _, s in waiting], r.context)"
        put = [f" {line}" for line in self._put(graphql_field, key, details)]
        lines = [f"for (d, _), x in zip(waiting, {call}, strict=True):", *put]
        name = self._constant(None, "wait")
        self._define(f"async def {name}(waiting, r):", lines)
        return name

    def _put(
        self, graphql_field: GraphQLField, key: str, details: FieldDetailsList, shape: Shaped | None = None
    ) -> list[str]:
        """Lines that put what was waited for in its place."""
        lines: list[str] = []
        cost = self._value(graphql_field.type, "x", details, lines, shape)
        sizes = leaves.sizes(graphql_field.type, "x", is_plain=False)
        spending = [f"r.meter.spent += {' + '.join(sizes)}"] if sizes else []
        before = ["if r.turns.is_over(): await r.wait_for_turn()", *(_spending(cost) if cost else [])]
        return [*before, *lines, *spending, f"d[{key!r}] = x"]

    # ------------------------------------------------------------ values

    def _value(
        self,
        kind: Any,
        value: str,
        details: FieldDetailsList,
        lines: list[str],
        shape: Shaped | None = None,
    ) -> int:
        """Writes what makes an answer of a value that has this name; returns what its object costs."""
        if is_leaf_type(get_named_type(kind)):
            lines += leaves.leaf_lines(kind, value, self._constant)
            return 0
        inner = get_nullable_type(kind)
        if is_list_type(inner):
            made, cost = self._list(inner.of_type, value, details, shape), 0
        else:
            function = self._object(inner, details)
            made, cost = f"{function.name}({value}, r)", function.cost
        is_checked = is_non_null_type(kind) and not is_list_type(inner)  # its reader does
        none = "null()" if is_non_null_type(kind) else "None"
        lines.append(
            f"{value} = {made}" if is_checked else f"{value} = {none} if {value} is None else {made}"
        )
        return cost

    def _selected(self, kind: Any, details: FieldDetailsList) -> tuple[GraphQLObjectType, GroupedFieldSet]:
        inner = get_nullable_type(kind)
        return inner, self._selecting.of_object(inner, details)

    def _object(self, kind: Any, details: FieldDetailsList) -> Function:
        if is_object_type(kind):
            return self._reader(kind, self._selecting.of_object(kind, details))
        if is_abstract_type(kind):
            return self._abstract(kind, details)
        raise Unplanned

    def _abstract(self, kind: Any, details: FieldDetailsList) -> Function:
        """Reads an object of one of several types: of which it is, its class says."""
        definition = kind.extensions.get("strawberry-definition")
        if getattr(definition, "resolve_type", None) or not _is_interface(definition):
            raise Unplanned(kind.name)
        readers: dict[type, str] = {}
        cost = 0
        for possible in self._selecting.core.get_possible_types(kind):
            own = possible.extensions.get("strawberry-definition")
            if own is None or own.is_graphql_generic or own.concrete_of or own.origin in readers:
                raise Unplanned(possible.name)
            function = self._object(possible, details)
            readers[own.origin] = function.name
            cost = max(cost, function.cost)
        classes = ", ".join(f"{self._constant(each)}: {name}" for each, name in readers.items())
        name = self._constant(None, "read")
        self._define(f"def {name}(s, r, readers={{{classes}}}):", ["return readers[s.__class__](s, r)"])
        return Function(name, cost)

    def _list(self, item: Any, value: str, details: FieldDetailsList, shape: Shaped | None) -> str:
        inner = get_nullable_type(item)
        if is_list_type(inner):
            raise Unplanned  # a list of lists of objects
        if shape == ROWS and self._rows.are_enough(inner, details):
            return self._reader(*self._selected(inner, details), is_row=True).reading(value)
        if isinstance(shape, Mapping) and self._rows.has_all(inner, details, shape):
            return self._rows.reader(inner, details, shape).reading(value)
        function = self._object(inner, details)
        name = function.name
        if not is_non_null_type(item):
            name = self._constant(None, "read")
            self._define(f"def {name}(s, r):", [f"return None if s is None else {function.name}(s, r)"])
        return f"objects({value}, {name}, {function.cost}, r)"

    # ------------------------------------------------------------ source

    def _define(self, head: str, lines: list[str]) -> None:
        self._functions.append("\n ".join([head, *lines]))
        self._lines += 1 + len(lines)
        if self._lines > MOST_LINES:
            raise Unplanned

    def _constant(self, value: Any, kind: str = "c") -> str:
        """A name of its own; that of the value, where there is one."""
        name = f"{kind}{len(self._names)}"
        self._names[name] = value
        return name


def _is_interface(definition: object) -> bool:
    return isinstance(definition, StrawberryObjectDefinition) and definition.is_interface


def _spending(cost: int) -> list[str]:
    return [f"r.meter.spent += {cost}", "if r.meter.spent > r.meter.most: null()"]
