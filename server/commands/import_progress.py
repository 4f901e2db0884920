"""The progress bar of an import, and its summary at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from invoicing.importing.orders import Terms
from invoicing.importing.run import Progress as Moved
from invoicing.importing.summary import Summary
from invoicing.money import to_major
from invoicing.texts import printable


@contextmanager
def progress_bar() -> Iterator[Moved]:
    """On standard error, if that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("Lines"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def print_summary(done: Summary, terms: Terms, rejects: Path, seconds: float) -> None:
    rows = {
        "Lines": f"{done.lines:,}",
        "  imported": f"{done.imported:,}",
        "  returned": f"{done.returned:,}",
        **({"    sold at another price": f"{done.repriced:,}"} if done.repriced else {}),
        "  already there": f"{done.existing:,}",
        "  rejected": f"{done.rejected.total():,}",
        **_reasons(done.rejected),
        **({"  skipped": f"{done.skipped.total():,}", **_reasons(done.skipped)} if done.skipped else {}),
        "Orders imported": f"{done.orders:,}",
        "Orders already there": f"{done.existing_orders:,}",
        "Customers created": f"{done.customers:,}",
        "Items": f"{done.items:,}",
        **_amounts(f"Ordered, {'with' if terms.including_vat else 'without'} VAT", done.ordered),
        "Invoices": f"{done.invoices:,}",
        **({"Not invoiced (VAT category)": f"{len(done.not_invoiced):,}"} if done.not_invoiced else {}),
        **_amounts("Invoiced, with VAT", done.invoiced),
        "Credits": f"{done.credits:,}",
        **_amounts("Credited, with VAT", done.credited),
        "Seconds": f"{seconds:.1f}",
        "Lines a second": f"{done.lines / max(seconds, 1e-9):,.0f}",
    }
    table = Table(box=box.SIMPLE, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in rows.items():
        table.add_row(name, value)
    console = Console()
    print_reading(console, done)
    console.print(table)
    if done.not_invoiced:
        _say(
            console,
            f"The law does not allow the VAT category of these orders, as `blocked` on them says: "
            f"{', '.join(done.not_invoiced[:20])}{' …' if len(done.not_invoiced) > 20 else ''}.",
        )
    if done.unknown_units:
        units = [f"{unit} ({times:,} items)" for unit, times in done.unknown_units.most_common(20)]
        _say(
            console,
            f"Units that no e-invoice can say, as UN/ECE Recommendations 20 and 21 do not have them: "
            f"{', '.join(units)}.",
        )
    if done.rejected or done.skipped:
        what = "rejected" if not done.skipped else "rejected and skipped" if done.rejected else "skipped"
        _say(console, f"The {what} lines and their reasons are in {rejects}.")


def print_reading(console: Console, done: Summary) -> None:
    """How the file was read: its encoding and its delimiter, and which columns were not."""
    _say(console, f"The file is read as {done.dialect}.")
    if done.ignored_columns:
        _say(console, f"Columns that were not read: {', '.join(done.ignored_columns)}.")


def _say(console: Console, sentence: str) -> None:
    """What is in the file may be from anybody: a terminal must not obey it."""
    console.print(printable(sentence), markup=False, soft_wrap=True)


def _reasons(reasons: Counter[str]) -> dict[str, str]:
    return {f"    {reason}": f"{times:,}" for reason, times in reasons.most_common()}


def _amounts(name: str, totals: Mapping[str, int]) -> dict[str, str]:
    return {f"{name}, {code}": f"{to_major(total, code):,}" for code, total in sorted(totals.items())}
