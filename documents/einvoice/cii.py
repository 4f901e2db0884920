"""CII D16B of UN/CEFACT, for Factur-X and XRechnung. The order of the elements is the schema's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache, partial

from documents.einvoice.content import Content, Item, VatGroup
from documents.einvoice.elements import Element, document, element, put
from documents.einvoice.formats import Profile
from documents.einvoice.france import Note
from documents.einvoice.numbers import amount_text, percentage_text
from documents.einvoice.texts import escaped, escaped_in_attribute
from documents.einvoice.traders import Contact, Trader
from invoicing.decimals import decimal_text
from invoicing.snapshot import Address, Period

_STANDARD = "urn:un:unece:uncefact:data:standard:"
_NAMESPACES = {
    "xmlns:rsm": f"{_STANDARD}CrossIndustryInvoice:100",
    "xmlns:ram": f"{_STANDARD}ReusableAggregateBusinessInformationEntity:100",
    "xmlns:udt": f"{_STANDARD}UnqualifiedDataType:100",
    "xmlns:qdt": f"{_STANDARD}QualifiedDataType:100",
}
_DAY = "102"  # UNTDID 2379: YYYYMMDD

_put = partial(put, "ram")
_group = partial(element, "ram")


def cii(content: Content, profile: Profile, notes: Sequence[Note] = ()) -> bytes:
    """The file; `notes` are written beside the invoice's own."""
    return _Writer(content).write(profile, notes)


def _said(name: str, text: str | None) -> str:
    return f"<ram:{name}>{escaped(text)}</ram:{name}>" if text else ""


def _day(parent: Element, name: str, day: date | str | None, prefix: str = "udt") -> None:
    if day is not None:
        put(prefix, _group(parent, name), "DateTimeString", str(day).replace("-", ""), format=_DAY)


@lru_cache(maxsize=256)
def _line_vat(category: str, rate: int) -> str:
    """A line's VAT. What is outside its scope has no rate (BR-O-05)."""
    said = "" if category == "O" else _said("RateApplicablePercent", percentage_text(rate))
    return (
        "<ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode>"
        f"<ram:CategoryCode>{category}</ram:CategoryCode>{said}</ram:ApplicableTradeTax>"
    )


@lru_cache(maxsize=1024)
def _line_quantity(quantity: int, unit: str) -> str:
    text = decimal_text(quantity)
    return f'<ram:BilledQuantity unitCode="{escaped_in_attribute(unit)}">{text}</ram:BilledQuantity>'


