"""The tags of the page: what is a heading, a paragraph, a table, a cell (ISO 32000-1, 14.7 and 14.8).

They are what a screen reader reads, and in this order. All that has no tag is an artifact: decoration, and
what is repeated on each page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress, count

from documents.paper.objects import Objects, text

COLUMN_HEADER = "/A<</O/Table/Scope/Column>>"
ROW_HEADER = "/A<</O/Table/Scope/Row>>"
_CELLS = frozenset({"TD", "TH"})  # they stay where they are empty, so that rows are equally long

Place = tuple[int, int]
"""A page and the number of a mark on it."""


class Element:
    """An element of the tree: other elements are in it, or text that is marked as its own."""

    marks = 1
    """How many it has for text that was written at once."""
    children: list[Element] | None = None
    is_begun = False  # whether text was written for it
    number = 0
    box: tuple[float, float, float, float] | None = None  # of a picture: left, low, right, high
    _page: int | None = None  # of its text, if it came to one
    _mark = 0  # the number that its text has there
    _further: tuple[Place, ...] = ()

    def __init__(self, kind: str, attributes: str = "") -> None:
        self.kind = kind
        self.attributes = attributes

    @property
    def marked_as(self) -> str:
        """What its text is marked as."""
        return self.kind

    def add(self, kind: str, attributes: str = "") -> Element:
        """A new element at the end of this one."""
        element = Element(kind, attributes)
        self.append(element)
        return element

    def append(self, element: Element) -> None:
        if self.children is None:
            self.children = [element]
        else:
            self.children.append(element)

    def put_at(self, page: int, mark: int) -> None:
        """Says where text of it is."""
        if self._page is None:
            self._page, self._mark = page, mark
        else:
            self._further = (*self._further, (page, mark))

    def has_text(self) -> bool:
        """Whether any of its text came to a page."""
        if self.children is None:
            return self._page is not None
        return any(child.has_text() for child in self.children)

    def add_to(self, objects: Objects, parent: int, pages: Sequence[str]) -> None:
        """Adds it with those in it. `pages` has the entry that names each page."""
        head = f"<</S/{self.kind}/P {parent} 0 R{self.attributes}"
        if self.children is None:
            self.number = objects.add(f"{head}{self._places(pages)}>>")
            return
        self.number = objects.reserve()
        kept = [child for child in self.children if child.kind in _CELLS or child.has_text()]
        for child in kept:
            child.add_to(objects, self.number, pages)
        kids = " ".join([f"{child.number} 0 R" for child in kept])
        objects.put(self.number, f"{head}/K[{kids}]>>")

    def references(self) -> str:
        """The elements that its marks belong to, once it is added."""
        return f"{self.number} 0 R"

    def _places(self, pages: Sequence[str]) -> str:
        if self._page is None:
            return ""
        if not self._further:
            return f"{pages[self._page]}/K {self._mark}"
        places = [(self._page, self._mark), *self._further]
        return "/K[" + " ".join([f"<</Type/MCR{pages[page]}/MCID {mark}>>" for page, mark in places]) + "]"


class TableRow(Element):
    """A row of cells that each have one mark, next to each other; the empty ones have none.

    Most elements of a long invoice are such cells: they are no objects of their own here.
    """

    kind = "TR"
    attributes = ""
    _references = ""

    def __init__(self, filled: Sequence[bool]) -> None:
        self._filled = filled
        self.marks = sum(filled)

    @property
    def marked_as(self) -> str:
        return "TD"

    @property
    def first(self) -> int:
        """The number of its first cell."""
        return self.number + 1

    def add_to(self, objects: Objects, parent: int, pages: Sequence[str]) -> None:
        self.number = number = objects.count + 1
        references = [f"{each} 0 R" for each in range(number + 1, number + 1 + len(self._filled))]
        kids = self._references = " ".join(references)
        cell = f"<</S/TD/P {number} 0 R"
        filled = f"{cell}{pages[self._page or 0]}/K "
        if self.marks == len(references):
            cells = [f"{filled}{mark}>>" for mark in range(self._mark, self._mark + self.marks)]
        else:
            marks = count(self._mark)
            cells = [f"{filled}{next(marks)}>>" if each else f"{cell}>>" for each in self._filled]
            self._references = " ".join(compress(references, self._filled))
        if self._further:
            cells[0] = f"{cell}{self._places(pages)}>>"
        objects.extend([f"<</S/TR/P {parent} 0 R/K[{kids}]>>", *cells])

    def references(self) -> str:
        return self._references


class Continued(Element):
    """Further text of a row's first cell."""

    def __init__(self, row: TableRow) -> None:
        super().__init__("TD")
        self._row = row
        self.is_begun = True

    def put_at(self, page: int, mark: int) -> None:
        self._row.put_at(page, mark)

    def references(self) -> str:
        return f"{self._row.first} 0 R"


def row_header_across(columns: int) -> str:
    return f"/A<</O/Table/Scope/Row/ColSpan {columns}>>"


def alternative(description: str) -> str:
    """What is said in place of a picture."""
    return f"/Alt {text(description)}"


def set_bounds(figures: Iterable[tuple[Element, float, float]]) -> None:
    """Says where on their pages pictures are (ISO 32000-1, 14.8.5.4.3), each by its box and a point."""
    for element, left, top in figures:
        if element.box is not None:
            x0, y0, x1, y1 = element.box
            box = f"{left + x0:.2f} {top + y0:.2f} {left + x1:.2f} {top + y1:.2f}"
            element.attributes += f"/A<</O/Layout/Placement/Block/BBox[{box}]>>"


def add_structure(
    objects: Objects, document: Element, pages: Sequence[int], marked: Sequence[Sequence[Element]]
) -> int:
    """The number of the tree's root. `pages` has each page's number, `marked` its elements, mark by mark."""
    for page, on_page in enumerate(marked):
        mark = 0
        for element in on_page:
            element.put_at(page, mark)
            mark += element.marks
    root = objects.reserve()
    document.add_to(objects, root, [f"/Pg {number} 0 R" for number in pages])
    arrays = [f"[{' '.join([element.references() for element in on_page])}]" for on_page in marked]
    numbers = " ".join([f"{page} {objects.add(array)} 0 R" for page, array in enumerate(arrays)])
    objects.put(
        root,
        f"<</Type/StructTreeRoot/K {document.number} 0 R/ParentTree<</Nums[{numbers}]>>"
        f"/ParentTreeNextKey {len(pages)}>>",
    )
    return root
