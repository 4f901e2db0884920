"""How long an invoice's PDF takes: `python -m bench.pdf`.

It is compared with a bare loop on a ReportLab canvas (drawString of the same strings, without layout and
formatting), and with WeasyPrint and fpdf2 if they are installed. All write the same strings with the same
fonts embedded. Times are CPU milliseconds a document, the median of three rounds in which they alternate; one
document alone, where it takes more than two seconds.
"""

from __future__ import annotations

import gc
import io
import statistics
import time
from collections.abc import Callable, Iterator
from html import escape
from importlib import import_module
from importlib.util import find_spec
from itertools import groupby
from typing import Any, NamedTuple

from pypdf import PdfReader
from reportlab import rl_config  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfdoc, pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]
from rich.console import Console
from rich.table import Table

from documents.paper.fonts import FIRST_CODE, FIRST_SUBSET, FOLDER, Font, Subset, font
from documents.pdf import load_fonts, render
from tools.sample_invoice import sample

LINES = (5, 50, 500, 1000)
ROUNDS = 3
SECONDS = 0.5  # of a round for one contender; more only if its first document takes longer
SLOW = 2.0  # seconds for a document: what is so slow is measured once
FILES = {"R": FOLDER / "Inter-Regular.ttf", "B": FOLDER / "Inter-SemiBold.ttf"}

Draw = Callable[[], Any]


class Text(NamedTuple):
    """One string of a page, with its position and font."""

    x: float
    y: float
    weight: str
    size: float
    text: str


def strings(pdf: bytes) -> list[list[Text]]:
    """All strings of a PDF of ours, page by page. Only the first subset of each font can be read."""
    return [list(_texts(page.get_contents())) for page in PdfReader(io.BytesIO(pdf)).pages]


def _texts(content: Any) -> Iterator[Text]:
    left, top, x, y, weight, size = 0.0, 0.0, 0.0, 0.0, "", 0.0
    for operands, operator in content.operations:
        match operator:
            case b"cm":
                left, top = map(float, operands[4:])
            case b"Tm":
                x, y = map(float, operands[4:])
            case b"Tf":
                weight, size = operands[0][1], float(operands[1])
            case b"Tj":
                text = "".join(FIRST_SUBSET[code - FIRST_CODE] for code in operands[0].original_bytes)
                yield Text(left + x, top + y, weight, size, text)


class CachedFont(TTFont):  # type: ignore[misc]
    """ReportLab's own font, with its subset made once per process instead of once per document."""

    def __init__(self, ours: Font) -> None:
        super().__init__(ours.name, str(FILES[ours.name]))
        self._ours = ours
        self._codes = {ord(char): code for code, char in enumerate(FIRST_SUBSET, start=FIRST_CODE)}

    def splitString(self, text: str, doc: Any, encoding: str = "utf-8") -> Any:  # noqa: N802
        if doc not in self.state:
            self._assignState(doc, asciiReadable=1, namePrefix=self.fontName).assignments = self._codes
        return super().splitString(text, doc, encoding)

    def addObjects(self, doc: Any) -> None:  # noqa: N802
        _embed(doc, self._ours.subset(0), self.getSubsetInternalName(0, doc)[1:])
        del self.state[doc]


class _Object(pdfdoc.PDFObject):  # type: ignore[misc]
    """A PDF object as text, with %d in the place of the number of each object that it refers to."""

    __RefOnly__ = 1  # always written as an indirect object

    def __init__(self, body: str | bytes, *references: Any) -> None:
        self._body = body
        self._references = references

    def format(self, document: Any) -> bytes:
        if isinstance(self._body, bytes):
            return self._body + b"\n"
        numbers = tuple(int(each.format(document).split()[0]) for each in self._references)
        return (self._body % numbers).encode("ascii") + b"\n"


def _embed(document: Any, subset: Subset, name: str) -> None:
    program = document.Reference(_Object(subset.program))
    to_unicode = document.Reference(_Object(subset.to_unicode))
    descriptor = document.Reference(_Object(subset.descriptor, program))
    dictionary = document.Reference(_Object(subset.dictionary, descriptor, to_unicode))
    document.idToObject[pdfdoc.BasicFonts].dict[name] = dictionary


