"""The objects of a PDF file, and the file that they make (ISO 32000-1, 7.3 and 7.5).

Streams stand in the file by themselves. All other objects stand together in compressed ones (7.5.7): the tags
of a long invoice are many thousand small dictionaries that are much alike.
"""

from __future__ import annotations

import struct
import zlib
from hashlib import md5

_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_TOGETHER = 200  # objects in one stream, so that a reader does not unpack all of them for one
_FREE, _ALONE, _INSIDE = 0, 1, 2  # kinds of rows in the cross-reference table (7.5.8, table 18)
_ROW = struct.Struct(">BIH")


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
        rows = [(_FREE, 0, 65_535)] * (len(self._bodies) + 1)
        parts, size = [_HEADER], len(_HEADER)
        bodies = [*enumerate(self._bodies, start=1)]
        alone = [(number, body) for number, body in bodies if isinstance(body, bytes)]
        texts = [(number, body) for number, body in bodies if isinstance(body, str)]
        for start in range(0, len(texts), _TOGETHER):
            together = texts[start : start + _TOGETHER]
            holder = len(rows)
            rows.append((_FREE, 0, 0))
            alone.append((holder, _together(together)))
            for place, (number, _) in enumerate(together):
                rows[number] = (_INSIDE, holder, place)
        for number, body in alone:
            rows[number] = (_ALONE, size, 0)
            parts.append(b"%d 0 obj\n%b\nendobj\n" % (number, body))
            size += len(parts[-1])
        content = b"".join(parts)
        return content + _ending(rows, size, root, info, md5(content, usedforsecurity=False).hexdigest())


def stream(content: bytes, entries: str = "", *, is_compressed: bool = True) -> bytes:
    """A stream with further entries in its dictionary."""
    filter = "/Filter /FlateDecode " if is_compressed else ""
    data = zlib.compress(content) if is_compressed else content
    head = f"<< {filter}{entries}/Length {len(data)} >>"
    return b"%b\nstream\n%b\nendstream" % (head.encode("ascii"), data)


def text(value: str) -> str:
    """A text as an object (7.9.2.2): as it is where it is ASCII, otherwise in UTF-16."""
    if value.isascii() and value.isprintable():
        return "(" + value.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)") + ")"
    return f"<FEFF{value.encode('utf-16-be').hex().upper()}>"


def _together(numbered: list[tuple[int, str]]) -> bytes:
    """The stream that holds these objects: first their numbers and where they begin, then they."""
    index, at = [], 0
    for number, body in numbered:
        index.append(f"{number} {at}")
        at += len(body) + 1
    head = " ".join(index) + "\n"
    content = head + "\n".join(body for _, body in numbered)
    entries = f"/Type /ObjStm /N {len(numbered)} /First {len(head)} "
    return stream(content.encode("ascii"), entries)


def _ending(rows: list[tuple[int, int, int]], start: int, root: int, info: int, identifier: str) -> bytes:
    """The cross-reference table, which is an object itself, and where it begins."""
    number = len(rows)
    table = b"".join(_ROW.pack(*row) for row in [*rows, (_ALONE, start, 0)])
    entries = (
        f"/Type /XRef /Size {number + 1} /W [1 4 2] /Root {root} 0 R /Info {info} 0 R "
        f"/ID [<{identifier}> <{identifier}>] "
    )
    body = stream(table, entries)
    return b"%d 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (number, body, start)
