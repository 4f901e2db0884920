"""Rows in whose `search_text` some words are, found by an index of its trigrams: three letters in a row.

The newest rows tell first whether the words are common. If they are, a page is soon full of them without the
index, which would lead to too many rows. If they are not, the rows that have all their trigrams are compared
with them. Where many rows have the trigrams and few have the words, the search is refused: whatever is done,
every row would be compared. Some thousands of rows are: the number of a new shop's first invoice has nothing
but trigrams that those after it have too.

SQLite has the index in a table of its own, for each table that is searched, and triggers keep it: `account`
there is the end of the account's id, so that the rows of other accounts are left out. PostgreSQL has an index
of `pg_trgm`, where that can be had; else it reads all rows of the account, as long as a read may take.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    FromClause,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
)

from invoicing.errors import ValidationError
from invoicing.storage.prepared import Prepared

SAMPLE = 1_000  # of the newest rows
COMMON = 20  # in the sample
MOST_CANDIDATES = 50  # in the sample
MOST_COMPARED = 5_000  # rows that may all be compared
MOST_TRIGRAMS = 8  # more leave hardly fewer candidates

Keys = Select[Any] | CompoundSelect[Any]


class Search:
    """A search of an account's rows of a table for words, which are in lower case (`str.casefold`)."""

    def __init__(self, connection: Connection, searched: FromClause, account_id: str, words: str) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._table = searched
        self._words = words
        self._trigrams = _trigrams(words)
        self._account_id = account_id
        self.is_own = searched.c.account_id == account_id
        self.in_text = _has(searched, literal(words), self._is_sqlite)

    @property
    def key(self) -> ColumnElement[Any]:
        """What the index has of a row."""
        return literal_column(f"{self._table}.rowid") if self._is_sqlite else self._table.c.id

    @property
    def candidates(self) -> Select[Any]:
        """Selects the keys of the rows that have the trigrams of the words, by the index."""
        if not self._is_sqlite:
            texts = [self._table.c.search_text.contains(each, autoescape=True) for each in self._trigrams]
            return select(self._table.c.id).where(self.is_own, *texts)
        name = f"{self._table}_found"
        index = table(name, column("rowid"), column(name))
        wanted = {"account": [f"000{self._account_id}"[-3:]], "search_text": self._trigrams}
        matched = [f"{part} : {_quoted(each)}" for part, some in wanted.items() for each in some]
        return select(index.c.rowid).where(index.c[name].op("MATCH")(" AND ".join(matched)))

    def is_common(self, found: ColumnElement[bool] | None = None) -> bool:
        """Whether many of the newest rows are found, or there are few rows at all.

        `found` says which are; without it those that have the words in their text.
        """
        if found is None:
            return self._sample.are_few or self._sample.with_words >= COMMON
        sample = _sampled(self._table, self.is_own, found)
        rows, sum_of_found = self._connection.execute(sample).one()
        return bool(rows < SAMPLE or sum_of_found >= COMMON)

    def is_cheap(self) -> bool:
        """Whether not many rows have the trigrams of words that few rows have."""
        return self._sample.with_trigrams < MOST_CANDIDATES or self.is_common()

    def check_is_cheap(self) -> None:
        """Refuses words that few of many rows have although many have their trigrams."""
        if not self.is_cheap() and self._are_many():
            raise ValidationError(
                "Too much here has nearly the same letters: search for less of it, or for something rarer.",
                field="search",
            )

    def by_index(self, keys: Keys, found: ColumnElement[bool]) -> ColumnElement[bool]:
        """The account's rows that are found among those with these keys.

        Where ANALYZE has found few rows of an account, SQLite would rather read them all.
        """
        is_own = func.likelihood(self.is_own, literal_column("0.9")) if self._is_sqlite else self.is_own
        return and_(is_own, self.key.in_(keys), found)

    def _are_many(self) -> bool:
        further = _further(self._table).fetch(self._connection, {"account": self._account_id})
        return bool(further.rows)

    @cached_property
    def _sample(self) -> _Sample:
        given = {f"trigram_{place}": each for place, each in enumerate(self._trigrams)}
        statement = _sample_of(self._table, self._is_sqlite, len(given))
        key = {"account": self._account_id, "words": self._words, **given}
        ((rows, with_words, with_trigrams),) = statement.fetch(self._connection, key).rows
        return _Sample(rows, with_words or 0, with_trigrams or 0)


class _Sample(NamedTuple):
    """How many of the newest rows there are, have the words, and have their trigrams."""

    rows: int
    with_words: int
    with_trigrams: int

    @property
    def are_few(self) -> bool:
        """Whether the account has no more rows than these."""
        return self.rows < SAMPLE


def _sampled(searched: FromClause, is_own: ColumnElement[bool], *found: ColumnElement[bool]) -> Select[Any]:
    """Counts the newest rows, and those of them that are found, by each condition."""
    newest = (searched.c.created_at.desc(), searched.c.id.desc())
    marks = [cast(each, Integer).label(f"found_{place}") for place, each in enumerate(found)]
    sample = select(*marks).where(is_own).order_by(*newest).limit(literal_column(str(SAMPLE))).subquery()
    counts: list[ColumnElement[Any]] = [func.count(), *[func.sum(each) for each in sample.c]]
    return select(*counts)


@cache
def _sample_of(searched: FromClause, is_sqlite: bool, trigrams: int) -> Prepared:
    def has(name: str) -> ColumnElement[bool]:
        return _has(searched, bindparam(name, type_=String), is_sqlite)

    parts = [has(f"trigram_{place}") for place in range(trigrams)]
    is_own = searched.c.account_id == bindparam("account")
    return Prepared(_sampled(searched, is_own, has("words"), and_(True, *parts)))


@cache
def _further(searched: FromClause) -> Prepared:
    """A row beyond those that may all be compared."""
    is_own = searched.c.account_id == bindparam("account")
    beyond = select(searched.c.id).where(is_own).limit(literal_column("1"))
    return Prepared(beyond.offset(literal_column(str(MOST_COMPARED))))


def _has(searched: FromClause, words: ColumnElement[str], is_sqlite: bool) -> ColumnElement[bool]:
    find = func.instr if is_sqlite else func.strpos
    return find(searched.c.search_text, words) > 0


def found(connection: Connection, searched: FromClause, account_id: str, words: str) -> ColumnElement[bool]:
    """The account's rows that have these words; all of them without any words."""
    search = Search(connection, searched, account_id, words)
    if not words:
        return search.is_own
    if search.is_common():
        return and_(search.is_own, search.in_text)
    search.check_is_cheap()
    return search.by_index(search.candidates, search.in_text)


def _trigrams(words: str) -> Sequence[str]:
    """Some of the different trigrams of the words, from all parts of it."""
    different = list(dict.fromkeys(words[start : start + 3] for start in range(len(words) - 2)))
    if len(different) <= MOST_TRIGRAMS:
        return different
    last = len(different) - 1
    return [different[place * last // (MOST_TRIGRAMS - 1)] for place in range(MOST_TRIGRAMS)]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
