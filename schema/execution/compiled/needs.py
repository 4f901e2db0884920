"""Which columns of the rows that objects show an operation reads, as its fields say it (`schema.hints`)."""

from __future__ import annotations

from collections.abc import Mapping

from strawberry.types.field import StrawberryField

from schema.hints import ALL, NEEDS, ROW, Column, Columns, Needs


class NeededColumns:
    """Of one plan, while it is written."""

    def __init__(self) -> None:
        self._of_types: dict[str, Columns] = {}
        self._are_known = True

    def found(self) -> Mapping[str, Columns] | None:
        """The columns by the names of types; None where a field may read anything."""
        return self._of_types if self._are_known else None

    def all_of_all(self) -> None:
        self._are_known = False

    def add(self, parent: str, field: StrawberryField) -> None:
        """What a field of an object needs."""
        read, needed = field.metadata.get(ROW), field.metadata.get(NEEDS)
        if isinstance(needed, Needs):
            self._add(parent, needed.own)
            for name, columns in needed.others.items():
                self._add(name, columns)
        elif isinstance(read, Column):
            self._add(parent, frozenset((read.name or field.python_name,)))
        elif read is not None:
            self._add(parent, ALL)
        elif field.base_resolver is not None:
            self.all_of_all()

    def _add(self, name: str, columns: Columns) -> None:
        before = self._of_types.get(name, frozenset())
        self._of_types[name] = ALL if before is ALL or columns is ALL else before | columns
