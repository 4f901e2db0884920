"""Elements of XML, as both syntaxes write them.

They are written as text: a library's elements take four times as long, and a long invoice has 20,000.
"""

from __future__ import annotations

from collections.abc import Mapping

from documents.einvoice.texts import escaped, escaped_in_attribute


class Element:
    """An element in which others stand."""

    __slots__ = ("_attributes", "_name", "_parts")

    def __init__(self, name: str, attributes: Mapping[str, str] | None = None) -> None:
        self._name = name
        self._attributes = _attributes(attributes) if attributes else ""
        self._parts: list[str | Element] = []

    def add(self, part: str | Element) -> None:
        self._parts.append(part)

    def xml(self) -> str:
        inner = self.inner()
        if not inner:
            return f"<{self._name}{self._attributes}/>"
        return f"<{self._name}{self._attributes}>{inner}</{self._name}>"

    def inner(self) -> str:
        """What stands in it."""
        return "".join([part if isinstance(part, str) else part.xml() for part in self._parts])


def document(root: Element) -> bytes:
    """The file."""
    return f"<?xml version='1.0' encoding='UTF-8'?>\n{root.xml()}".encode()


def put(prefix: str, parent: Element, name: str, text: str | None, **attributes: str | None) -> None:
    """An element with a text, unless there is nothing to say."""
    if text:
        given = _attributes(attributes) if attributes else ""
        parent.add(f"<{prefix}:{name}{given}>{escaped(text)}</{prefix}:{name}>")


def element(prefix: str, parent: Element, name: str) -> Element:
    """An element for others to stand in."""
    new = Element(f"{prefix}:{name}")
    parent.add(new)
    return new


def _attributes(given: Mapping[str, str | None]) -> str:
    said = [(key, value) for key, value in given.items() if value is not None]
    return "".join([f' {key}="{escaped_in_attribute(value)}"' for key, value in said])
