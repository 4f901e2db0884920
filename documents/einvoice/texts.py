"""Texts as XML can hold them."""

from __future__ import annotations

import re

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """The text without the few characters that XML 1.0 cannot hold, such as U+FFFF."""
    return text if text.isascii() and text.isprintable() else _NOT_XML.sub("", text)
