"""Amounts that no e-invoice can say, or that the official rules do not take."""

from __future__ import annotations

from collections.abc import Iterator

from documents.einvoice.content import Content, VatGroup
from documents.einvoice.fields import of_line
from documents.einvoice.numbers import fits_two_decimals, percentage_text
from documents.einvoice.problem import Problem, Problems
from invoicing.money import divide
from invoicing.snapshot import Snapshot

_HALF_A_PERCENT = 5_000  # ten-thousandths of a percent


def decimals(content: Content) -> Problems:
    if content.tax_total is not None and not fits_two_decimals(
        content.tax_total.amount, content.tax_total.decimals
    ):
        yield Problem("BR-DEC-15", "account.tax_currency", "The VAT in the tax currency has a third decimal.")
    if content.decimals > 2 and not all(
        fits_two_decimals(amount, content.decimals) for amount in _amounts(content)
    ):
        yield Problem(
            "BR-DEC", of_line(content, "amount"), "An amount has a third decimal, and EN 16931 two."
        )


def _amounts(content: Content) -> Iterator[int]:
    yield from (content.total_vat, content.total, content.paid, content.rounding)
    for item in content.items:
        yield from (item.net, item.allowance)
    for group in content.vat:
        yield from (group.base, group.amount)


def sum_of_lines(content: Content) -> Problems:
    """The official rule for CII adds the lines up in binary fractions of 53 bits, whose errors it may see."""
    hundredths = 100 * sum(abs(item.net) for item in content.items) // 10**content.decimals
    if len(content.items) * hundredths > 2**52:
        yield Problem("BR-CO-10", of_line(content, "amount"), "The sum is too large to be checked.")


def vat_amounts(content: Content) -> Problems:
    for group in content.vat:
        if not _follows_from_rate(group, 10**content.decimals):
            yield Problem(
                "BR-CO-17",
                of_line(content, "vat_rate"),
                f"The VAT of {percentage_text(group.rate)} % is not what the rule allows for its base.",
            )


def _follows_from_rate(group: VatGroup, major: int) -> bool:
    """The official rule takes a rate below half a percent for none, and else allows less than a major unit.

    Of a currency without decimals that is less than the rounding of a credit in parts may need.
    """
    amount = abs(group.amount)
    if group.rate < _HALF_A_PERCENT:
        return 2 * amount < major
    hundredths = divide(abs(group.base) * group.rate * 100, 200 * _HALF_A_PERCENT * major)
    return abs(100 * amount - hundredths * major) < 100 * major


def tax_currency(invoice: Snapshot) -> Problems:
    tax = invoice.vat_in_tax_currency
    if tax is not None and tax.currency != invoice.currency and tax.amount is None and invoice.total_vat:
        yield Problem(
            "BR-53",
            "exchange_rate",
            f"The VAT in {tax.currency} is not known: no exchange rate was given for {invoice.currency}.",
        )
