"""The objects of a PDF file, and the file that they make (ISO 32000-1, 7.3 and 7.5).

Streams stand in the file by themselves. All other objects stand together in compressed ones (7.5.7): the tags
of a long invoice are many thousand small dictionaries that are much alike.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from hashlib import md5
from itertools import accumulate

_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_TOGETHER = 200  # objects in one stream, so that a reader does not unpack all of them for one
_FREE, _ALONE, _INSIDE = 0, 1, 2  # kinds of rows in the cross-reference table (7.5.8, table 18)
_ROW, _ROW_BEGIN = struct.Struct(">BIH"), struct.Struct(">BI")
_PLACES = [place.to_bytes(2, "big") for place in range(_TOGETHER)]
_FAST, _BEST = 1, 9  # levels of zlib; at 1 a long file is a tenth larger than at 6, in a third of the time


class Objects:
    """Objects get their numbers in the order in which they are added, beginning with 1."""

    def __init__(self) -> None:
        self._numbers: list[int] = []  # of the texts
        self._texts: list[str] = []
        self._streams: list[tuple[int, bytes]] = []
        self._reserved: dict[int, int] = {}  # where the texts of reserved numbers are
        self.count = 0

    def add(self, body: str | bytes) -> int:
        """The number of a new object: a stream, if it is in bytes; otherwise ASCII text."""
        self.count += 1
        if isinstance(body, bytes):
            self._streams.append((self.count, body))
        else:
            self._numbers.append(self.count)
            self._texts.append(body)
        return self.count

    def extend(self, bodies: Sequence[str]) -> None:
        """Adds texts."""
        self._numbers += range(self.count + 1, self.count + 1 + len(bodies))
        self._texts += bodies
        self.count += len(bodies)

    def reserve(self) -> int:
        """A number for an object whose body is not known yet, because others have to refer to it."""
        self._reserved[self.count + 1] = len(self._texts)
        return self.add("null")

    def put(self, number: int, body: str) -> None:
        """Gives a reserved number its body."""
        self._texts[self._reserved[number]] = body

    def file(self, *, root: int, info: int) -> bytes:
        """The file. The same objects make the same bytes, its identifier too (14.4)."""
        rows = [b""] * (self.count + 1)
        rows[0] = _ROW.pack(_FREE, 0, 65_535)
        alone = [*self._streams]
        for start in range(0, len(self._texts), _TOGETHER):
            numbers = self._numbers[start : start + _TOGETHER]
            holder = len(rows)
            rows.append(b"")
            alone.append((holder, _together(numbers, self._texts[start : start + _TOGETHER])))
            begin = _ROW_BEGIN.pack(_INSIDE, holder)
            for number, place in zip(numbers, _PLACES, strict=False):
                rows[number] = begin + place
        parts, size = [_HEADER], len(_HEADER)
        for number, body in alone:
            rows[number] = _ROW.pack(_ALONE, size, 0)
            parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, body))
            size += len(parts[-1])
        content = b"".join(parts)
        return content + _ending(rows, size, root, info, md5(content, usedforsecurity=False).hexdigest())


def stream(content: bytes, entries: str = "", *, is_reused: bool = False) -> bytes:
    """A compressed stream with further entries in its dictionary; as small as can be if many files use it."""
    data = zlib.compress(content, _BEST if is_reused else _FAST)
    return plain_stream(data, f"/Filter /FlateDecode {entries}")


def plain_stream(data: bytes, entries: str) -> bytes:
    head = f"<< {entries}/Length {len(data)} >>"
    return b"%b\nstream\n%b\nendstream" % (head.encode("ascii"), data)


def text(value: str) -> str:
    """A text as an object (7.9.2.2): as it is where it is ASCII, otherwise in UTF-16."""
    if value.isascii() and value.isprintable():
        return "(" + value.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") + ")"
    return f"<FEFF{value.encode('utf-16-be').hex().upper()}>"


def _together(numbers: Sequence[int], bodies: Sequence[str]) -> bytes:
    """The stream that holds these objects: first their numbers and where they begin, then they."""
    starts = accumulate([len(body) + 1 for body in bodies], initial=0)
    index = [f"{number} {start}" for number, start in zip(numbers, starts, strict=False)]
    head = " ".join(index) + "\n"
    content = head + "\n".join(bodies)
    entries = f"/Type /ObjStm /N {len(bodies)} /First {len(head)} "
    return stream(content.encode("ascii"), entries)


def _ending(rows: Sequence[bytes], start: int, root: int, info: int, identifier: str) -> bytes:
    """The cross-reference table, which is an object itself, and where it begins."""
    number = len(rows)
    entries = (
        f"/Type /XRef /Size {number + 1} /W [1 4 2] /Root {root} 0 R /Info {info} 0 R "
        f"/ID [<{identifier}> <{identifier}>] "
    )
    body = stream(b"".join([*rows, _ROW.pack(_ALONE, start, 0)]), entries)
    return b"%d 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (number, body, start)
