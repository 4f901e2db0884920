"""Elements of XML, as both syntaxes write them."""

from __future__ import annotations

from lxml import etree
from lxml.etree import _Element as Element

from documents.einvoice.texts import xml_text


def put(namespace: str, parent: Element, name: str, text: str | None, **attributes: str | None) -> None:
    """An element with a text, unless there is nothing to say."""
    if text:
        given = {key: value for key, value in attributes.items() if value is not None}
        etree.SubElement(parent, f"{{{namespace}}}{name}", given).text = xml_text(text)


def element(namespace: str, parent: Element, name: str) -> Element:
    """An element for others to stand in."""
    return etree.SubElement(parent, f"{{{namespace}}}{name}")
