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
from functools import cached_property
from pathlib import Path
from typing import IO, BinaryIO, cast

from invoicing.importing.dialect import UTF_8, Dialect, UnreadableFile, found_delimiter, found_encoding
from invoicing.importing.formulas import REJECT_COLUMNS, is_guarded, unguarded

_REJECTS = ",".join(REJECT_COLUMNS).encode()
_GZIP = b"\x1f\x8b"
_UNDECODED = re.compile("[\ud800-\udfff]")
_NO_LETTER = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Half a letter, as UTF-7 may have it, which stands for no byte of the file."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record. Quoted line breaks may spread it over several lines; `line` is the first.

    `fault` says why it cannot be read; then its only field is the original text.
    """

    line: int
    fields: list[str]
    fault: str | None = None


@dataclass(frozen=True)
class Source:
    """A file that can be read more than once, plain or gzip; what is not told of it is found in it."""

    path: Path
    encoding: str | None = None
    delimiter: str | None = None

    @cached_property
    def dialect(self) -> Dialect:
        with self._bytes() as raw:
            is_of_rejects = (
                raw.read(len(_REJECTS)) == _REJECTS
            )  # which are written as they are, whatever is told
            raw.seek(0)
            encoding = found_encoding(raw) if self.encoding is None or is_of_rejects else self.encoding
        with self._text(Dialect(encoding, ",")) as text:
            delimiter, first_line = found_delimiter(text)
        return Dialect(encoding, delimiter if is_of_rejects else self.delimiter or delimiter, first_line)

    def header(self) -> list[str]:
        with self._text(self.dialect) as text:
            first = next(_records(text, self.dialect), None)
        if first is None:
            raise UnreadableFile("The file is empty: its first line must name the columns.")
        names = _as_they_were(first).fields if is_guarded(first.fields) else first.fields
        return [name.encode("utf-8", "replace").decode().strip() for name in names]

    def records(self) -> Iterator[Record]:
        """The records after the header. Blank lines are skipped; bytes that cannot be read are surrogates."""
        with self._text(self.dialect) as text:
            found = _records(text, self.dialect)
            header = next(found, None)
            yield from map(_as_they_were, found) if header and is_guarded(header.fields) else found

    @contextmanager
    def _text(self, dialect: Dialect) -> Iterator[IO[str]]:
        """The file's decoded text, from its start."""
        with self._bytes() as raw:
            text = io.TextIOWrapper(raw, dialect.decoder, errors="surrogateescape", newline="")
            with text:
                try:
                    yield text
                except UnicodeError as error:
                    raise UnreadableFile(
                        f"The file cannot be read as {dialect.encoding} ({error.args[-1]}); "
                        f"name its encoding with --encoding."
                    ) from error

    @contextmanager
    def _bytes(self) -> Iterator[BinaryIO]:
        with ExitStack() as open_files:
            raw: BinaryIO = open_files.enter_context(self.path.open("rb"))
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            if packed:
                raw = cast(BinaryIO, open_files.enter_context(gzip.open(raw)))
            try:
                yield raw
            except (EOFError, zlib.error, gzip.BadGzipFile) as damage:
                raise UnreadableFile(
                    f"The gzip file is damaged or cut short ({damage}); nothing of it was imported."
                ) from damage


def _as_they_were(record: Record) -> Record:
    return replace(record, fields=[*map(unguarded, record.fields)])


def _records(text: IO[str], dialect: Dialect) -> Iterator[Record]:
    raw: list[str] = []  # the lines of the current record
    for _ in range(1, dialect.first_line):
        text.readline()
    reader = csv.reader(_noted_lines(text, raw), delimiter=dialect.delimiter)
    while True:
        line = reader.line_num + dialect.first_line
        raw.clear()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(line, _writable(["".join(raw)]), f"The line is no CSV: {error}.")
        else:
            if fields:
                fault = _encoding_fault(raw, dialect)
                yield Record(line, _writable(fields) if fault else fields, fault)


def _writable(fields: list[str]) -> list[str]:
    """The fields as the file of rejects can have them."""
    return [_NO_LETTER.sub("\ufffd", each) for each in fields]


def _noted_lines(text: IO[str], raw: list[str]) -> Iterator[str]:
    for line in text:
        raw.append(line)
        yield line


def _encoding_fault(raw: list[str], dialect: Dialect) -> str | None:
    if all(line.isascii() for line in raw) or not any(_UNDECODED.search(line) for line in raw):
        return None
    if dialect.encoding == UTF_8:
        return (
            "The line contains bytes that are not UTF-8; convert the file to UTF-8, or name its --encoding."
        )
    return f"The line contains bytes that are not {dialect.encoding}; name the right --encoding."
