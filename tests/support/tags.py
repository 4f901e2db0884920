"""Reads a PDF as a screen reader does: by its tags, and in their order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf

from tests.support.pdfa import opened

Place = tuple[int, int]
"""A page and the number of marked content on it."""


@dataclass(slots=True)
class Tag:
    """An element of the tree: its text or what stands for it, the places of it, and the elements in it."""

    kind: str
    text: str
    scope: str | None
    columns: int
    places: list[Place]
    alternative: str | None
    children: list[Tag] = field(default_factory=list)

    def all(self, *kinds: str) -> list[Tag]:
        """It and all that is in it, in the order of reading; of these kinds only, if there are any."""
        found = [self] if not kinds or self.kind in kinds else []
        return found + [each for child in self.children for each in child.all(*kinds)]

    def rows(self) -> list[list[str]]:
        return [[cell.text for cell in row.children] for row in self.all("TR")]


@dataclass(slots=True)
class Read:
    """What is on the pages: the text of each mark in the order of the content, and what has no tag."""

    marks: dict[Place, str] = field(default_factory=dict)
    artifacts: list[str] = field(default_factory=list)
    untagged: list[str] = field(default_factory=list)


def read(pdf: bytes) -> tuple[Tag, Read]:
    """The document's element, and the content."""
    file = opened(pdf)
    found = Read()
    for number, page in enumerate(file.pages):
        _read_page(page, number, found)
    numbers = {page.obj.objgen: number for number, page in enumerate(file.pages)}
    root: Any = file.Root.StructTreeRoot
    document = _tag(root.K, numbers, found)
    _check_parents(root, document, numbers)
    return document, found


_SHOWS = frozenset({"Tj", "TJ"})
_PAINTS = frozenset({"S", "f", "Do", "B"})


def _read_page(page: Any, number: int, found: Read) -> None:
    fonts = {name: characters_of(font) for name, font in page.Resources.Font.items()}
    opened_at: list[Place | None] = []
    characters: dict[int, str] = {}
    kind = ""
    for instruction in pikepdf.parse_content_stream(page):
        operands: Any = instruction.operands
        name = str(instruction.operator)
        if name == "Tf":
            characters = fonts[str(operands[0])]
        elif name in ("BDC", "BMC"):
            kind = str(operands[0])
            mark = (number, int(operands[1].MCID)) if len(operands) > 1 and "/MCID" in operands[1] else None
            assert (mark is None) == (kind == "/Artifact")
            assert not opened_at, "marked content is not nested"
            opened_at.append(mark)
            if mark is not None:
                assert mark not in found.marks
                found.marks[mark] = ""
        elif name == "EMC":
            opened_at.pop()
        elif name in _SHOWS | _PAINTS:
            text = _text(operands, characters) if name in _SHOWS else ""
            if not opened_at:
                found.untagged.append(text or name)
            elif (mark := opened_at[-1]) is None:
                found.artifacts.append(text)
            else:
                assert name in _SHOWS or kind == "/Figure"
                found.marks[mark] += text
    assert not opened_at


def _text(operands: Any, characters: dict[int, str]) -> str:
    return "".join(characters[code] for code in bytes(operands[0]))


def characters_of(font: Any) -> dict[int, str]:
    """What a font's codes stand for."""
    rows = re.findall(rb"^<(\w\w)> <(\w{4})>$", font.ToUnicode.read_bytes(), re.MULTILINE)
    return {int(code, 16): chr(int(char, 16)) for code, char in rows}


def _tag(element: Any, numbers: dict[tuple[int, int], int], found: Read) -> Tag:
    kids = element.get("/K", [])
    kids = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
    places = [*_places(element, kids, numbers)]
    attributes = element.get("/A", pikepdf.Dictionary())
    tag = Tag(
        str(element.S)[1:],
        "".join(found.marks[place] for place in places),
        str(attributes.Scope)[1:] if "/Scope" in attributes else None,
        int(attributes.get("/ColSpan", 1)),
        places,
        str(element.Alt) if "/Alt" in element else None,
    )
    for kid in kids:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            assert kid.P.objgen == element.objgen
            tag.children.append(_tag(kid, numbers, found))
    return tag


def _places(element: Any, kids: list[Any], numbers: dict[tuple[int, int], int]) -> Iterator[Place]:
    for kid in kids:
        if isinstance(kid, int):
            yield numbers[element.Pg.objgen], kid
        elif "/MCID" in kid:
            yield numbers[kid.Pg.objgen], int(kid.MCID)


def _check_parents(root: Any, document: Tag, numbers: dict[tuple[int, int], int]) -> None:
    """The tree's second way, from a mark to its element, leads to the same elements."""
    listed = list(root.ParentTree.Nums)
    parents = {
        (page, mark): str(element.S)[1:]
        for page, elements in zip(listed[::2], listed[1::2], strict=True)
        for mark, element in enumerate(elements)
    }
    assert parents == {place: tag.kind for tag in document.all() for place in tag.places}
    assert len(listed) == 2 * len(numbers)
