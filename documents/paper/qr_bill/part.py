"""The receipt and the payment part, drawn at the foot of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from documents.paper.account_numbers import in_fours, printed_reference
from documents.paper.compose import Compositor, Piece, PieceBuilder
from documents.paper.fonts import NO_BREAK_SPACE, font
from documents.paper.grid import A4, Style
from documents.paper.qr import drawing_of, modules_of
from documents.paper.qr_bill.bill import QrBill
from documents.paper.qr_bill.measures import (
    ACCEPTANCE,
    AMOUNTS,
    BELOW_TITLE,
    CODE,
    CODE_TOP,
    EDGE,
    HEIGHT,
    INFORMATION,
    INFORMATION_WIDTH,
    MM,
    PART,
    PART_BOX,
    PART_TYPE,
    PART_TYPES,
    RECEIPT_BOX,
    RECEIPT_TEXT,
    RECEIPT_TYPE,
    RECEIPT_WIDTH,
    TITLE,
    Type,
)
from documents.paper.qr_bill.shapes import corners, cross, cutting_lines
from documents.paper.qr_bill.words import Words, words_of
from documents.paper.structure import Element
from documents.paper.text import Printable, wrap

MOST_LINES = 3  # of one line of an address
_PICTURE = "Swiss QR Code"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A heading with what is below it: text, or a field of this size to be filled in by hand."""

    heading: str
    lines: Sequence[str] = ()
    box: tuple[float, float] | None = None


def payment_part(compositor: Compositor, bill: QrBill) -> list[Piece]:
    """Pieces on each other's place but for the last, so that the code is read after its title."""
    drawing = _Drawing(compositor, words_of(compositor.labels.language), bill)
    return [drawing.receipt(), drawing.code(), drawing.part()]


class _Drawing:
    def __init__(self, compositor: Compositor, words: Words, bill: QrBill) -> None:
        self._compositor = compositor
        self._words = words
        self._bill = bill
        is_other = words.language != compositor.labels.language
        self._language = f"/Lang({words.language})" if is_other else ""

    def receipt(self) -> Piece:
        """The receipt, the lines to cut along, and the title of the payment part."""
        words = self._words
        builder = PieceBuilder(self._compositor)
        builder.shape(-A4.left, 0, cutting_lines())
        self._text(builder, EDGE, EDGE, words.receipt, TITLE, "H2")
        self._information(
            builder,
            (EDGE, BELOW_TITLE, RECEIPT_TEXT, AMOUNTS - BELOW_TITLE),
            [(self._paragraphs(RECEIPT_BOX, has_street=each), RECEIPT_TYPE) for each in (True, False)],
        )
        self._amount(builder, EDGE, 12 * MM, RECEIPT_TYPE)
        style = RECEIPT_TYPE.heading
        left = RECEIPT_WIDTH - EDGE - font(style.weight).width(words.acceptance_point) * style.size
        self._text(builder, left, ACCEPTANCE, words.acceptance_point, style, "P")
        self._text(builder, PART, EDGE, words.payment_part, TITLE, "H2")
        return builder.piece(0)

    def code(self) -> Piece:
        builder = PieceBuilder(self._compositor)
        picture = f"q {drawing_of(modules_of(self._bill.code), CODE)} Q {cross()}"
        builder.figure(PART - A4.left, CODE_TOP, CODE, CODE, picture, _PICTURE)
        return builder.piece(0)

    def part(self) -> Piece:
        builder = PieceBuilder(self._compositor)
        self._amount(builder, PART, 15 * MM, PART_TYPE)
        paragraphs = self._paragraphs(PART_BOX, is_part=True)
        self._information(
            builder,
            (INFORMATION, EDGE, INFORMATION_WIDTH, 85 * MM),
            [(paragraphs, each) for each in PART_TYPES],
        )
        return builder.piece(HEIGHT)

    def _paragraphs(
        self, box: tuple[float, float], *, has_street: bool = True, is_part: bool = False
    ) -> list[Paragraph]:
        bill, words = self._bill, self._words
        creditor = bill.creditor.lines(has_street=has_street)
        found = [
            Paragraph(words.account, [in_fours(bill.account), *creditor]),
            Paragraph(words.reference, [printed_reference(bill.reference)]),
        ]
        if is_part and bill.message:
            found.append(Paragraph(words.additional, [bill.message]))
        if bill.debtor is None:
            return [*found, Paragraph(words.payable_by_whom, box=box)]
        return [*found, Paragraph(words.payable_by, bill.debtor.lines(has_street=has_street))]

    def _information(
        self,
        builder: PieceBuilder,
        place: tuple[float, float, float, float],
        choices: Sequence[tuple[Sequence[Paragraph], Type]],
    ) -> None:
        """The first choice that fits into its place (left, top, width, height), or else the last."""
        left, y, width, height = place
        for paragraphs, type in choices:
            if _height(paragraphs, type, width) <= height:
                break
        for paragraph in paragraphs:
            element = self._element("P")
            self._text(builder, left, y, paragraph.heading, type.heading, element)
            y += type.leading
            for line in _wrapped(paragraph, type, width):
                self._text(builder, left, y, line, type.value, element)
                y += type.leading
            if paragraph.box is not None:
                builder.shape(left - A4.left, y + 2, corners(*paragraph.box))
            y += type.leading

    def _amount(self, builder: PieceBuilder, left: float, to_amount: float, type: Type) -> None:
        bill, words = self._bill, self._words
        amount = _in_thousands(bill.amount)
        for x, heading, value in (
            (left, words.currency, bill.currency),
            (left + to_amount, words.amount, amount),
        ):
            element = self._element("P")
            self._text(builder, x, AMOUNTS, heading, type.heading, element)
            self._text(builder, x, AMOUNTS + type.leading, value, type.value, element)

    def _element(self, kind: str) -> Element:
        return self._compositor.document.add(kind, self._language)

    def _text(
        self, builder: PieceBuilder, x: float, y: float, text: str, style: Style, element: Element | str
    ) -> None:
        """Text whose upper left corner is there, from the edge of the sheet and from that of the part."""
        builder.begin(self._element(element) if isinstance(element, str) else element)
        builder.left(x - A4.left, y + style.size, Printable(text), style)


def _height(paragraphs: Sequence[Paragraph], type: Type, width: float) -> float:
    lines = sum(1 + len(_wrapped(each, type, width)) for each in paragraphs) + len(paragraphs) - 1
    return lines * type.leading + sum(each.box[1] for each in paragraphs if each.box is not None)


def _wrapped(paragraph: Paragraph, type: Type, width: float) -> list[str]:
    face = font(type.value.weight)
    found: list[str] = []
    for text in paragraph.lines:
        lines = wrap(Printable(text), face, width / type.value.size)
        found += lines[:MOST_LINES]
    return found


def _in_thousands(amount: str) -> str:
    whole, _, cents = amount.partition(".")
    return f"{int(whole):,}".replace(",", NO_BREAK_SPACE) + f".{cents}"
