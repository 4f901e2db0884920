"""Refusals: one class per reason. The docstring is the message, `code` is part of the public contract.

`field` names the input that is wrong ("items.2.quantity"), `ids` the rows; `more` is what else programs may
want to know. What a caller wrote is cut where it is long. Front doors may add messages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from invoicing.texts import LONGEST_ID, shortened, shortened_message


class InvoicingError(Exception):
    """The request cannot be carried out."""

    code: ClassVar[str] = "INVOICING_ERROR"
    retry_after: ClassVar[int | None] = None
    """Seconds after which the same request may succeed, where that is known."""

    def __init__(
        self,
        detail: str | None = None,
        *,
        field: str | None = None,
        ids: Sequence[str] = (),
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(shortened_message(detail or type(self).__doc__ or ""))
        self.field = None if field is None else shortened(field, LONGEST_ID)
        self.ids = tuple(shortened(id, LONGEST_ID) for id in ids)
        self.more = dict(more or {})


class Unauthorized(InvoicingError):
    """A valid API key is needed: send it as `Authorization: Bearer inv_…`."""

    code = "UNAUTHORIZED"


class RateLimited(InvoicingError):
    """Too many requests came with this key: wait, as `Retry-After` says."""

    code = "RATE_LIMITED"


class Forbidden(InvoicingError):
    """The API key lacks the scope that this needs."""

    code = "FORBIDDEN"


class NotFound(InvoicingError):
    """There is no such thing in this account."""

    code = "NOT_FOUND"


class ValidationError(InvoicingError):
    """A value is not acceptable."""

    code = "VALIDATION_ERROR"


class NoLines(ValidationError):
    """An invoice has at least one line."""


class MalformedId(InvoicingError):
    """An id is 1 to 255 characters of A-Z a-z 0-9 _ . @ : -"""

    code = "MALFORMED_ID"


class DuplicateId(InvoicingError):
    """The account already has one with this id."""

    code = "DUPLICATE_ID"


class DuplicateHandle(InvoicingError):
    """The account already has one with this handle."""

    code = "DUPLICATE_HANDLE"


class OrderAlreadyInvoiced(InvoicingError):
    """The order is on an invoice, so its buyer can no longer be changed."""

    code = "ORDER_ALREADY_INVOICED"


class OrderNotPaid(InvoicingError):
    """The order has not been paid."""

    code = "ORDER_NOT_PAID"


class BillingDetailsMissing(InvoicingError):
    """The buyer has no name, or no address with a country."""

    code = "BILLING_DETAILS_MISSING"


class CustomerNotFound(NotFound):
    """There is no such customer in this account."""

    code = "CUSTOMER_NOT_FOUND"


class CustomerErased(InvoicingError):
    """The customer was erased: nothing new can be done for them."""

    code = "CUSTOMER_ERASED"


class CustomerInUse(InvoicingError):
    """Something is still open with the customer: an order, an invoice or a payment."""

    code = "CUSTOMER_IN_USE"


class NoItems(InvoicingError):
    """At least one order item is needed."""

    code = "NO_ITEMS"


class TooManyItems(InvoicingError):
    """One invoice takes at most 5,000 items; put the others on a second one."""

    code = "TOO_MANY_ITEMS"


class DuplicateItem(InvoicingError):
    """The same item is named twice."""

    code = "DUPLICATE_ITEM"


class ItemNotFound(InvoicingError):
    """There is no such order item in this account."""

    code = "ITEM_NOT_FOUND"


class ItemAlreadyInvoiced(InvoicingError):
    """An item is on an invoice already; each item is invoiced once."""

    code = "ITEM_ALREADY_INVOICED"


class ItemNotShipped(InvoicingError):
    """An item of an order that is invoiced after shipment has not been shipped."""

    code = "ITEM_NOT_SHIPPED"


class ItemAlreadyShipped(InvoicingError):
    """An item has been shipped already."""

    code = "ITEM_ALREADY_SHIPPED"


class MixedCustomers(InvoicingError):
    """One invoice is for one customer; a guest's order shares an invoice with no other order."""

    code = "MIXED_CUSTOMERS"


class MixedCurrencies(InvoicingError):
    """One invoice is in one currency."""

    code = "MIXED_CURRENCIES"


class MixedVatModes(InvoicingError):
    """The prices on one invoice either all contain VAT or all do not."""

    code = "MIXED_VAT_MODES"


class InvoiceIdReused(InvoicingError):
    """An invoice with this id was made for other items."""

    code = "INVOICE_ID_REUSED"


class NumberTaken(InvoicingError):
    """The next number in the series is on an invoice already: change the account's number format."""

    code = "NUMBER_TAKEN"


class AmountTooLarge(InvoicingError):
    """An amount would pass ±(2^53−1) minor units."""

    code = "AMOUNT_TOO_LARGE"


class SellerIncomplete(InvoicingError):
    """The seller lacks what every invoice must say about it: set it with updateAccount."""

    code = "SELLER_INCOMPLETE"


class VatTreatmentNotAllowed(InvoicingError):
    """The law does not allow the VAT category for this seller, buyer or supply."""

    code = "VAT_TREATMENT_NOT_ALLOWED"


class NegativeTotal(InvoicingError):
    """An invoice's total is never below zero: money is given back by a credit invoice."""

    code = "NEGATIVE_TOTAL"


class NothingToInvoice(InvoicingError):
    """Nothing on the order can be invoiced now: `blocked` on the order says why."""

    code = "NOTHING_TO_INVOICE"


