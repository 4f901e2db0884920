"""Why an e-invoice cannot be made: each rule that would be broken, and the field to fill in.

The list is our own. The tests hold it to the official rules: what has no problem here breaks none of them.
"""

from __future__ import annotations

from collections.abc import Callable

from documents.einvoice.amount_problems import decimals, sum_of_lines, tax_currency, vat_amounts
from documents.einvoice.codes import CURRENCIES, NOT_IN_CII
from documents.einvoice.content import Content, content_of
from documents.einvoice.fields import of_invoice, of_line
from documents.einvoice.formats import EInvoiceFormat
from documents.einvoice.france import too_many_decimals
from documents.einvoice.german import XRECHNUNG, german
from documents.einvoice.identifiers import broken_rule
from documents.einvoice.national import national
from documents.einvoice.problem import Problem, Problems
from documents.einvoice.schemes import refused_schemes
from documents.einvoice.traders import Trader
from invoicing.snapshot import Snapshot
from invoicing.units import units


def problems_of(invoice: Snapshot, wanted: EInvoiceFormat) -> list[Problem]:
    """All that stands in the way of the format; nothing, if the file can be made."""
    return list(problems_in(invoice, content_of(invoice), wanted))


def problems_by_format(invoice: Snapshot) -> dict[EInvoiceFormat, tuple[Problem, ...]]:
    """The same of every format."""
    content = content_of(invoice)
    return {wanted: tuple(problems_in(invoice, content, wanted)) for wanted in EInvoiceFormat}


def formats_without_problems(invoice: Snapshot) -> tuple[EInvoiceFormat, ...]:
    """Those that can be made of it."""
    content = content_of(invoice)
    return tuple(wanted for wanted in EInvoiceFormat if not any(problems_in(invoice, content, wanted)))


def problems_in(invoice: Snapshot, content: Content, wanted: EInvoiceFormat) -> Problems:
    """The same one after the other, where it is known already what the file says."""
    checks: list[Callable[[Content], Problems]] = [decimals, vat_amounts, _parties, _treatment, _codes]
    if wanted is not EInvoiceFormat.FACTUR_X:
        checks.append(_periods)
    if not wanted.is_ubl:
        checks += [sum_of_lines, _countries_of_cii]
    if wanted is EInvoiceFormat.XRECHNUNG_CII:
        checks.append(_credited)
    if wanted is EInvoiceFormat.PEPPOL_UBL:
        checks.append(_peppol)
    if wanted.is_xrechnung:
        checks.append(_xrechnung)
    for check in checks:
        yield from check(content)
    if wanted is EInvoiceFormat.FACTUR_X:
        yield from too_many_decimals(invoice, content)
    yield from refused_schemes(content, wanted)
    yield from tax_currency(invoice)


def _parties(content: Content) -> Problems:
    if not content.seller.address.country_code:
        yield Problem("BR-09", "account.address.country_code", "The seller's address has no country.")
    if not content.buyer.name:
        yield Problem("BR-07", "customer.name", "The buyer has no name.")
    if not content.buyer.address.country_code:
        yield Problem("BR-11", "customer.billing_address.country_code", "The buyer's address has no country.")
    seller = content.seller
    if not (seller.vat_number or seller.legal_id):
        yield Problem(
            "BR-CO-26",
            "account.registration_number",
            "The seller has neither a VAT number with its country's letters nor a registration number.",
        )


