"""Lines of the file, gathered into orders wherever they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from invoicing.importing.columns import Columns, Format, Row, SetAside
from invoicing.importing.csv_file import Record, Source
from invoicing.importing.rejects import Flaw


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands, its cells in the plain columns, and the id of its order, empty if it has none.

    A line that is `aside` is rejected alone; a flaw of any other is its whole order's. One that `cancels`
    is of a cancellation document, which is gathered like an order and takes back what others sold.
    """

    number: int
    fields: Sequence[str]
    row: Row
    order: str
    flaw: Flaw | None = None
    aside: bool = False
    cancels: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """How many lines there are, and where each order ends."""

    lines: int
    last: Mapping[str, int]


def index(source: Source, columns: Columns) -> Index:
    last: dict[str, int] = {}
    count = 0
    for record in source.records():
        count += 1
        last[columns.order(record.fields)] = record.line
    return Index(count, last)


def lines(source: Source, columns: Columns, expected: Format) -> Iterator[Line]:
    for record in source.records():
        yield _line(record, columns, expected)


def gathered(found: Iterable[Line], last: Mapping[str, int]) -> Iterator[list[Line]]:
    """The lines of one order at a time, as soon as its last has come; a line of no order comes alone.

    Only orders that are not complete yet are held in memory.
    """
    incomplete: dict[str, list[Line]] = {}
    for line in found:
        if line.aside:
            yield [line]
        else:
            incomplete.setdefault(line.order, []).append(line)
        if last.get(line.order) == line.number and line.order in incomplete:
            yield incomplete.pop(line.order)
    yield from incomplete.values()


def _line(record: Record, columns: Columns, expected: Format) -> Line:
    row: Row = columns.row(record.fields)
    order = columns.order(record.fields)
    flaw = _unreadable(record, columns)
    cancels = expected.cancels(row)
    if flaw is None and order:
        try:
            row = expected.plain(row)
        except SetAside as aside:
            return Line(record.line, record.fields, row, order, Flaw(aside.reason, aside.message), True)
    if not order:
        flaw = flaw or Flaw("no_order_number", "The line does not say which order it belongs to.")
        return Line(record.line, record.fields, row, order, flaw, True)
    return Line(record.line, record.fields, row, order, flaw, cancels=cancels)


def _unreadable(record: Record, columns: Columns) -> Flaw | None:
    if record.fault is not None:
        return Flaw("unreadable", record.fault)
    if len(record.fields) != len(columns.names):
        return Flaw(
            "wrong_columns", f"The line has {len(record.fields)} fields, the header {len(columns.names)}."
        )
    return None