class _Writer:
    def __init__(self, content: Content) -> None:
        self._content = content

    def write(self, profile: Profile, notes: Sequence[Note]) -> bytes:
        root = Element("rsm:CrossIndustryInvoice", _NAMESPACES)
        self._head(root, profile, notes)
        trade = element("rsm", root, "SupplyChainTradeTransaction")
        for item in self._content.items:
            trade.add(self._line(item))
        self._agreement(_group(trade, "ApplicableHeaderTradeAgreement"))
        self._delivery(_group(trade, "ApplicableHeaderTradeDelivery"))
        self._settlement(_group(trade, "ApplicableHeaderTradeSettlement"))
        return document(root)

    def _text(self, minor: int) -> str:
        return amount_text(minor, self._content.decimals)

    def _head(self, root: Element, profile: Profile, notes: Sequence[Note]) -> None:
        content = self._content
        context = element("rsm", root, "ExchangedDocumentContext")
        if profile.process is not None:
            _put(_group(context, "BusinessProcessSpecifiedDocumentContextParameter"), "ID", profile.process)
        _put(_group(context, "GuidelineSpecifiedDocumentContextParameter"), "ID", profile.specification)
        head = element("rsm", root, "ExchangedDocument")
        _put(head, "ID", content.number)
        _put(head, "TypeCode", content.type_code)
        _day(head, "IssueDateTime", content.issued_on)
        own = [Note(content.note, None)] if content.note else []
        for note in (*own, *notes):
            included = _group(head, "IncludedNote")
            _put(included, "Content", note.text)
            _put(included, "SubjectCode", note.subject)

    def _line(self, item: Item) -> str:
        """The line, written at once: nearly all elements of a long invoice are its lines'."""
        sku, description = _said("SellerAssignedID", item.sku), _said("Description", item.description)
        return (
            "<ram:IncludedSupplyChainTradeLineItem>"
            f"<ram:AssociatedDocumentLineDocument><ram:LineID>{item.number}</ram:LineID>"
            "</ram:AssociatedDocumentLineDocument>"
            f"<ram:SpecifiedTradeProduct>{sku}{_said('Name', item.name)}{description}"
            "</ram:SpecifiedTradeProduct>"
            "<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice>"
            f"<ram:ChargeAmount>{item.price}</ram:ChargeAmount>"
            "</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>"
            "<ram:SpecifiedLineTradeDelivery>"
            f"{_line_quantity(item.quantity, item.unit)}</ram:SpecifiedLineTradeDelivery>"
            f"<ram:SpecifiedLineTradeSettlement>{_line_vat(item.category, item.rate)}"
            f"{self._line_period_and_allowance(item)}"
            "<ram:SpecifiedTradeSettlementLineMonetarySummation>"
            f"<ram:LineTotalAmount>{self._text(item.net)}</ram:LineTotalAmount>"
            "</ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement>"
            "</ram:IncludedSupplyChainTradeLineItem>"
        )

    def _line_period_and_allowance(self, item: Item) -> str:
        if item.period is None and not item.allowance:
            return ""
        settlement = Element("")
        _period(settlement, item.period)
        if item.allowance:
            change = _group(settlement, "SpecifiedTradeAllowanceCharge")
            is_charge = "true" if item.allowance < 0 else "false"
            put("udt", _group(change, "ChargeIndicator"), "Indicator", is_charge)
            _put(change, "ActualAmount", self._text(abs(item.allowance)))
            _put(change, "Reason", item.allowance_reason)
        return settlement.inner()

    def _agreement(self, agreement: Element) -> None:
        content = self._content
        _put(agreement, "BuyerReference", content.buyer_reference)
        _party(agreement, "SellerTradeParty", content.seller)
        _party(agreement, "BuyerTradeParty", content.buyer)
        if content.purchase_order_number:
            order = _group(agreement, "BuyerOrderReferencedDocument")
            _put(order, "IssuerAssignedID", content.purchase_order_number)

    def _delivery(self, group: Element) -> None:
        delivery = self._content.delivery
        if delivery is None:
            return
        if delivery.address is not None:
            ship_to = _group(group, "ShipToTradeParty")
            _put(ship_to, "Name", delivery.name)
            _address(ship_to, delivery.address)
        if delivery.date is not None:
            _day(_group(group, "ActualDeliverySupplyChainEvent"), "OccurrenceDateTime", delivery.date)

    def _settlement(self, settlement: Element) -> None:
        content = self._content
        _put(settlement, "PaymentReference", content.payment.reference)
        if content.tax_total is not None:
            _put(settlement, "TaxCurrencyCode", content.tax_total.currency)
        _put(settlement, "InvoiceCurrencyCode", content.currency)
        self._payment(settlement)
        for group in content.vat:
            self._vat(settlement, group)
        _period(settlement, content.period)
        if content.due_on is not None:
            _day(_group(settlement, "SpecifiedTradePaymentTerms"), "DueDateDateTime", content.due_on)
        self._totals(settlement)
        for credited in content.preceding:
            reference = _group(settlement, "InvoiceReferencedDocument")
            _put(reference, "IssuerAssignedID", credited.number)
            _day(reference, "FormattedIssueDateTime", credited.issued_on, "qdt")
        if content.accounting_reference:
            account = _group(settlement, "ReceivableSpecifiedTradeAccountingAccount")
            _put(account, "ID", content.accounting_reference)

    def _payment(self, settlement: Element) -> None:
        payment = self._content.payment
        means = _group(settlement, "SpecifiedTradeSettlementPaymentMeans")
        _put(means, "TypeCode", payment.means)
        if payment.iban is not None:
            account = _group(means, "PayeePartyCreditorFinancialAccount")
            _put(account, "IBANID", payment.iban)
            _put(account, "AccountName", payment.account_name)
            if payment.bic:
                _put(_group(means, "PayeeSpecifiedCreditorFinancialInstitution"), "BICID", payment.bic)

    def _vat(self, settlement: Element, group: VatGroup) -> None:
        tax = _group(settlement, "ApplicableTradeTax")
        _put(tax, "CalculatedAmount", self._text(group.amount))
        _put(tax, "TypeCode", "VAT")
        _put(tax, "ExemptionReason", group.reason)
        _put(tax, "BasisAmount", self._text(group.base))
        _put(tax, "CategoryCode", group.category)
        _put(tax, "ExemptionReasonCode", group.reason_code)
        _put(tax, "RateApplicablePercent", percentage_text(group.rate))

    def _totals(self, settlement: Element) -> None:
        content = self._content
        sums = _group(settlement, "SpecifiedTradeSettlementHeaderMonetarySummation")
        _put(sums, "LineTotalAmount", self._text(content.total_ex_vat))
        _put(sums, "TaxBasisTotalAmount", self._text(content.total_ex_vat))
        _put(sums, "TaxTotalAmount", self._text(content.total_vat), currencyID=content.currency)
        if (tax := content.tax_total) is not None:
            text = amount_text(tax.amount, tax.decimals)
            _put(sums, "TaxTotalAmount", text, currencyID=tax.currency)
        if content.rounding:
            _put(sums, "RoundingAmount", self._text(content.rounding))
        _put(sums, "GrandTotalAmount", self._text(content.total))
        if content.paid:
            _put(sums, "TotalPrepaidAmount", self._text(content.paid))
        _put(sums, "DuePayableAmount", self._text(content.payable))


