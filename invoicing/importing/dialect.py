"""How a CSV file is written: its encoding and its delimiter, as told or as they are found in the file."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO

from invoicing.errors import InvoicingError

UTF_8 = "utf-8"
LONGEST_HEADER = 65_536
_CHUNK = 1 << 20
_MOST_SAMPLED = 1 << 16
_DELIMITERS = ",;\t|"
_BOMS = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LATIN = ("cp1252", "mac_roman", "cp1250", "cp850")
"""What spreadsheets have written in Latin letters where it was not Unicode; of equals the first is taken."""

_OTHER_SCRIPTS = ["cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"]

_COMMON = frozenset("äöüßÄÖÜéèêëàâçîïôûùœæøåñóíúáòìõãÉÈÀÇØÅÆÁÍÓÚÑ€°–’“”„£«»")
_LESS_COMMON = frozenset("ąćęłńśźżŁŚŻěščřžýůŠČŘŽőűđŞşğışțăâ§…²³®™ÊÔÎŒ·•´")
_UNDECODED = re.compile("[\udc80-\udcff]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f]+")
_QUOTED = re.compile('"[^"]*"?')
_SEPARATOR = re.compile('"?sep=([^"\r\n])"?[\r\n]*')
_SHOWN = {
    UTF_8: "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "cp1252": "Windows-1252",
    "cp1250": "Windows-1250",
    "mac_roman": "Mac Roman",
}
_NAMED = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


class UnreadableFile(InvoicingError):
    """The file cannot be imported."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """`first_line` is the number of the line with the columns: 2 after Excel's own line `sep=;`."""

    encoding: str
    delimiter: str
    first_line: int = 1

    @property
    def decoder(self) -> str:
        return "utf-8-sig" if self.encoding == UTF_8 else self.encoding

    def __str__(self) -> str:
        encoding = _SHOWN.get(self.encoding, self.encoding)
        return f"{encoding}, separated by {_NAMED.get(self.delimiter, f'“{self.delimiter}”')}"


def known_encoding(name: str) -> str:
    """Python's name of an encoding. UnreadableFile if there is none of that name."""
    try:
        found = codecs.lookup(name.strip())
        "a".encode(found.name)
    except (LookupError, UnicodeError, ValueError):
        raise UnreadableFile(
            f"There is no encoding “{name}”; there are utf-8, utf-16, cp1252, mac-roman and others."
        ) from None
    return UTF_8 if found.name in (UTF_8, "utf-8-sig") else found.name


def known_delimiter(name: str) -> str:
    delimiter = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}.get(
        name.casefold(), name
    )
    if len(delimiter) != 1 or delimiter in '"\r\n' or delimiter.isalnum():
        raise UnreadableFile(f"“{name}” is no delimiter: it is one sign, such as ; or |, or the word tab.")
    return delimiter


def found_encoding(raw: BinaryIO) -> str:
    """The encoding: by the mark at the start, by what is UTF-8 and, if that is not, by the letters."""
    head = raw.read(4096)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    if (wide := _wide(head)) is not None:
        return wide
    good, bad, sample = _utf8_letters(head, raw)
    if not bad or good >= bad:
        return UTF_8  # single lines that are damaged are rejected later
    return _legacy(sample)


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: half of what is in a table in Latin letters are zeros."""
    for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if len(head) >= 4 and zeros.count(0) * 2 > len(zeros) and head.count(0) == zeros.count(0):
            return name
    return None


def _utf8_letters(head: bytes, raw: BinaryIO) -> tuple[int, int, bytes]:
    """The number of letters beyond ASCII that are UTF-8, of bytes that are not, and lines with such bytes."""
    decoder = codecs.getincrementaldecoder(UTF_8)("surrogateescape")
    good = bad = 0
    sample = bytearray()
    for chunk, is_last in _chunks(head, raw):
        if chunk.isascii() and not decoder.getstate()[0]:
            continue
        text = decoder.decode(chunk, is_last)
        wrong = len(_UNDECODED.findall(text))
        good += len(_NOT_ASCII.findall(text)) - wrong
        bad += wrong
        if wrong and len(sample) < _MOST_SAMPLED:
            lines = (line for line in chunk.splitlines(keepends=True) if not line.isascii())
            sample += b"".join(lines)[:_MOST_SAMPLED]
    return good, bad, bytes(sample)


def _chunks(head: bytes, raw: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    chunk = head
    while chunk:
        following = raw.read(_CHUNK)
        yield chunk, not following
        chunk = following


def _legacy(sample: bytes) -> str:
    scores = {name: _likeness(sample.decode(name, "replace")) for name in _LATIN}
    latin = max(_LATIN, key=scores.__getitem__)
    if scores[latin] > 0:
        return latin
    from charset_normalizer import from_bytes  # few files are in other scripts, and its import takes a while

    best = from_bytes(sample, cp_isolation=_OTHER_SCRIPTS).best()
    return latin if best is None else best.encoding


def _likeness(text: str) -> int:
    """How much it looks like words: letters of European languages, few of them beyond ASCII in a row."""
    score = 0
    for found in _BEYOND_ASCII.finditer(text):
        before, signs = text[found.start() - 1 : found.start()], found[0]
        score += sum(2 if sign in _COMMON else 1 if sign in _LESS_COMMON else -3 for sign in signs)
        score -= 4 * max(len(signs) - 2, 0) + 20 * signs.count("\ufffd")
        if before.islower() and (signs[0].isupper() or (not signs[0].isalpha() and _is_inside(text, found))):
            score -= 4  # a capital letter or a sign in the middle of a word
    return score


def _is_inside(text: str, found: re.Match[str]) -> bool:
    return found[0] not in "’´" and text[found.end() : found.end() + 1].islower()


def found_delimiter(text: IO[str]) -> tuple[str, int]:
    """The delimiter, and the number of the line with the columns. The text is left at that line's start.

    Excel's own line `sep=;` says it. Otherwise it is the one that the first line has most of, not counting
    what is quoted.
    """
    first = text.readline(LONGEST_HEADER)
    if (told := _SEPARATOR.fullmatch(first)) is not None:
        return told[1], 2
    text.seek(0)
    return max(_DELIMITERS, key=_QUOTED.sub("", first).count), 1