class ItemCancelled(InvoicingError):
    """An item has been cancelled."""

    code = "ITEM_CANCELLED"


class ItemReturned(InvoicingError):
    """An item has been returned."""

    code = "ITEM_RETURNED"


class ItemApplied(InvoicingError):
    """A discount is in the prices of the order's other items; it is never invoiced, shipped or undone."""

    code = "ITEM_APPLIED"


class ItemNotUndone(InvoicingError):
    """An item is not being credited: cancel or return it first, and name its contra item."""

    code = "ITEM_NOT_UNDONE"


class ItemNotReceived(InvoicingError):
    """A returned item has not been received yet."""

    code = "ITEM_NOT_RECEIVED"


class ItemNotApproved(InvoicingError):
    """Crediting the item has not been approved yet."""

    code = "ITEM_NOT_APPROVED"


class ItemNotFinished(InvoicingError):
    """The item has not gone through all the steps that come before its credit."""

    code = "ITEM_NOT_FINISHED"


class ItemAlreadyHandled(InvoicingError):
    """This step has been done for the item."""

    code = "ITEM_ALREADY_HANDLED"


class MixedSaleAndCredit(InvoicingError):
    """Items that are sold and items that are credited cannot be on the same invoice."""

    code = "MIXED_SALE_AND_CREDIT"


class NotCreditable(InvoicingError):
    """A credit invoice cannot be credited itself."""

    code = "NOT_CREDITABLE"


class CreditTooHigh(InvoicingError):
    """More would be credited than is left of a line, of its VAT rate or of its invoice."""

    code = "CREDIT_TOO_HIGH"


class NothingToCredit(InvoicingError):
    """Everything on the invoice has been credited."""

    code = "NOTHING_TO_CREDIT"


class IdempotencyKeyReused(InvoicingError):
    """The idempotency key was used for another request."""

    code = "IDEMPOTENCY_KEY_REUSED"


class NotPayable(InvoicingError):
    """A credit invoice is not paid: refund the payment with refundPayment."""

    code = "NOT_PAYABLE"


class NothingOwed(InvoicingError):
    """Nothing is owed on this invoice that could be set off. What was overpaid on its order stays there."""

    code = "NOTHING_OWED"


class AlreadySettled(InvoicingError):
    """Nothing is outstanding on the invoice."""

    code = "ALREADY_SETTLED"


class NotSettled(InvoicingError):
    """The invoice is not settled, so its payments cannot be refunded."""

    code = "NOT_SETTLED"


class PaymentUnderWay(InvoicingError):
    """A charge for the invoice is under way: wait for its result."""

    code = "PAYMENT_UNDER_WAY"


class NotRefundable(InvoicingError):
    """Only a payment that was paid can be refunded."""

    code = "NOT_REFUNDABLE"


class RefundTooHigh(InvoicingError):
    """More would be refunded than is left of the payment."""

    code = "REFUND_TOO_HIGH"


class GatewayNotEnabled(InvoicingError):
    """This server has no such payment gateway: the operator enables it by configuration."""

    code = "GATEWAY_NOT_ENABLED"


class GatewayUnavailable(InvoicingError):
    """The payment gateway does not respond: try again later."""

    code = "GATEWAY_UNAVAILABLE"


class PaymentMethodRequired(InvoicingError):
    """Settling needs a payment method: an id, or `auto` for the customer's newest active one."""

    code = "PAYMENT_METHOD_REQUIRED"


class PaymentMethodNotFound(NotFound):
    """The customer has no such payment method that is active."""

    code = "PAYMENT_METHOD_NOT_FOUND"


class PaymentMethodRefused(InvoicingError):
    """The payment gateway does not take this payment method."""

    code = "PAYMENT_METHOD_REFUSED"


class UrlRefused(InvoicingError):
    """Webhooks go by https:// to the ports 443 and 8443 of public addresses only."""

    code = "URL_REFUSED"


class TooManyEndpoints(InvoicingError):
    """The account has the maximum number of webhook endpoints."""

    code = "TOO_MANY_ENDPOINTS"


class TooManyApiKeys(InvoicingError):
    """The account has the maximum number of API keys that work."""

    code = "TOO_MANY_API_KEYS"


class ApiKeyTooDeep(InvoicingError):
    """This key is the fifth of a line of keys that made each other, so it makes none: use one above it."""

    code = "API_KEY_TOO_DEEP"


class TooManyWatches(InvoicingError):
    """The API key or customer follows the maximum number of invoices already."""

    code = "TOO_MANY_SUBSCRIPTIONS"


class EndpointInactive(InvoicingError):
    """The webhook endpoint is not active, or was deleted: nothing is sent to it."""

    code = "ENDPOINT_INACTIVE"


class ClockBehind(InvoicingError):
    """The last invoice of the series has a later date than today: the server's clock is wrong."""

    code = "CLOCK_BEHIND"


class QueryTimeout(InvoicingError):
    """This takes longer than the server allows: narrow it down, or ask for less at once."""

    code = "QUERY_TIMEOUT"
    retry_after = 5


class DatabaseUnavailable(InvoicingError):
    """The database cannot be used at the moment: it is away, full, or locked for too long. Try again."""

    code = "UNAVAILABLE"
    retry_after = 5


class ServerOutdated(DatabaseUnavailable):
    """The database has another version than this server, which changes nothing in it: start the new one."""

    code = "SERVER_OUTDATED"
