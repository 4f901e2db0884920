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
        self._bodies: list[str | bytes] = []

    def add(self, body: str | bytes) -> int:
        """The number of a new object: a stream, if it is in bytes; otherwise ASCII text."""
        self._bodies.append(body)
        return len(self._bodies)

    def reserve(self) -> int:
        """A number for an object whose body is not known yet, because others have to refer to it."""
        return self.add("null")

    def put(self, number: int, body: str) -> None:
        """Gives a reserved number its body."""
        self._bodies[number - 1] = body

    @property
    def count(self) -> int:
        return len(self._bodies)

    def file(self, *, root: int, info: int) -> bytes:
        """The file. The same objects make the same bytes, its identifier too (14.4)."""
        rows = [b""] * (len(self._bodies) + 1)
        rows[0] = _ROW.pack(_FREE, 0, 65_535)
        numbered = [*enumerate(self._bodies, start=1)]
        alone = [(number, body) for number, body in numbered if isinstance(body, bytes)]
        texts = [(number, body) for number, body in numbered if isinstance(body, str)]
        for start in range(0, len(texts), _TOGETHER):
            together = texts[start : start + _TOGETHER]
            holder = len(rows)
            rows.append(b"")
            alone.append((holder, _together(together)))
            begin = _ROW_BEGIN.pack(_INSIDE, holder)
            for (number, _), place in zip(together, _PLACES, strict=False):
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


def _together(numbered: Sequence[tuple[int, str]]) -> bytes:
    """The stream that holds these objects: first their numbers and where they begin, then they."""
    bodies = [body for _, body in numbered]
    starts = accumulate([len(body) + 1 for body in bodies], initial=0)
    head = (
        " ".join([f"{number} {start}" for (number, _), start in zip(numbered, starts, strict=False)]) + "\n"
    )
    content = head + "\n".join(bodies)
    entries = f"/Type /ObjStm /N {len(numbered)} /First {len(head)} "
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
