"""Writes the Python of one plan: a function for each selection that is read, a coroutine for each wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import strawberry
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    OperationDefinitionNode,
    Undefined,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import (
    CollectedFields,
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from schema.execution.compiled import leaves
from schema.execution.compiled.arguments import Calls
from schema.execution.compiled.running import (
    Outcome,
    Prices,
    Read,
    Unplanned,
    read_objects,
    refuse_null,
)
from schema.execution.compiled.variables import Variables

MOST_LINES = 2_000
"""Of one plan. What is longer takes long to compile, and is not asked for often."""

Replaced = Mapping[tuple[str, str], Callable[[Any], object]]
"""What is shown of an object instead of a field, by the names of type and field."""


@dataclass(frozen=True, slots=True)
class Plan:
    read: Read
    """Reads the root, and leaves in the run what has to be waited for."""
    lines: int


@dataclass(frozen=True, slots=True)
class Selecting:
    """An operation as graphql-core selects its fields."""

    schema: strawberry.Schema
    document: DocumentNode
    operation: OperationDefinitionNode
    flags: Any
    """graphql-core's values of the variables that @skip and @include look at."""

    @property
    def core(self) -> Any:
        return self.schema._schema

    def fragments(self) -> dict[str, FragmentDetails]:
        return {
            each.name.value: FragmentDetails(each)
            for each in self.document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }

    def of_root(self, root: GraphQLObjectType) -> GroupedFieldSet:
        collected = collect_fields(self.core, self.fragments(), self.flags, root, self.operation)
        return _all_at_once(collected)

    def of_object(self, kind: GraphQLObjectType, details: FieldDetailsList) -> GroupedFieldSet:
        collected = collect_subfields(self.core, self.fragments(), self.flags, self.operation, kind, details)
        return _all_at_once(collected)


def _all_at_once(collected: CollectedFields) -> GroupedFieldSet:
    if collected.new_defer_usages:
        raise Unplanned
    return collected.grouped_field_set


@dataclass(slots=True)
class _Function:
    """A function that reads an object. `cost` is what each object costs."""

    name: str
    cost: int


@dataclass(slots=True)
class _Body:
    """What is written of a function so far."""

    lines: list[str] = field(default_factory=list)
    entries: list[str] = field(default_factory=list)
    """Of the dictionary that it returns."""
    waits: list[str] = field(default_factory=list)
    sized: list[str] = field(default_factory=list)
    """What the values cost beyond being there, as expressions."""
    cost: int = 0


