"""Composing: text and ruled lines become pieces, strips of content whose place on a page is not yet known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import NamedTuple

from documents.paper.fonts import EmbeddedFont, Subset, font
from documents.paper.formats import Formats
from documents.paper.grid import HAIRLINE, HEADING, TITLE, Style
from documents.paper.labels import Labels
from documents.paper.scripts.embedding import Embedding
from documents.paper.scripts.families import Face
from documents.paper.structure import Element, alternative
from documents.paper.text import Printable, clean, missing_characters, wrap

LOGO = "Logo"
"""The logo's name in page content."""


@cache
def mark_of(kind: str) -> str:
    """Where text of an element begins; %d is for the number that it gets on its page."""
    return f"/{kind}<</MCID %d>>BDC"


NEXT_CELL = f"\nEMC\n{mark_of('TD')}\n"


class Piece(NamedTuple):
    """A strip across the page, drawn from its own upper left corner; always on one page.

    Where it has marks, they are the elements that its text belongs to, and its content has %d in the place of
    the number that each will have on its page. No other % is in any content.
    """

    height: float
    content: str
    keep_with_next: bool = False
    running: tuple[Piece, ...] = ()  # headings to repeat above it when it is the first on a page
    sum_after: int | None = None  # of the table's rows so far, if it is one: it is carried forward
    gives: float = 0.0  # so much of an empty strip's height can be spared where that saves a page
    marks: tuple[Element, ...] = ()


@dataclass(slots=True)
class Compositor:
    """The labels and formats of one document; notes the subsets it uses and the characters they lack.

    `colours` are the seller's own, in the place of those of the grid. A copy says that it is one. `warnings`
    are sentences on what it cannot show besides these characters.
    """

    labels: Labels
    formats: Formats
    colours: Mapping[str, str] = field(default_factory=dict)
    is_copy: bool = False
    missing: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    document: Element = field(default_factory=lambda: Element("Document"))
    _settings: dict[Style, str] = field(default_factory=dict)
    _used: dict[str, Subset] = field(default_factory=dict)
    _embedded: dict[str, Embedding] = field(default_factory=dict)

    def clean(self, text: str) -> Printable:
        printable = clean(text)
        if printable is not text and printable != text:
            self.missing |= missing_characters(text)
        return printable

    def lines(self, text: str, style: Style, width: float) -> list[Printable]:
        """The text in lines of at most `width` points; its own line breaks are kept."""
        face = font(style.weight)
        wrapped: list[Printable] = []
        for paragraph in text.splitlines():
            wrapped += wrap(self.clean(paragraph), face, width / style.size)
        return wrapped

    def setting(self, style: Style) -> str:
        """What sets the first subset of the style's font, its size and colour."""
        if style not in self._settings:
            name = self.use(style.weight, 0)
            self._settings[style] = f"/{name} {style.size} Tf {self.colour(style.colour)} rg"
        return self._settings[style]

    def use(self, weight: str, number: int) -> str:
        """The name of a subset in page content; notes that the file must embed it."""
        subset = font(weight).subset(number)
        self._used[subset.name] = subset
        return subset.name

    def colour(self, colour: str) -> str:
        return self.colours.get(colour, colour)

    def embedding(self, face: Face) -> Embedding:
        """The part of a face for other scripts that the file must embed."""
        return self._embedded.setdefault(face.key, Embedding(face))

    def runs(self, space: str, text: Printable, style: Style) -> str:
        """What shows a text that is not all in the first subset; another font is set then."""
        face = font(style.weight)
        if face.has(text):
            return self._own_runs(space + text, style)
        shown = [self._own_runs(space, style)]
        for run in face.shaped(text).runs:
            if run.face is None:
                shown.append(self._own_runs(run.text, style))
            else:
                embedding = self.embedding(run.face)
                shown.append(f"/{embedding.name} {style.size} Tf {embedding.shown(run, style.size)}")
        return " ".join(shown)

    def _own_runs(self, text: str, style: Style) -> str:
        shown = []
        for number, literal in font(style.weight).runs(text):
            name = self.use(style.weight, number)
            shown.append(f"/{name} {style.size} Tf ({literal}) Tj")
        return " ".join(shown)

    def used(self) -> list[EmbeddedFont]:
        fonts: dict[str, EmbeddedFont] = {**self._used, **self._embedded}
        return [fonts[name] for name in sorted(fonts)]


def kind_of(style: Style) -> str:
    """The element that a text of this style is, where nothing else is said."""
    return "H1" if style is TITLE else "H2" if style is HEADING else "P"


@lru_cache(maxsize=1024)  # most rows of a table are equally high
def _line(y: float, x0: float, x1: float, colour: str, thickness: float) -> str:
    return f"{colour} RG {thickness} w {x0:.2f} {-y:.2f} m {x1:.2f} {-y:.2f} l S"