def _period(parent: Element, period: Period | None) -> None:
    if period is not None:
        days = _group(parent, "BillingSpecifiedPeriod")
        _day(days, "StartDateTime", period.start)
        _day(days, "EndDateTime", period.end)


def _party(parent: Element, role: str, trader: Trader) -> None:
    party = _group(parent, role)
    _put(party, "Name", trader.name)
    if trader.legal_id is not None or trader.trading_name:
        organisation = _group(party, "SpecifiedLegalOrganization")
        if trader.legal_id is not None:
            _put(organisation, "ID", trader.legal_id.value, schemeID=trader.legal_id.scheme)
        _put(organisation, "TradingBusinessName", trader.trading_name)
    if trader.contact is not None:
        _contact(party, trader.contact)
    _address(party, trader.address)
    if (electronic := trader.electronic_address) is not None:
        uri = _group(party, "URIUniversalCommunication")
        _put(uri, "URIID", electronic.value, schemeID=electronic.scheme)
    for number, scheme in ((trader.tax_number, "FC"), (trader.vat_number, "VA")):
        if number:
            _put(_group(party, "SpecifiedTaxRegistration"), "ID", number, schemeID=scheme)


def _contact(party: Element, contact: Contact) -> None:
    group = _group(party, "DefinedTradeContact")
    _put(group, "PersonName", contact.name)
    if contact.phone:
        _put(_group(group, "TelephoneUniversalCommunication"), "CompleteNumber", contact.phone)
    if contact.email:
        _put(_group(group, "EmailURIUniversalCommunication"), "URIID", contact.email)


def _address(party: Element, address: Address) -> None:
    group = _group(party, "PostalTradeAddress")
    _put(group, "PostcodeCode", address.postal_code)
    _put(group, "LineOne", address.address_line_1)
    _put(group, "LineTwo", address.address_line_2)
    _put(group, "CityName", address.locality)
    _put(group, "CountryID", address.country_code)
    _put(group, "CountrySubDivisionName", address.administrative_area)
