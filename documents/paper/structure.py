"""The tags of the page: what is a heading, a paragraph, a table, a cell (ISO 32000-1, 14.7 and 14.8).

They are what a screen reader reads, and in this order. All that has no tag is an artifact: decoration, and
what is repeated on each page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from documents.paper.objects import Objects, text

COLUMN_HEADER = "/A<</O/Table/Scope/Column>>"
ROW_HEADER = "/A<</O/Table/Scope/Row>>"
_CELLS = frozenset({"TD", "TH"})  # they stay where they are empty, so that rows are equally long


class Element:
    """An element of the tree: other elements are in it, or text that is marked as its own.

    `marks` are the places of its text: the page, and the number that the text has there.
    """

    __slots__ = ("attributes", "children", "is_begun", "kind", "marks", "number")

    def __init__(self, kind: str, attributes: str = "") -> None:
        self.kind = kind
        self.attributes = attributes
        self.children: list[Element] = []
        self.marks: list[tuple[int, int]] = []
        self.number = 0
        self.is_begun = False

    def add(self, kind: str, attributes: str = "") -> Element:
        """A new element at the end of this one."""
        element = Element(kind, attributes)
        self.children.append(element)
        return element

    def has_text(self) -> bool:
        """Whether any of its text came to a page."""
        return bool(self.marks) or any(child.has_text() for child in self.children)


def row_header_across(columns: int) -> str:
    return f"/A<</O/Table/Scope/Row/ColSpan {columns}>>"


def alternative(description: str) -> str:
    """What is said in place of a picture."""
    return f"/Alt {text(description)}"


def add_structure(
    objects: Objects, document: Element, pages: Sequence[int], marked: Sequence[Sequence[Element]]
) -> int:
    """The number of the tree's root. `pages` has each page's number, `marked` its elements, mark by mark."""
    root = objects.reserve()
    for page, on_page in enumerate(marked):
        for mark, element in enumerate(on_page):
            element.marks.append((page, mark))
    elements = [*_with_text(document)]
    for number, element in enumerate(elements, start=objects.count + 1):
        element.number = number
    parents = _parents(elements, root)
    for element, parent in zip(elements, parents, strict=True):
        objects.add(_body(element, parent, pages))
    arrays = [" ".join([f"{element.number} 0 R" for element in on_page]) for on_page in marked]
    numbers = " ".join(f"{page} {objects.add(f'[{array}]')} 0 R" for page, array in enumerate(arrays))
    objects.put(
        root,
        f"<</Type/StructTreeRoot/K {document.number} 0 R"
        f"/ParentTree<</Nums[{numbers}]>>/ParentTreeNextKey {len(pages)}>>",
    )
    return root


def _with_text(element: Element) -> Iterator[Element]:
    """The element and those in it, in the order of reading, without those of which nothing was printed."""
    yield element
    for child in element.children:
        if child.kind in _CELLS or child.has_text():
            yield from _with_text(child)


def _parents(elements: Sequence[Element], root: int) -> list[int]:
    numbers = {id(child): element.number for element in elements for child in element.children}
    return [numbers.get(id(element), root) for element in elements]


def _body(element: Element, parent: int, pages: Sequence[int]) -> str:
    head = f"<</S/{element.kind}/P {parent} 0 R{element.attributes}"
    if element.children:
        kids = " ".join([f"{child.number} 0 R" for child in element.children if child.number])
        return f"{head}/K[{kids}]>>"
    if not element.marks:
        return f"{head}>>"
    page, mark = element.marks[0]
    if len(element.marks) == 1:
        return f"{head}/Pg {pages[page]} 0 R/K {mark}>>"
    places = " ".join(f"<</Type/MCR/Pg {pages[page]} 0 R/MCID {mark}>>" for page, mark in element.marks)
    return f"{head}/K[{places}]>>"
