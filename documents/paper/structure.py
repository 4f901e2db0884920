"""The tags of the page: what is a heading, a paragraph, a table, a cell (ISO 32000-1, 14.7 and 14.8).

They are what a screen reader reads, and in this order. All that has no tag is an artifact: decoration, and
what is repeated on each page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from documents.paper.objects import Objects, text

COLUMN_HEADER = "/A<</O/Table/Scope/Column>>"
ROW_HEADER = "/A<</O/Table/Scope/Row>>"
_CELLS = frozenset({"TD", "TH"})  # they stay where they are empty, so that rows are equally long


class Element:
    """An element of the tree: other elements are in it, or text that is marked as its own.

    A long invoice has many thousand: they have no lists where there is nothing to list.
    """

    __slots__ = ("attributes", "box", "children", "further", "is_begun", "kind", "mark", "number", "page")

    def __init__(self, kind: str, attributes: str = "", children: list[Element] | None = None) -> None:
        self.kind = kind
        self.attributes = attributes
        self.children = children
        self.is_begun = False  # whether text was written for it
        self.number = 0
        self.page: int | None = None  # of its text, if it came to one
        self.mark = 0  # the number that its text has there
        self.box: tuple[float, float, float, float] | None = None  # of a picture: left, low, right, high
        self.further: list[tuple[int, int]] | None = None  # pages and marks of further text

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
        if self.page is None:
            self.page, self.mark = page, mark
        elif self.further is None:
            self.further = [(page, mark)]
        else:
            self.further.append((page, mark))

    def has_text(self) -> bool:
        """Whether any of its text came to a page."""
        if self.children is None:
            return self.page is not None
        return any(child.has_text() for child in self.children)


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
        for mark, element in enumerate(on_page):
            element.put_at(page, mark)
    root = objects.reserve()
    top = _add(objects, document, root, [f"/Pg {number} 0 R" for number in pages])
    arrays = [f"[{_references(on_page)}]" for on_page in marked]
    numbers = " ".join([f"{page} {objects.add(array)} 0 R" for page, array in enumerate(arrays)])
    objects.put(
        root,
        f"<</Type/StructTreeRoot/K {top} 0 R/ParentTree<</Nums[{numbers}]>>/ParentTreeNextKey {len(pages)}>>",
    )
    return root


def _add(objects: Objects, element: Element, parent: int, pages: Sequence[str]) -> int:
    """The number of the element, which is added with those in it; those that nothing came of are left out."""
    head = f"<</S/{element.kind}/P {parent} 0 R{element.attributes}"
    if element.children is None:
        element.number = number = objects.add(f"{head}{_places(element, pages)}>>")
        return number
    element.number = number = objects.reserve()
    kept = [child for child in element.children if child.kind in _CELLS or child.has_text()]
    if all(child.children is None for child in kept):
        _add_leaves(objects, kept, number, pages)
    else:
        for child in kept:
            _add(objects, child, number, pages)
    objects.put(number, f"{head}/K[{_references(kept)}]>>")
    return number


def _add_leaves(objects: Objects, leaves: Sequence[Element], parent: int, pages: Sequence[str]) -> None:
    """Elements in which there are no others, such as a row's cells, at once: most elements are such."""
    for number, leaf in enumerate(leaves, start=objects.count + 1):
        leaf.number = number
    objects.extend(
        [f"<</S/{leaf.kind}/P {parent} 0 R{leaf.attributes}{_places(leaf, pages)}>>" for leaf in leaves]
    )


def _references(elements: Iterable[Element]) -> str:
    return " ".join([f"{element.number} 0 R" for element in elements])


def _places(element: Element, pages: Sequence[str]) -> str:
    if element.page is None:
        return ""
    if element.further is None:
        return f"{pages[element.page]}/K {element.mark}"
    places = [(element.page, element.mark), *element.further]
    return "/K[" + " ".join([f"<</Type/MCR{pages[page]}/MCID {mark}>>" for page, mark in places]) + "]"
