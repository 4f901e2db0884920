"""The lines of a file, grouped by order, even if an order's lines are not next to each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from invoicing.importing.columns import Columns, Format, NotASale, Row
from invoicing.importing.csv_file import Record, Source
from invoicing.importing.rejects import Flaw


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its original fields, its cells in the plain columns, and the id of its order, empty if none.

    A flaw rejects the whole order unless the line is `rejected_alone`. Cancellations are grouped like orders.
    """

    number: int
    fields: Sequence[str]
    row: Row
    order: str
    flaw: Flaw | None = None
    rejected_alone: bool = False
    is_cancellation: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """The number of lines, and the last line of each order."""

    lines: int
    last_lines: Mapping[str, int]


def index_orders(source: Source, columns: Columns) -> Index:
    last: dict[str, int] = {}
    count = 0
    for record in source.records():
        count += 1
        last[columns.order_id(record.fields)] = record.line
    return Index(count, last)


def read_lines(source: Source, columns: Columns, expected: Format) -> Iterator[Line]:
    for record in source.records():
        yield _read_line(record, columns, expected)


def group_by_order(found: Iterable[Line], last: Mapping[str, int]) -> Iterator[list[Line]]:
    """The lines of one order at a time, once its last line is read; a line without an order alone.

    Only incomplete orders are held in memory.
    """
    incomplete: dict[str, list[Line]] = {}
    for line in found:
        if line.rejected_alone:
            yield [line]
        else:
            incomplete.setdefault(line.order, []).append(line)
        if last.get(line.order) == line.number and line.order in incomplete:
            yield incomplete.pop(line.order)
    yield from incomplete.values()


def _read_line(record: Record, columns: Columns, expected: Format) -> Line:
    row: Row = columns.row(record.fields)
    order = columns.order_id(record.fields)
    flaw = _form_flaw(record, columns)
    is_cancellation = expected.is_cancellation(row)
    if flaw is None and order:
        try:
            row = expected.to_plain(row)
        except NotASale as other:
            return Line(record.line, record.fields, row, order, Flaw(other.reason, other.message), True)
    if not order:
        flaw = flaw or Flaw("no_order_number", "The line does not say which order it belongs to.")
        return Line(record.line, record.fields, row, order, flaw, True)
    return Line(record.line, record.fields, row, order, flaw, is_cancellation=is_cancellation)


def _form_flaw(record: Record, columns: Columns) -> Flaw | None:
    if record.fault is not None:
        return Flaw("unreadable", record.fault)
    if len(record.fields) != len(columns.names):
        return Flaw(
            "wrong_columns", f"The line has {len(record.fields)} fields, the header {len(columns.names)}."
        )
    return None
