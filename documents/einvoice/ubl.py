"""UBL 2.1, for Peppol BIS Billing 3 and XRechnung. The order of the elements is the schema's."""

from __future__ import annotations

from functools import partial

from documents.einvoice.content import Content, Item, VatGroup
from documents.einvoice.elements import Element, document, element, put
from documents.einvoice.formats import Profile
from documents.einvoice.numbers import amount_text, percentage_text
from documents.einvoice.texts import without_subject
from documents.einvoice.traders import Contact, Delivery, Trader
from invoicing.decimals import decimal_text
from invoicing.snapshot import Address, Period

_NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:{}-2"

_put = partial(put, "cbc")
_group = partial(element, "cac")


def ubl(content: Content, profile: Profile) -> bytes:
    """The file."""
    return _Writer(content).write(profile)


class _Writer:
    def __init__(self, content: Content) -> None:
        self._content = content
        self._kind = "CreditNote" if content.is_credit else "Invoice"

    def write(self, profile: Profile) -> bytes:
        names = {"": self._kind, ":cbc": "CommonBasicComponents", ":cac": "CommonAggregateComponents"}
        root = Element(
            self._kind, {f"xmlns{prefix}": _NAMESPACE.format(name) for prefix, name in names.items()}
        )
        self._head(root, profile)
        _party(root, "AccountingSupplierParty", self._content.seller)
        _party(root, "AccountingCustomerParty", self._content.buyer)
        if self._content.delivery is not None:
            _delivery(root, self._content.delivery)
        self._payment(root)
        self._tax(root)
        self._totals(root)
        for item in self._content.items:
            self._line(root, item)
        return document(root)

    def _amount(self, parent: Element, name: str, minor: int) -> None:
        content = self._content
        _put(parent, name, amount_text(minor, content.decimals), currencyID=content.currency)

    def _head(self, root: Element, profile: Profile) -> None:
        content = self._content
        _put(root, "CustomizationID", profile.specification)
        _put(root, "ProfileID", profile.process)
        _put(root, "ID", content.number)
        _put(root, "IssueDate", content.issued_on)
        if not content.is_credit:  # a credit note has no date by which it is due
            _put(root, "DueDate", content.due_on)
        _put(root, f"{self._kind}TypeCode", content.type_code)
        _put(root, "Note", None if content.note is None else without_subject(content.note))
        _put(root, "DocumentCurrencyCode", content.currency)
        if content.tax_total is not None:
            _put(root, "TaxCurrencyCode", content.tax_total.currency)
        _put(root, "AccountingCost", content.accounting_reference)
        _put(root, "BuyerReference", content.buyer_reference)
        _period(root, content.period)
        if content.purchase_order_number:
            _put(_group(root, "OrderReference"), "ID", content.purchase_order_number)
        for credited in content.preceding:
            reference = _group(_group(root, "BillingReference"), "InvoiceDocumentReference")
            _put(reference, "ID", credited.number)
            _put(reference, "IssueDate", credited.issued_on.isoformat())

    def _payment(self, root: Element) -> None:
        payment = self._content.payment
        means = _group(root, "PaymentMeans")
        _put(means, "PaymentMeansCode", payment.means)
        _put(means, "PaymentID", payment.reference)
        if payment.iban is not None:
            account = _group(means, "PayeeFinancialAccount")
            _put(account, "ID", payment.iban)
            _put(account, "Name", payment.account_name)
            if payment.bic:
                _put(_group(account, "FinancialInstitutionBranch"), "ID", payment.bic)

    def _tax(self, root: Element) -> None:
        content = self._content
        total = _group(root, "TaxTotal")
        self._amount(total, "TaxAmount", content.total_vat)
        for group in content.vat:
            subtotal = _group(total, "TaxSubtotal")
            self._amount(subtotal, "TaxableAmount", group.base)
            self._amount(subtotal, "TaxAmount", group.amount)
            _breakdown_category(subtotal, group)
        if (tax := content.tax_total) is not None:
            text = amount_text(tax.amount, tax.decimals)
            _put(_group(root, "TaxTotal"), "TaxAmount", text, currencyID=tax.currency)

    def _totals(self, root: Element) -> None:
        content = self._content
        sums = _group(root, "LegalMonetaryTotal")
        self._amount(sums, "LineExtensionAmount", content.total_ex_vat)
        self._amount(sums, "TaxExclusiveAmount", content.total_ex_vat)
        self._amount(sums, "TaxInclusiveAmount", content.total)
        if content.paid:
            self._amount(sums, "PrepaidAmount", content.paid)
        if content.rounding:
            self._amount(sums, "PayableRoundingAmount", content.rounding)
        self._amount(sums, "PayableAmount", content.payable)

    def _line(self, root: Element, item: Item) -> None:
        line = _group(root, f"{self._kind}Line")
        _put(line, "ID", str(item.number))
        quantity = "CreditedQuantity" if self._content.is_credit else "InvoicedQuantity"
        _put(line, quantity, decimal_text(item.quantity), unitCode=item.unit)
        self._amount(line, "LineExtensionAmount", item.net)
        _period(line, item.period)
        if item.allowance:
            change = _group(line, "AllowanceCharge")
            _put(change, "ChargeIndicator", "true" if item.allowance < 0 else "false")
            _put(change, "AllowanceChargeReason", item.allowance_reason)
            self._amount(change, "Amount", abs(item.allowance))
        sold = _group(line, "Item")
        _put(sold, "Description", item.description)
        _put(sold, "Name", item.name)
        if item.sku:
            _put(_group(sold, "SellersItemIdentification"), "ID", item.sku)
        category = _group(sold, "ClassifiedTaxCategory")
        _put(category, "ID", item.category)
        if item.category != "O":  # BR-O-05
            _put(category, "Percent", percentage_text(item.rate))
        _put(_group(category, "TaxScheme"), "ID", "VAT")
        _put(_group(line, "Price"), "PriceAmount", item.price, currencyID=self._content.currency)