def _treatment(content: Content) -> Problems:
    """What the categories need of VAT numbers, which are only told with their country's letters."""
    categories = {group.category for group in content.vat}
    seller, buyer = content.seller, content.buyer
    if categories & {"S", "Z", "E"} and not (seller.vat_number or seller.tax_number):
        yield Problem(
            "BR-S-02",
            "account.vat_number",
            "The seller has neither a VAT number with its country's letters nor a tax number.",
        )
    if categories & {"AE", "K", "G"} and not seller.vat_number:
        yield Problem("BR-AE-02", "account.vat_number", "The seller has no VAT number with its country.")
    if "AE" in categories and not (buyer.vat_number or buyer.legal_id):
        yield Problem(
            "BR-AE-03",
            "customer.vat_number",
            "The buyer has neither a VAT number with its country's letters nor a registration number.",
        )
    if "K" in categories and not buyer.vat_number:
        yield Problem("BR-IC-03", "customer.vat_number", "The buyer has no VAT number with its country.")
    if "K" in categories and not (content.period or (content.delivery and content.delivery.date)):
        yield Problem(
            "BR-IC-11", of_invoice(content, "delivery_date"), "It is not said when the goods were delivered."
        )
    for group in content.vat:
        if group.category == "E" and not group.reason:
            yield Problem(
                "BR-E-10", of_line(content, "exemption_reason"), "It is not said why it is exempt from VAT."
            )


def _codes(content: Content) -> Problems:
    if content.currency not in CURRENCIES:
        field = of_invoice(content, "currency")
        yield Problem("BR-CL-04", field, f"{content.currency} is not in EN 16931's list of currencies.")
    if content.tax_total is not None and content.tax_total.currency not in CURRENCIES:
        currency = content.tax_total.currency
        yield Problem("BR-CL-05", "account.tax_currency", f"{currency} is not in EN 16931's list.")
    for unit in {item.unit for item in content.items} - units():
        yield Problem(
            "BR-CL-23", of_line(content, "unit"), f"“{unit}” is no code of UN/ECE Recommendation 20 or 21."
        )


def _countries_of_cii(content: Content) -> Problems:
    delivery = content.delivery.address if content.delivery else None
    for address, field in (
        (content.seller.address, "account.address"),
        (content.buyer.address, "customer.billing_address"),
        (delivery, of_invoice(content, "shipping_address")),
    ):
        if address is not None and address.country_code == NOT_IN_CII:
            yield Problem("BR-CL-14", f"{field}.country_code", "The official rules for CII do not know it.")


def _credited(content: Content) -> Problems:
    """CII D16B, which XRechnung prescribes, has one place for BG-3; Factur-X follows a later edition."""
    if len(content.preceding) > 1:
        yield Problem("BG-3", "items", "It credits several invoices, and CII names one: credit each alone.")


def _periods(content: Content) -> Problems:
    """Those of lines are within the invoice's own, which only `createInvoice` takes otherwise."""
    period = content.period
    if period is None:
        return
    own = [item.period for item in content.items if item.period is not None]
    for rule, is_outside in (
        ("PEPPOL-EN16931-R110", any(each.start < period.start for each in own)),
        ("PEPPOL-EN16931-R111", any(each.end > period.end for each in own)),
    ):
        if is_outside:
            yield Problem(
                rule, of_line(content, "service_period"), "A line's period is not within that of the invoice."
            )


def _peppol(content: Content) -> Problems:
    if not (content.buyer_reference or content.purchase_order_number):
        yield Problem(
            "PEPPOL-EN16931-R003",
            "customer.buyer_reference",
            "Peppol needs the buyer's reference or the number of their purchase order.",
        )
    for trader, rule, field in _parties_with_addresses(content):
        address = trader.electronic_address
        if address is None:
            yield Problem(rule, field, "Peppol needs the electronic addresses of both parties.")
        elif (broken := broken_rule(address.value, address.scheme)) is not None:
            yield Problem(broken, field, "A digit of the electronic address is wrong.")
    yield from national(content)


def _xrechnung(content: Content) -> Problems:
    for trader, rule, field in _parties_with_addresses(content):
        if trader.electronic_address is None:
            yield Problem(rule, field, "XRechnung needs the electronic addresses of both parties.")
    yield from german(content, XRECHNUNG)


def _parties_with_addresses(content: Content) -> list[tuple[Trader, str, str]]:
    return [
        (content.seller, "PEPPOL-EN16931-R020", "account.electronic_address"),
        (content.buyer, "PEPPOL-EN16931-R010", "customer.electronic_address"),
    ]
