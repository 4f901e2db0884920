"""Reads a CSV file of any bytes as records with their line numbers."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, BinaryIO, cast

from invoicing.errors import InvoicingError
from invoicing.importing.formulas import is_guarded, unguarded

_GZIP = b"\x1f\x8b"
_DELIMITERS = ",;\t"
_LONGEST_HEADER = 65_536
_UNDECODED = re.compile("[\udc80-\udcff]")


class UnreadableFile(InvoicingError):
    """The file cannot be imported."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record. Quoted line breaks may spread it over several lines; `line` is the first.

    `fault` says why it cannot be read; then its only field is the original text.
    """

    line: int
    fields: list[str]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be read more than once, plain or gzip."""

    path: Path

    def header(self) -> list[str]:
        with self._text() as text:
            first = next(_records(text, _delimiter(text)), None)
        if first is None:
            raise UnreadableFile("The file is empty: its first line must name the columns.")
        names = _as_they_were(first).fields if is_guarded(first.fields) else first.fields
        return [name.encode("utf-8", "replace").decode().strip() for name in names]

    def records(self) -> Iterator[Record]:
        """The records after the header. Blank lines are skipped; bytes that are not UTF-8 are surrogates."""
        with self._text() as text:
            found = _records(text, _delimiter(text))
            header = next(found, None)
            yield from map(_as_they_were, found) if header and is_guarded(header.fields) else found

    @contextmanager
    def _text(self) -> Iterator[IO[str]]:
        """The file's decoded text, from its start."""
        with ExitStack() as open_files:
            raw: BinaryIO = open_files.enter_context(self.path.open("rb"))
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            if packed:
                raw = cast(BinaryIO, open_files.enter_context(gzip.open(raw)))
            text = io.TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape", newline="")
            open_files.enter_context(text)
            try:
                yield text
            except (EOFError, zlib.error, gzip.BadGzipFile) as damage:
                raise UnreadableFile(
                    f"The gzip file is damaged or cut short ({damage}); nothing of it was imported."
                ) from damage


def _as_they_were(record: Record) -> Record:
    return replace(record, fields=[*map(unguarded, record.fields)])


def _delimiter(text: IO[str]) -> str:
    """Comma, semicolon or tab: the most frequent one in the header."""
    header = text.readline(_LONGEST_HEADER)
    text.seek(0)
    return max(_DELIMITERS, key=header.count)


def _records(text: IO[str], delimiter: str) -> Iterator[Record]:
    raw: list[str] = []  # the lines of the current record
    reader = csv.reader(_noted_lines(text, raw), delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        raw.clear()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(line, ["".join(raw)], f"The line is no CSV: {error}.")
        else:
            if fields:
                yield Record(line, fields, _encoding_fault(raw))


def _noted_lines(text: IO[str], raw: list[str]) -> Iterator[str]:
    for line in text:
        raw.append(line)
        yield line


def _encoding_fault(raw: list[str]) -> str | None:
    if all(line.isascii() for line in raw) or not any(_UNDECODED.search(line) for line in raw):
        return None
    return "The line contains bytes that are not UTF-8; convert the file to UTF-8."