def _period(parent: Element, period: Period | None) -> None:
    if period is not None:
        days = _group(parent, "InvoicePeriod")
        _put(days, "StartDate", period.start.isoformat())
        _put(days, "EndDate", period.end.isoformat())


def _breakdown_category(subtotal: Element, group: VatGroup) -> None:
    category = _group(subtotal, "TaxCategory")
    _put(category, "ID", group.category)
    _put(category, "Percent", percentage_text(group.rate))
    _put(category, "TaxExemptionReasonCode", group.reason_code)
    _put(category, "TaxExemptionReason", group.reason)
    _put(_group(category, "TaxScheme"), "ID", "VAT")


def _party(root: Element, role: str, trader: Trader) -> None:
    party = _group(_group(root, role), "Party")
    if (electronic := trader.electronic_address) is not None:
        _put(party, "EndpointID", electronic.value, schemeID=electronic.scheme)
    if trader.trading_name:
        _put(_group(party, "PartyName"), "Name", trader.trading_name)
    _address(_group(party, "PostalAddress"), trader.address)
    for number, scheme in ((trader.vat_number, "VAT"), (trader.tax_number, "FC")):
        if number:
            tax = _group(party, "PartyTaxScheme")
            _put(tax, "CompanyID", number)
            _put(_group(tax, "TaxScheme"), "ID", scheme)
    entity = _group(party, "PartyLegalEntity")
    _put(entity, "RegistrationName", trader.name)
    if trader.legal_id is not None:
        _put(entity, "CompanyID", trader.legal_id.value, schemeID=trader.legal_id.scheme)
    if trader.contact is not None:
        _contact(party, trader.contact)


def _contact(party: Element, contact: Contact) -> None:
    group = _group(party, "Contact")
    _put(group, "Name", contact.name)
    _put(group, "Telephone", contact.phone)
    _put(group, "ElectronicMail", contact.email)


def _address(group: Element, address: Address) -> None:
    _put(group, "StreetName", address.address_line_1)
    _put(group, "AdditionalStreetName", address.address_line_2)
    _put(group, "CityName", address.locality)
    _put(group, "PostalZone", address.postal_code)
    _put(group, "CountrySubentity", address.administrative_area)
    if address.country_code:
        _put(_group(group, "Country"), "IdentificationCode", address.country_code)


def _delivery(root: Element, delivery: Delivery) -> None:
    group = _group(root, "Delivery")
    _put(group, "ActualDeliveryDate", delivery.date)
    if delivery.address is not None:
        _address(_group(_group(group, "DeliveryLocation"), "Address"), delivery.address)
    if delivery.name:
        _put(_group(_group(group, "DeliveryParty"), "PartyName"), "Name", delivery.name)