def canvas_loop(pages: list[list[Text]]) -> Draw:
    def draw() -> bytes:
        file = io.BytesIO()
        canvas = Canvas(file, pagesize=A4, pageCompression=1)
        for page in pages:
            for x, y, weight, size, text in page:
                canvas.setFont(weight, size)
                canvas.drawString(x, y, text)
            canvas.showPage()
        canvas.save()
        return file.getvalue()

    return draw


def weasyprint(pages: list[list[Text]]) -> Draw:
    web = import_module("weasyprint")
    faces = "".join(
        f"@font-face {{ font-family: {weight}; src: url({file.as_uri()}) }}" for weight, file in FILES.items()
    )
    fonts = import_module("weasyprint.text.fonts").FontConfiguration()
    css = web.CSS(string=faces + "@page { size: A4; margin: 20mm } td { font: 9px R }", font_config=fonts)
    rows = [list(row) for page in pages for _, row in groupby(page, key=lambda text: text.y)]
    cells = (
        "".join(f'<td style="font-family: {text.weight}">{escape(text.text)}' for text in row) for row in rows
    )
    html = "<table>" + "".join(f"<tr>{row}" for row in cells) + "</table>"
    return lambda: web.HTML(string=html).write_pdf(stylesheets=[css], font_config=fonts)


def fpdf2(pages: list[list[Text]]) -> Draw:
    new = import_module("fpdf").FPDF

    def draw() -> bytes:
        pdf = new(unit="pt", format="A4")
        for weight, file in FILES.items():
            pdf.add_font(weight, fname=file)
        for page in pages:
            pdf.add_page()
            for x, y, weight, size, text in page:
                pdf.set_font(weight, size=size)
                pdf.text(x, A4[1] - y, text)
        return bytes(pdf.output())

    return draw


def median(draws: dict[str, Draw]) -> dict[str, float]:
    """CPU milliseconds a document, by contender. Who needs many seconds for one makes one."""
    rounds: dict[str, list[float]] = {name: [] for name in draws}
    gc.collect()
    gc.freeze()  # what is there already is not looked at before each document
    for _ in range(ROUNDS):
        for name, draw in draws.items():
            if rounds[name] and rounds[name][0] > SLOW:
                continue
            times: list[float] = []
            while sum(times) < SECONDS:
                times.append(_seconds(draw))
            rounds[name].append(statistics.median(times))
    gc.unfreeze()
    return {name: statistics.median(times) * 1000 for name, times in rounds.items()}


def _seconds(draw: Draw) -> float:
    """CPU time, without a collection in the middle: the processes that make PDFs collect between them too."""
    gc.collect()
    gc.disable()
    start = time.process_time()
    draw()
    seconds = time.process_time() - start
    gc.enable()
    return seconds


def contenders(count: int) -> dict[str, Draw]:
    invoice = sample(count)
    pages = strings(render(invoice))
    draws: dict[str, Draw] = {"this": lambda: render(invoice), "canvas loop": canvas_loop(pages)}
    if find_spec("weasyprint"):
        draws["WeasyPrint"] = weasyprint(pages)
    if find_spec("fpdf"):
        draws["fpdf2"] = fpdf2(pages)
    return draws


def prepare() -> None:
    """Loads the fonts of all contenders; call it first."""
    load_fonts()
    rl_config.useA85 = 0  # binary pages like ours, which is also faster
    for weight in FILES:
        pdfmetrics.registerFont(CachedFont(font(weight)))


def main() -> None:
    prepare()
    table = Table("contender", *(f"{count} lines" for count in LINES), title="CPU ms a document (times this)")
    columns = [median(contenders(count)) for count in LINES]
    for name in ("this", "canvas loop", "WeasyPrint", "fpdf2"):
        cells = [
            f"{column[name]:.2f} ({column[name] / column['this']:.1f}×)"
            if name in column
            else "not installed"
            for column in columns
        ]
        table.add_row(name, *cells)
    Console().print(table)


if __name__ == "__main__":
    main()
