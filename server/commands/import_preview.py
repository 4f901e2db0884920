"""Prints what an import would do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console

from invoicing.currencies import minor_digits
from invoicing.decimals import MILLION, decimal_text
from invoicing.importing.orders import Terms
from invoicing.importing.preview import Preview, PreviewedOrder
from invoicing.money import to_major
from invoicing.orders.items import ItemType
from invoicing.texts import printable
from server.commands.import_progress import print_reading


def print_preview(preview: Preview, terms: Terms, *, invoice: bool) -> None:
    console, summary = Console(), preview.summary
    print_reading(console, summary)
    lines = [line for order in preview.orders for line in _order(order, terms, invoice=invoice)]
    if more := summary.orders - len(preview.orders):
        lines.append(f"… and {_counted(more, 'more order')}.\n")
    for title, reasons in (("Rejected", summary.rejected), ("Skipped", summary.skipped)):
        if reasons:
            counted = ", ".join(f"{reason} {times:,}" for reason, times in reasons.most_common())
            lines.append(f"{title} would be {_counted(reasons.total(), 'line')}: {counted}.")
    lines += [f"  line {each.line}, {each.flaw.reason}: {each.flaw.message}" for each in preview.rejects]
    lines += [*_totals(preview, invoice=invoice), "Nothing was written: this is a dry run."]
    console.print(printable("\n".join(lines)), markup=False, highlight=False, soft_wrap=True)


def _order(order: PreviewedOrder, terms: Terms, *, invoice: bool) -> list[str]:
    row, totals, currency = order.row, order.totals, order.row["currency"]
    with_vat = "with" if row["is_including_vat"] else "without"
    new = "new customer" if order.is_new_customer else None
    buyer = ", ".join(filter(None, (order.buyer, order.country, new)))
    day = row["created_at"].astimezone(terms.timezone).date()
    end = "would be invoiced" if invoice else "would be imported"
    return [
        f"Order {row['number']} of {day}: {buyer}; prices {with_vat} VAT",
        *(_item(item, currency) for item in order.items),
        *(
            f"  VAT {decimal_text(each.rate, 4)} % ({each.category}) on {to_major(each.base, currency)}: "
            f"{to_major(each.amount, currency)}"
            for each in totals.rows
        ),
        f"  Total {to_major(totals.total, currency)} {currency} {end}",
        "",
    ]


def _item(item: Mapping[str, Any], currency: str) -> str:
    if item["type"] == ItemType.DISCOUNT:
        return f"  {item['name'][:60]} of {to_major(-item['subtotal'], currency)}, shared out over the others"
    price = item["unit_price"] * MILLION + item["unit_price_rest"]
    each = (
        decimal_text(price, 6 + minor_digits(currency))
        if price % MILLION
        else to_major(item["unit_price"], currency)
    )
    off = item["discount"] + item["allocated_discount"]
    less = f", less {to_major(off, currency)}" if off else ""
    return (
        f"  {decimal_text(item['quantity'])} × {item['name'][:60]} at {each}{less}, "
        f"VAT {decimal_text(item['vat_rate'], 4)} %: {to_major(item['subtotal'] - off, currency)}"
    )


def _totals(preview: Preview, *, invoice: bool) -> Iterator[str]:
    summary = preview.summary
    if preview.cancellations:
        documents = _counted(preview.cancellations, "cancellation")
        yield f"{documents}: what is taken back is matched in the import alone."
    if summary.existing_orders:
        also = ", of which what is not invoiced yet would be invoiced" if invoice else ""
        yield f"There already: {_counted(summary.existing_orders, 'order')}{also}."
    if invoice and preview.ruled:
        yield (
            f"{_counted(preview.ruled, 'order')} with a VAT category that the law allows between some parties"
            " only (AE, K, G): the import finds out, and does not invoice what is not allowed."
        )
    amounts = ", ".join(
        f"{to_major(total, code):,} {code}" for code, total in sorted(summary.ordered.items())
    )
    yield (
        f"{_counted(summary.orders, 'order')} of {_counted(summary.items, 'item')} would be imported"
        f"{' and invoiced' if invoice else ''}, with {_counted(summary.customers, 'new customer')}"
        f"{f': {amounts}' if amounts else ''}."
    )


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
