"""Documents of all kinds, made from the schema: most are valid, and some of what they ask for is refused."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLSchema,
    OperationType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)

DOCUMENTS = int(os.environ.get("INVOICING_DOCUMENTS", "200"))
"""As many are tried."""
FIRST = int(os.environ.get("INVOICING_FIRST_DOCUMENT", "0"))
"""The seed of the first of them."""

Call = tuple[str, Mapping[str, Any]]

WRONG = ('"x"', "7", "null", "true", "[]", "{}", "1.5", "-1", "NOTHING", "[[null]]", '"2026-02-30"')
"""Literals, of which most do not fit where they are put."""


class AnyDocument:
    """One document and its variables. `values` has literals by the names of arguments and input fields.

    It is a query, or asks for some of the `calls` of another root type: each is a field and its arguments.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        dice: random.Random,
        values: Mapping[str, Sequence[str]],
        kind: OperationType = OperationType.QUERY,
        calls: Sequence[Call] = (),
    ) -> None:
        self.kind = kind.value
        self._schema = schema
        self._dice = dice
        self._values = values
        self._declared: dict[str, str] = {}
        self._fragments: list[str] = []
        self.variables: dict[str, Any] = {}
        root = schema.get_root_type(kind)
        assert root is not None
        depth = dice.choice((1, 2, 3, 4, 5))
        body = self._called(root, calls, depth) if calls else self._selection(root, depth=depth, most=3)
        declared = ", ".join(f"${name}: {kind}" for name, kind in self._declared.items())
        name = dice.choice(("", "Any", "Any2"))
        head = f"{kind.value} {name} {f'({declared})' if declared else ''}"
        self.text = " ".join([head, body, *self._fragments])

    def _called(self, root: Any, calls: Sequence[Call], depth: int) -> str:
        chosen: list[str] = []
        for number, (name, arguments) in enumerate(calls):
            passed: list[str] = []
            for argument, value in arguments.items():
                self._declared[f"c{number}{argument}"] = str(root.fields[name].args[argument].type)
                self.variables[f"c{number}{argument}"] = value
                passed.append(f"{argument}: $c{number}{argument}")
            inner = self._selection(get_named_type(root.fields[name].type), depth=depth)
            given = f"({', '.join(passed)})" if passed else ""
            field = f"c{number}: {name}{given} {inner}"
            chosen.append(self._wrapped(root, field, is_root=True))
        return f"{{ {' '.join(chosen)} }}"

    def _selection(self, kind: Any, *, depth: int, most: int = 6) -> str:
        fields = {} if is_abstract_type(kind) and not hasattr(kind, "fields") else kind.fields
        names = [*fields, "__typename"]
        chosen: list[str] = []
        for name in self._dice.sample(names, min(len(names), self._dice.randint(1, most))):
            leaf = get_named_type(fields[name].type) if name in fields else None
            is_object = leaf is not None and not is_leaf_type(leaf)
            if is_object and depth == 0:
                continue
            inner = self._selection(leaf, depth=depth - 1) if is_object else ""
            arguments = self._arguments(fields[name].args) if name in fields else ""
            alias = self._dice.choice(("", "", "", f"{self._dice.choice('xyz')}_{name}: "))
            field = f"{alias}{name}{arguments}{self._directive()} {inner}"
            chosen.append(self._wrapped(kind, field))
        if is_abstract_type(kind):
            chosen += [
                f"... on {possible.name} {self._selection(possible, depth=depth - 1)}"
                for possible in self._schema.get_possible_types(kind)
                if self._dice.random() < 0.5
            ]
        return f"{{ {' '.join(chosen) or '__typename'} }}"

    def _wrapped(self, kind: Any, field: str, *, is_root: bool = False) -> str:
        """The field as it is, twice, or in a fragment; a root field that is called is there always."""
        way = self._dice.random()
        if way < 0.7:
            return field
        if way < 0.8:
            return f"{field} {field}"
        if way < 0.9:
            directive = "" if is_root else self._directive()
            return f"...{self._dice.choice(('', f' on {kind.name}'))}{directive} {{ {field} }}"
        name = f"F{len(self._fragments)}"
        self._fragments.append(f"fragment {name} on {kind.name} {{ {field} }}")
        return f"...{name}{'' if is_root else self._directive()}"

    def _directive(self) -> str:
        if self._dice.random() < 0.9:
            return ""
        flag = self._dice.choice(("true", "false", "$yes", "$no"))
        if flag.startswith("$"):
            self._declared[flag[1:]] = "Boolean!"
            self.variables[flag[1:]] = flag == "$yes" or self._dice.random() < 0.05
        return f" @{self._dice.choice(('skip', 'include'))}(if: {flag})"

    def _arguments(self, arguments: Mapping[str, GraphQLArgument]) -> str:
        given = [
            f"{name}: {self._argument(name, argument.type)}"
            for name, argument in arguments.items()
            if is_required_argument(argument) or self._dice.random() < 0.3
        ]
        return f"({', '.join(given)})" if given else ""

    def _argument(self, name: str, kind: Any) -> str:
        if self._dice.random() < 0.01:
            return self._dice.choice(WRONG)
        if self._dice.random() < 0.4:
            return self._variable(name, kind)
        return self._literal(name, kind)[0]

    def _variable(self, name: str, kind: Any) -> str:
        variable = f"{name}{len(self._declared)}"
        declared = str(get_nullable_type(kind) if self._dice.random() < 0.1 else kind)
        if not is_non_null_type(kind) and self._dice.random() < 0.1:
            declared = f"{declared}!"
        default = self._dice.random() < 0.15
        self._declared[variable] = declared
        if default:
            self._declared[variable] += f" = {self._literal(name, kind)[0]}"
        if self._dice.random() > (0.5 if default or not declared.endswith("!") else 0.03):
            self.variables[variable] = self._literal(name, kind)[1]
            if self._dice.random() < 0.03:
                self.variables[variable] = self._dice.choice((None, 7, "x", True, [], {}, 1.5, -1, [[None]]))
        return f"${variable}"

    def _literal(self, name: str, kind: Any) -> tuple[str, Any]:
        """A value as it is written in a document, and as it is in JSON."""
        if not is_non_null_type(kind) and self._dice.random() < 0.1:
            return "null", None
        inner = get_nullable_type(kind)
        if is_list_type(inner):
            made = [self._literal(name, inner.of_type) for _ in range(self._dice.randint(0, 2))]
            return f"[{', '.join(each[0] for each in made)}]", [each[1] for each in made]
        if isinstance(inner, GraphQLEnumType):
            chosen = self._dice.choice([*inner.values])
            return chosen, chosen
        if isinstance(inner, GraphQLInputObjectType):
            values = {
                key: self._literal(key, field.type)
                for key, field in inner.fields.items()
                if is_required_input_field(field) or self._dice.random() < 0.3
            }
            written = ", ".join(f"{key}: {each[0]}" for key, each in values.items())
            return f"{{{written}}}", {key: each[1] for key, each in values.items()}
        return self._scalar(name, str(inner))

    def _scalar(self, name: str, kind: str) -> tuple[str, Any]:
        if kind == "Boolean":
            flag = self._dice.choice((True, False))
            return str(flag).lower(), flag
        if kind in ("Int", "Money", "Quantity", "UnitPrice"):
            number = self._dice.choice((0, 1, 2, 3, 5, 5, 20, 100, 101))
            return str(number), number
        if kind == "Date":
            return '"2026-03-31"', "2026-03-31"
        if kind == "DateTime":
            return '"2026-03-31T12:00:00Z"', "2026-03-31T12:00:00Z"
        text = self._dice.choice((*self._values.get(name, "a"), "nothing"))
        return f'"{text}"', text
