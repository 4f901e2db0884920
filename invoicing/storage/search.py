"""Rows in whose `search_text` some words are, found by an index of its trigrams: three letters in a row.

The newest rows tell first whether the words are common. If they are, a page is soon full of them without the
index, which would lead to too many rows. If they are not, the rows that have all their trigrams are compared
with them. Where many rows have the trigrams and few have the words, the search is refused: whatever is done,
every row would be compared. Some thousands of rows are: the number of a new shop's first invoice has nothing
but trigrams that those after it have too.

SQLite has the index in a table of its own, for each table that is searched (`sqlite_search` says how it is
kept): `account` there is the end of the account's id, so that the rows of other accounts are left out.
PostgreSQL has an index of `pg_trgm`, where that can be had; else it reads all rows of the account, as long as
a read may take.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any

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
from invoicing.storage.search_sample import SAMPLE, Sample, newest, texts_of
from invoicing.storage.tables import accounts

COMMON = 20  # in the sample
MOST_CANDIDATES = 50  # in the sample
MOST_COMPARED = 5_000  # rows that may all be compared
MOST_TRIGRAMS = 8  # more leave hardly fewer candidates
NEARLY_ALL = 0.9  # of the sample: what as many rows have tells little

_COUNT_SOME_ACCOUNTS = Prepared(
    select(func.count()).select_from(select(accounts.c.id).limit(literal_column("2")).subquery())
)

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
        matched = [f"search_text : {_quoted(each)}" for each in self._telling_trigrams]
        if self._has_others:
            matched.append(f"account : {_quoted(f'000{self._account_id}'[-3:])}")
        return _indexed(self._table).params({f"{self._table}_matched": " AND ".join(matched)})

    @property
    def _telling_trigrams(self) -> Sequence[str]:
        """The rarest first, without those of nearly all rows: FTS5 would go through all of these."""
        most = len(self._sample.texts) * NEARLY_ALL
        return [each for each, rows in self._sample.with_each.items() if rows <= most] or self._trigrams

    @property
    def _has_others(self) -> bool:
        """Whether there are rows of other accounts."""
        ((count,),) = _COUNT_SOME_ACCOUNTS.fetch(self._connection, {}).rows
        return bool(count > 1)

    def is_common(self, found: ColumnElement[bool] | None = None) -> bool:
        """Whether many of the newest rows are found, or there are few rows at all.

        `found` says which are; without it those that have the words in their text.
        """
        if found is None:
            return self._sample.are_few or self._sample.with_words >= COMMON
        sample = newest(self._table, self.is_own, cast(found, Integer).label("is_found")).subquery()
        counted = select(func.count(), func.sum(sample.c.is_found))
        rows, sum_of_found = self._connection.execute(counted).one()
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
    def _sample(self) -> Sample:
        found = texts_of(self._table).fetch(self._connection, {"account": self._account_id})
        return Sample([text for (text,) in found.rows], self._words, self._trigrams)


@cache
def _indexed(searched: FromClause) -> Select[Any]:
    """The keys of the rows that SQLite's index has for what is matched.

    The parameter has a name for each table: a statement may search two.
    """
    name = f"{searched}_found"
    index = table(name, column("rowid"), column(name))
    matched = bindparam(f"{searched}_matched", type_=String)
    return select(index.c.rowid).where(index.c[name].op("MATCH")(matched))


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
