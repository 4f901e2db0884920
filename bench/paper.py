"""Row 4: a PDF in CPU milliseconds, against a bare ReportLab canvas, WeasyPrint and fpdf2."""

from __future__ import annotations

from collections.abc import Iterator

from bench import pdf
from bench.results import Result, Run


def results(run: Run) -> Iterator[Result]:
    pdf.prepare()
    for count in pdf.LINES[:2] if run.quick else pdf.LINES:
        times = pdf.median(pdf.contenders(count))
        ours = times.pop("this")
        for name, time in times.items():
            what = f"PDF of {count} lines, limit: {name}"
            yield Result(what, f"{ours:.2f} ms", f"{time:.2f} ms", f"{time / ours:.2f}")
