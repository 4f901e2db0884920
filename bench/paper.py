"""Row 4: a PDF in CPU milliseconds: what its XML and its tags cost, and against other ways to make one.

The others are a bare ReportLab canvas, WeasyPrint and fpdf2; they write neither tags nor XML.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from unittest.mock import patch

import documents.pdf
from bench import pdf
from bench.results import Result, Run
from documents.einvoice.file import xml_of
from documents.einvoice.formats import EInvoiceFormat
from documents.paper import row_pieces
from documents.paper.compose import PieceBuilder
from documents.paper.structure import TableRow
from documents.pdf import render
from invoicing.snapshot import Snapshot
from tools.sample_invoice import sample

_LINES = (5, 50, 1_000)  # against the others
_MOST = {5: 5.0, 1_000: 60.0}  # milliseconds for a PDF with everything
_MOST_XML = 1.0  # of five lines


def results(run: Run) -> Iterator[Result]:
    pdf.prepare()
    for count in _MOST:
        yield from _parts(count)
    for count in _LINES[:2] if run.quick else _LINES:
        times = pdf.median(pdf.contenders(count))
        ours = times.pop("this")
        for name, time in times.items():
            what = f"PDF of {count} lines, limit: {name}"
            yield Result(what, f"{ours:.2f} ms", f"{time:.2f} ms", f"{time / ours:.2f}")


def _parts(count: int) -> Iterator[Result]:
    """The PDF with less and with everything, and the XML alone."""
    invoice = sample(count)
    times = pdf.median(
        {
            "plain": lambda: _plain(invoice),
            "with XML": lambda: _untagged(invoice),
            "with XML and tags": lambda: render(invoice),
            "CII alone": lambda: xml_of(invoice, EInvoiceFormat.FACTUR_X),
            "UBL alone": lambda: xml_of(invoice, EInvoiceFormat.PEPPOL_UBL),
        }
    )
    for name, time in times.items():
        most = _MOST[count] if "tags" in name else _MOST_XML if "alone" in name and count == 5 else None
        yield Result(
            f"PDF of {count} lines, {name}",
            f"{time:.2f} ms",
            to_reach="" if most is None else f"≤ {most:g} ms",
            reached=None if most is None else time <= most,
        )


class _Untagged(TableRow):
    """A row that is not told of."""

    def __init__(self, _: Sequence[bool]) -> None:
        super().__init__(())

    def put_at(self, page: int, mark: int) -> None:
        """Has no text, and so it is left out."""


def _untagged(invoice: Snapshot) -> bytes:
    """The paper with all of its text as artifacts."""
    artifacts = patch.dict(PieceBuilder.__init__.__kwdefaults__, is_artifact=True)
    with artifacts, patch.object(row_pieces, "TableRow", _Untagged):
        return render(invoice)


def _plain(invoice: Snapshot) -> bytes:
    with patch.object(documents.pdf, "xml_without_problems", return_value=None):
        return _untagged(invoice)
