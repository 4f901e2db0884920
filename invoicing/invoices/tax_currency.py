"""An invoice's VAT in the currency in which the seller declares it (2006/112/EC art. 91 and 230)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from invoicing.accounts.country_defaults import currency_of_country
from invoicing.accounts.exchange_rates import checked_rate, exchange_rate
from invoicing.accounts.settings import tax_currency_of
from invoicing.currencies import minor_digits
from invoicing.errors import AmountTooLarge, ValidationError
from invoicing.money import MAX_AMOUNT
from invoicing.snapshot import Line, Snapshot, VatInTaxCurrency
from invoicing.storage.tables import Account
from invoicing.vat.tax_currency import in_tax_currency


def with_tax_currency(
    connection: Connection, seller: Account, paper: Snapshot, *, asked_rate: str | None
) -> Snapshot:
    """The invoice with its VAT in the seller's tax currency, which is not said where no rate is known.

    The rate is the one that was asked for, else the latest that is not after the day of supply.
    """
    currency = tax_currency_of(seller)
    rate = None if asked_rate is None else checked_rate(asked_rate, "exchange_rate")
    if currency == paper.currency and rate not in (None, "1"):
        raise ValidationError(
            f"The invoice is in {currency}, the tax currency itself: exchange_rate can only be 1.",
            field="exchange_rate",
        )
    rate = rate or exchange_rate(
        connection, seller.id, currency=paper.currency, base=currency, day=_day_of_supply(paper)
    )
    return replace(paper, vat_in_tax_currency=_converted(paper.total_vat, paper.currency, currency, rate))


def credited_in_tax_currency(credited: Sequence[Snapshot], lines: Sequence[Line]) -> VatInTaxCurrency | None:
    """The VAT of a credit invoice's lines, each at the rate of the invoice that it credits."""
    parts = [
        _part(each, [line for line in lines if line.credited_invoice_id == each.id]) for each in credited
    ]
    first = parts[0]
    if first is None or len(parts) == 1:
        return first
    amounts = [each.amount for each in parts if each is not None and each.currency == first.currency]
    rates = {each.exchange_rate for each in parts if each is not None}
    if None in amounts or len(amounts) < len(parts):
        return replace(first, exchange_rate=None, amount=None)
    rate = rates.pop() if len(rates) == 1 else None
    if rate is None and first.exchange_rate is not None:
        return replace(first, exchange_rate=None, amount=sum(amount or 0 for amount in amounts))
    tax = sum(line.vat_amount for line in lines)
    return _converted(tax, credited[0].currency, first.currency, rate)


def tax_currency_on(paper: Snapshot) -> str:
    """The tax currency that an invoice was issued with; its seller's country's if it does not say it."""
    if paper.vat_in_tax_currency is not None:
        return paper.vat_in_tax_currency.currency
    return currency_of_country(paper.seller.address.country_code) or paper.currency


def total_vat_on(paper: Snapshot) -> int | None:
    """An invoice's VAT in its tax currency."""
    if paper.vat_in_tax_currency is not None:
        return paper.vat_in_tax_currency.amount
    return paper.total_vat if tax_currency_on(paper) == paper.currency else None


def exchange_rate_on(paper: Snapshot) -> str | None:
    """Units of the invoice's currency for one of the tax currency."""
    return paper.vat_in_tax_currency.exchange_rate if paper.vat_in_tax_currency else None


def _day_of_supply(paper: Snapshot) -> date:
    """The day of supply, the last one of a period; the date of issue where it is not known."""
    if paper.service_period is not None:
        return paper.service_period.end
    return paper.delivery_date or paper.issued_on


def _part(credited: Snapshot, lines: Sequence[Line]) -> VatInTaxCurrency | None:
    said = credited.vat_in_tax_currency
    if said is None:
        return None
    tax = sum(line.vat_amount for line in lines)
    return _converted(tax, credited.currency, said.currency, said.exchange_rate)


def _converted(tax: int, currency: str, tax_currency: str, rate: str | None) -> VatInTaxCurrency:
    digits = minor_digits(tax_currency)
    if currency == tax_currency:
        return VatInTaxCurrency(currency=tax_currency, decimals=digits, amount=tax)
    amount = None if rate is None else in_tax_currency(tax, rate, currency, tax_currency)
    if amount is not None and abs(amount) > MAX_AMOUNT:
        raise AmountTooLarge(f"The VAT in {tax_currency} would pass ±{MAX_AMOUNT}.", field="exchange_rate")
    return VatInTaxCurrency(currency=tax_currency, decimals=digits, exchange_rate=rate, amount=amount)
