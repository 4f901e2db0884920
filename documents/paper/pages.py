"""The paper's pages: its parts in their order, with the rows as near to each other as saves a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from documents.paper.branding import sheet_of
from documents.paper.closing import closing
from documents.paper.compose import Compositor, Piece
from documents.paper.footer import footers, seller_foot
from documents.paper.grid import TOP, Sheet
from documents.paper.letterhead import letterhead
from documents.paper.paginate import Page, paginate
from documents.paper.qr_bill.bill import NoQrBill, QrBill, qr_bill_of
from documents.paper.qr_bill.part import payment_part
from documents.paper.rows import PADDING, TIGHT
from documents.paper.running_head import running_head
from documents.paper.table import Table
from invoicing.snapshot import Snapshot

MOST_TIGHTENED = 4  # pages; in a longer document one page less is worth nothing


def pages_of(compositor: Compositor, invoice: Snapshot) -> list[Page]:
    """The pages with their running heads and footers."""
    own_foot = seller_foot(compositor, invoice)
    sheet = replace(sheet_of(invoice), foot=own_foot.height)
    head, table = letterhead(compositor, invoice), Table(compositor, invoice)
    bill = _qr_bill(compositor, invoice)
    end = closing(compositor, invoice, has_part=bill is not None)
    parts = Parts(sheet, head, table, end, [] if bill is None else payment_part(compositor, bill))
    pages = parts.pages(is_tight=parts.is_page_saved())
    last = replace(sheet, part=parts.part_height)
    sheets = [*[sheet] * (len(pages) - 1), last]
    for page, foot in zip(pages, footers(compositor, invoice, own_foot, sheets), strict=True):
        page.content.append(foot)
    top = running_head(compositor, invoice, sheet) if len(pages) > 1 else ""
    for page in pages[1:]:
        page.content.insert(0, top)
    return pages


def _qr_bill(compositor: Compositor, invoice: Snapshot) -> QrBill | None:
    """The Swiss QR-bill, if there is to be one; why there is none otherwise is a warning."""
    reference = invoice.payment_reference
    if reference is None or invoice.left_to_pay <= 0:
        return None
    message = f"{compositor.labels.title(invoice.type)} {invoice.number}"
    warnings: list[str] = []
    try:
        bill = qr_bill_of(invoice, reference, message, warnings.append)
    except NoQrBill as reason:
        compositor.warnings.append(f"The Swiss payment part is left out: {reason}")
        return None
    compositor.warnings += warnings
    return bill


class Parts(NamedTuple):
    """What the pages show, not placed yet."""

    sheet: Sheet
    head: Sequence[Piece]
    table: Table
    end: Sequence[Piece]
    part: Sequence[Piece] = ()

    @property
    def part_height(self) -> float:
        return sum(piece.height for piece in self.part)

    def pages(self, *, is_tight: bool) -> list[Page]:
        pieces = self._pieces(is_tight=is_tight, is_drawn=True)
        return paginate(pieces, self.sheet, self.table.carried, self.part)

    def is_page_saved(self) -> bool:
        """Whether there is a page less where rows are lower and strips of white narrower."""
        room = self.sheet.bottom - TOP
        if self.table.least_height > MOST_TIGHTENED * room:
            return False
        pieces = self._pieces(is_tight=False, is_drawn=False)
        height = self.part_height + sum(piece.height for piece in pieces)
        if height <= room or height > MOST_TIGHTENED * room:
            return False
        return self._count(is_tight=True) < self._count(is_tight=False)

    def _count(self, *, is_tight: bool) -> int:
        pieces = self._pieces(is_tight=is_tight, is_drawn=False)
        return len(paginate(pieces, self.sheet, self.table.carried_undrawn, self.part))

    def _pieces(self, *, is_tight: bool, is_drawn: bool) -> list[Piece]:
        rows = self.table.pieces(TIGHT if is_tight else PADDING, is_drawn=is_drawn)
        pieces = [*self.head, *rows, *self.end]
        return [narrower(piece) for piece in pieces] if is_tight else pieces


def narrower(piece: Piece) -> Piece:
    return piece._replace(height=piece.height - piece.gives, gives=0.0) if piece.gives else piece