class PieceBuilder:
    """Builds a piece. `x` is measured from the left margin, `y` down from the piece's top, both in points.

    Text belongs to the element that was begun last; before any was begun, to one of its own that is at the
    end of the document. Shapes belong to none, and neither does the text of an artifact.
    """

    def __init__(self, compositor: Compositor, *, is_artifact: bool = False) -> None:
        self._compositor = compositor
        self._is_artifact = is_artifact
        self._shapes: list[str] = []
        self._pictures: list[str] = []
        self._text: list[str] = []
        self._style: Style | None = None
        self._element: Element | None = None
        self._is_begun = False
        self._marks: list[Element] = []
        self._marked: Element | None = None

    def begin(self, element: Element) -> None:
        """The text that follows belongs to this element."""
        self._element = element
        self._is_begun = True

    def left(self, x: float, y: float, text: Printable, style: Style) -> None:
        face = font(style.weight)
        space = ""
        if not self._is_artifact and self._continues(style):  # words are told apart by a space (14.8.2.5)
            space, x = " ", x - face.space * style.size
        literal = face.first_literal(text)
        setting = self._setting(style)
        shown = f"({space}{literal}) Tj"
        if literal is None:
            shown = self._compositor.runs(space, text, style)
            self._style = None
        self._text.append(f"{setting}1 0 0 1 {x:.2f} {-y:.2f} Tm {shown}")

    def cells(self, cells: Sequence[str], style: Style) -> None:
        """The further cells of the row that was begun, as page content that leaves the style as it is."""
        self._text.append(f"{self.next_cell[1:]}{self._setting(style)}{self.next_cell.join(cells)}")

    @property
    def next_cell(self) -> str:
        """What stands between the cells of a row."""
        return "\n" if self._is_artifact else NEXT_CELL

    def right(self, x: float, y: float, text: Printable, style: Style) -> None:
        self.left(x - font(style.weight).width(text) * style.size, y, text, style)

    def rule(self, y: float, x0: float, x1: float, colour: str = HAIRLINE, thickness: float = 0.5) -> None:
        self._shapes.append(_line(y, x0, x1, self._compositor.colour(colour), thickness))

    def box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        colour = self._compositor.colour(colour)
        self._shapes.append(f"{colour} rg {x:.2f} {-y - height:.2f} {width:.2f} {height:.2f} re f")

    def shape(self, x: float, y: float, drawing: str) -> None:
        """A drawing whose origin is there, with y upwards."""
        self._shapes.append(f"q 1 0 0 1 {x:.2f} {-y:.2f} cm {drawing} Q")

    def logo(self, y: float, width: float, height: float, description: str) -> None:
        """The logo at the left margin, before any text."""
        self.figure(0, y, width, height, f"{width:.2f} 0 0 {height:.2f} 0 0 cm /{LOGO} Do", description)

    def figure(self, x: float, y: float, width: float, height: float, drawing: str, description: str) -> None:
        """A picture with what is said in its place; drawn from its lower left corner, before any text."""
        element = self._compositor.document.add("Figure", alternative(description))
        element.box = (x, -y - height, x + width, -y)
        self._marks.append(element)
        place = f"q 1 0 0 1 {x:.2f} {-y - height:.2f} cm {drawing} Q"
        self._pictures += [mark_of(element.kind), place, "EMC"]

    def piece(
        self,
        height: float,
        *,
        keep: bool = False,
        running: tuple[Piece, ...] = (),
        sum_after: int | None = None,
    ) -> Piece:
        shapes, text = self._shapes, self._text
        if shapes:
            shapes = ["/Artifact BMC", *shapes, "EMC"]
        if text:
            begin = ["/Artifact BMC"] if self._is_artifact else []
            text = ["BT", *begin, *text, "EMC", "ET"]
        content = "\n".join([*shapes, *self._pictures, *text])
        return Piece(height, content, keep, running, sum_after, marks=tuple(self._marks))

    def _setting(self, style: Style) -> str:
        """What sets the style, where another one is set."""
        if style is self._style:
            return ""
        self._style = style
        return f"{self._compositor.setting(style)}\n"

    def _continues(self, style: Style) -> bool:
        """Marks what follows as text of the element; whether it has some already."""
        element = self._element
        if element is not None and self._is_begun and element is self._marked:
            return True
        if element is None or not (self._is_begun or element.kind == kind_of(style)):
            self._element = element = self._compositor.document.add(kind_of(style))
        if element is not self._marked:
            if self._marked is not None:
                self._text.append("EMC")
            self._text.append(mark_of(element.marked_as))
            self._marks.append(element)
            self._marked = element
        continues, element.is_begun = element.is_begun, True
        return continues


def space(height: float, *, keep: bool = False, gives: float = 0.0) -> Piece:
    return Piece(height, "", keep, gives=gives)
