"""A statement as one kind of database takes it, and what is done to values on their way in and out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any, ClassVar, NoReturn

from sqlalchemy import CompoundSelect, Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import TypeEngine

from invoicing.storage.lazy_rows import Reads

Row = Sequence[Any]
Parameters = Mapping[str, object]
Refusal = Callable[[IntegrityError], Exception]
"""What a clash is to the caller, as an error of the domain; raises the clash itself if it is a bug."""
Statement = Select[Any] | CompoundSelect[Any] | Insert | Update | Delete


class Compiled(ABC):
    """What SQLAlchemy makes of a statement. How it is executed depends on the driver."""

    direct_readers: ClassVar[Mapping[type[TypeEngine[Any]], Callable[[Any], Any]]]
    """What reads the values of a type that are not null, in less time than SQLAlchemy."""

    def __init__(self, statement: Statement, dialect: Dialect, columns: Sequence[str]) -> None:
        """`columns` are those of the rows that an INSERT is executed with."""
        compiled: Any = statement.compile(dialect=dialect, column_keys=[*columns] or None)
        self._binds = compiled.binds
        given = {name: bind for name, bind in compiled.binds.items() if bind.required}
        state = compiled.construct_expanded_state(dict.fromkeys(given))
        results = statement.exported_columns
        types = [column.type for column in results]
        self.columns = tuple(str(name) for name, _ in results.items())
        self._text = state.statement
        self._is_change = not statement.is_select
        self._names: Sequence[str] = state.positiontup or [*state.parameters]
        self._values_of = _values_of(self._names)
        self._constants = {name: value for name, value in state.parameters.items() if name not in given}
        writers = {name: _impl(bind.type, dialect).bind_processor(dialect) for name, bind in given.items()}
        placed = [(place, writers.get(name)) for place, name in enumerate(self._names)]
        self._writers = [(place, write) for place, write in placed if write is not None]
        readers = [
            self.direct_readers.get(type(kind)) or _impl(kind, dialect).result_processor(dialect, None)
            for kind in types
        ]
        self.reads: Reads = tuple([(place, read) for place, read in enumerate(readers) if read is not None])
        """What makes of the driver's values what they are in Python."""

    @abstractmethod
    def fetch(self, connection: Connection, parameters: Parameters) -> Sequence[Row]:
        """The rows of the result, as the driver gives them: see `reads`."""

    @abstractmethod
    def run(self, connection: Connection, rows: Sequence[Parameters]) -> None:
        """Executes it once for each row."""

    def ask(self, connection: Connection, parameters: Parameters) -> Callable[[], Sequence[Row]]:
        """`fetch`, which may be done with the next statement; what is returned waits for the rows."""
        found = self.fetch(connection, parameters)
        return lambda: found

    def send(self, connection: Connection, rows: Sequence[Parameters], refusal: Refusal | None) -> None:
        """`run`, which may be done with the next statement. A clash becomes what `refusal` makes of it."""
        with refused_as(refusal):
            self.run(connection, rows)

    def _written(self, parameters: Parameters) -> list[Any]:
        """The values in their order. Those that the statement does not have are left out."""
        values = self._given(parameters)
        for place, write in self._writers:
            values[place] = write(values[place])
        return values

    def _given(self, parameters: Parameters) -> list[Any]:
        """The same, before they are written."""
        return [*self._values_of({**parameters, **self._constants} if self._constants else parameters)]

    def _fail(self, connection: Connection, failure: Exception, cursor: Any = None) -> NoReturn:
        """Raises the failure as SQLAlchemy does, which also gives a lost connection up."""
        connection._handle_dbapi_exception(failure, self._text, None, cursor, None)


@contextmanager
def refused_as(refusal: Refusal | None) -> Iterator[None]:
    """Raises a clash with what is stored as the error that it is to the caller."""
    try:
        yield
    except IntegrityError as clash:
        if refusal is None:
            raise
        raise refusal(clash) from clash


def _values_of(names: Sequence[str]) -> Callable[[Parameters], Sequence[Any]]:
    """The function that picks these values out of the parameters."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda parameters: [parameters[name] for name in names]


def _impl(of: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    return of.dialect_impl(dialect)