class Writer:
    def __init__(
        self, selecting: Selecting, variables: Variables, prices: Prices, replaced: Replaced
    ) -> None:
        self._selecting = selecting
        self._prices = prices
        self._replaced = replaced
        self._calls = Calls(selecting.schema, variables, self._constant)
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

    def plan(self, root: GraphQLObjectType) -> Plan:
        """Raises Unplanned."""
        reader = self._reader(root, self._selecting.of_root(root), is_root=True)
        # Of the caller's text only names are in it, which GraphQL's grammar keeps to letters, digits and "_".
        # One by one: Python would compile all for some dozens of milliseconds, in which no other thread runs.
        for function in self._functions:
            exec(compile(function, "<plan>", "exec"), self._names)  # noqa: S102
        return Plan(self._names[reader.name], self._lines)

    # ------------------------------------------------------------ objects

    def _reader(
        self, parent: GraphQLObjectType, selected: GroupedFieldSet, *, is_root: bool = False
    ) -> _Function:
        body = _Body()
        if not is_root:
            self._check_type(parent, body)
            own = sum([self._prices.value + len(key) * self._prices.character for key in selected])
            body.cost = self._prices.object + own
        for key, details in selected.items():
            self._field(parent, key, details, body, is_root=is_root)
        name = self._constant(None, "read")
        body.lines += [f"r.meter.spent += {' + '.join(body.sized)}"] if body.sized else []
        body.lines += [f"d = {{{', '.join(body.entries)}}}"]
        body.lines += [f"r.calls.append({wait}(d, s, r))" for wait in body.waits]
        self._define(f"def {name}(s, r):", [*body.lines, "return d"])
        return _Function(name, body.cost)

    def _check_type(self, parent: GraphQLObjectType, body: _Body) -> None:
        body.lines.append("if s is None: null()")
        if parent.is_type_of is None:
            return
        definition = parent.extensions.get("strawberry-definition")
        if not isinstance(definition, StrawberryObjectDefinition) or definition.is_type_of:
            raise Unplanned(parent.name)
        body.lines.append(f"if s.__class__ is not {self._constant(definition.origin)}: null()")

    def _field(
        self, parent: GraphQLObjectType, key: str, details: FieldDetailsList, body: _Body, *, is_root: bool
    ) -> None:
        name = details[0].node.name.value
        if name == "__typename":
            body.entries.append(f"{key!r}: {parent.name!r}")
            return
        if (parent.name, name) in self._replaced:
            body.entries.append(f"{key!r}: {self._constant(self._replaced[parent.name, name])}(s)")
            return
        graphql_field, definition = self._definition(parent, name)
        if definition.is_async:
            body.entries.append(f"{key!r}: None")  # its place
            body.waits.append(self._wait(graphql_field, definition, key, details, is_root=is_root))
            return
        value = self._constant(None, "x")
        if definition.base_resolver is None:
            body.lines.append(f"{value} = s.{definition.python_name}")
        else:
            lines, call = self._calls.written(definition, graphql_field, details[0].node)
            body.lines += [*lines, f"{value} = {call}"]
        cost = self._value(graphql_field.type, value, details, body.lines)
        if is_root and cost:
            body.lines += _spending(cost)
        body.cost += cost
        body.sized += self._sizes(graphql_field.type, value, is_plain=definition.is_basic_field)
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
        lines += ["if r.turns.is_over(): await r.wait_for_turn()"]
        after: list[str] = []
        cost = self._value(graphql_field.type, "x", details, after)
        sizes = self._sizes(graphql_field.type, "x", is_plain=False)
        lines += _spending(cost) if cost else []
        lines += after
        lines += [f"r.meter.spent += {' + '.join(sizes)}"] if sizes else []
        name = self._constant(None, "wait")
        self._define(f"async def {name}(d, s, r):", [*lines, f"d[{key!r}] = x"])
        return name

    # ------------------------------------------------------------ values

    def _value(self, kind: Any, value: str, details: FieldDetailsList, lines: list[str]) -> int:
        """Writes what makes an answer of a value that has this name; returns what its object costs."""
        if is_leaf_type(get_named_type(kind)):
            lines += self._leaf(kind, value)
            return 0
        inner = get_nullable_type(kind)
        if is_list_type(inner):
            made, cost = self._list(inner.of_type, value, details), 0
        else:
            function = self._object(inner, details)
            made, cost = f"{function.name}({value}, r)", function.cost
        is_checked = is_non_null_type(kind) and not is_list_type(inner)  # its reader does
        none = "null()" if is_non_null_type(kind) else "None"
        lines.append(
            f"{value} = {made}" if is_checked else f"{value} = {none} if {value} is None else {made}"
        )
        return cost

    def _object(self, kind: Any, details: FieldDetailsList) -> _Function:
        if is_object_type(kind):
            return self._reader(kind, self._selecting.of_object(kind, details))
        if is_abstract_type(kind):
            return self._abstract(kind, details)
        raise Unplanned

    def _abstract(self, kind: Any, details: FieldDetailsList) -> _Function:
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
        return _Function(name, cost)

    def _list(self, item: Any, value: str, details: FieldDetailsList) -> str:
        inner = get_nullable_type(item)
        if is_list_type(inner):
            raise Unplanned  # a list of lists of objects
        function = self._object(inner, details)
        name = function.name
        if not is_non_null_type(item):
            name = self._constant(None, "read")
            self._define(f"def {name}(s, r):", [f"return None if s is None else {function.name}(s, r)"])
        return f"objects({value}, {name}, {function.cost}, r)"

    def _leaf(self, kind: Any, value: str) -> list[str]:
        inner = get_nullable_type(kind)
        if plain := leaves.PLAIN.get(getattr(inner, "name", "")):
            slowly = f"{self._constant(leaves.leaf_writer(kind))}({value})"
            return [f"if {plain.format(value)}: {value} = {slowly}"]
        if enum := leaves.enum_names(inner):
            wrapped, names = (self._constant(each) for each in enum)
            slowly = f"{self._constant(leaves.leaf_writer(kind))}({value})"
            known = f"{value}.__class__ is {wrapped}"
            return [f"{value} = {names}[{value}._value_] if {known} else {slowly}"]
        if is_list_type(inner):
            return [f"{value} = {self._constant(leaves.leaf_writer(kind))}({value})"]
        written = f"{value} = {self._constant(inner.coerce_output_value)}({value})"
        check = f"if {value} is None or {value} is Undefined: null()"
        if is_non_null_type(kind):
            return [f"if {value} is None: null()", written, check]
        return [f"if {value} is not None:", f" {written}", f" {check}"]

    def _sizes(self, kind: Any, value: str, *, is_plain: bool) -> list[str]:
        """What a leaf costs beyond being there. One that a resolver returns is measured whatever it is."""
        inner = get_nullable_type(kind)
        if not is_leaf_type(get_named_type(kind)) or leaves.is_number_or_flag(kind):
            return []
        name = getattr(inner, "name", "")
        if is_plain and name not in ("String", "JSON") and not is_list_type(inner):
            return []
        if name == "String":
            return [f"(len({value}) if {value} else 0)"]
        return [f"(size({value}) if {value} else 0)" if is_plain else f"size({value})"]

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
