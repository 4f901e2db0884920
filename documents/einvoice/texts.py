"""Texts as XML can hold them."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN = re.compile("[ !#-%'-;=?-~\xa0-\ud7ff]*")  # nothing of it is special, and XML can hold it
_SPECIAL = re.compile('[&<>"\t\n\r]')
_REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_IN_ATTRIBUTES = _REFERENCES | {'"': "&quot;", "\t": "&#9;", "\n": "&#10;"}


def xml_text(text: str) -> str:
    """The text without the few characters that XML 1.0 cannot hold, such as U+FFFF."""
    return text if text.isascii() and text.isprintable() else _NOT_XML.sub("", text)


def escaped(text: str, references: Mapping[str, str] = _REFERENCES) -> str:
    """The text as it stands in an element."""
    if _PLAIN.fullmatch(text):  # as most are
        return text
    return _SPECIAL.sub(lambda found: references.get(found[0], found[0]), xml_text(text))


def escaped_in_attribute(text: str) -> str:
    return escaped(text, _IN_ATTRIBUTES)


def without_subject(note: str) -> str:
    """The note, without what UBL takes for the code of its subject: three characters between its first two #.

    “Orders #12 #13” has none, and would break BR-CL-08.
    """
    parts = note.split("#", 2)
    is_taken_for_code = len(parts) == 3 and len(parts[1]) == 3
    return note.replace("#", "# ", 1) if is_taken_for_code else note
