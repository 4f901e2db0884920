"""The newest rows of an account: by their texts a search tells how common its words are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, bindparam, literal_column, select

from invoicing.storage.prepared import Prepared

SAMPLE = 1_000  # rows


class Sample:
    """The texts of the newest rows, and how many of them have the words or what these are made of."""

    def __init__(self, texts: Sequence[str], words: str, trigrams: Sequence[str]) -> None:
        self.texts = texts
        self._words = words
        self._trigrams = trigrams

    @property
    def are_few(self) -> bool:
        """Whether the account has no more rows than these."""
        return len(self.texts) < SAMPLE

    @cached_property
    def with_words(self) -> int:
        return len(_those_with(self._words, self.texts))

    @cached_property
    def with_each(self) -> Mapping[str, int]:
        """How many have each trigram, the rarest first: of those that none has, the last of the words.

        Numbers differ at their ends. What they begin with may be that of no newest row and many others.
        """
        counts = {each: len(_those_with(each, self.texts)) for each in reversed(self._trigrams)}
        return dict(sorted(counts.items(), key=itemgetter(1)))

    @cached_property
    def with_trigrams(self) -> int:
        """How many have all of them."""
        texts = self.texts
        for each in self.with_each:
            texts = _those_with(each, texts)
        return len(texts)


def _those_with(part: str, texts: Sequence[str]) -> Sequence[str]:
    return [text for text in texts if part in text]


def newest(searched: FromClause, is_own: ColumnElement[bool], *columns: ColumnElement[Any]) -> Select[Any]:
    order = searched.c.created_at.desc(), searched.c.id.desc()
    return select(*columns).where(is_own).order_by(*order).limit(literal_column(str(SAMPLE)))


@cache
def texts_of(searched: FromClause) -> Prepared:
    """Of the newest rows."""
    return Prepared(newest(searched, searched.c.account_id == bindparam("account"), searched.c.search_text))
