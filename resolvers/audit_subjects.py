"""What a command was done to, as its result tells it, for the audit log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from invoicing.audit.subjects import AuditSubjectType as Type
from invoicing.audit.subjects import Subject, subjects

_BY_RESULT: Mapping[str, Callable[[Any], list[Subject]]] = {
    "Account": lambda row: subjects(Type.ACCOUNT, row.id),
    "ApiKey": lambda row: subjects(Type.API_KEY, row.id),
    "Customer": lambda row: subjects(Type.CUSTOMER, row.id),
    "CustomerSession": lambda row: [
        *subjects(Type.CUSTOMER_SESSION, row.id),
        *subjects(Type.CUSTOMER, row.customer_id),
    ],
    "Erased": lambda erased: subjects(Type.CUSTOMER, erased.customer_id),
    "Order": lambda row: subjects(Type.ORDER, row.id),
    "OrderItem": lambda row: subjects(Type.ORDER, row.order_id),
    "Issued": lambda row: subjects(Type.INVOICE, row.id),
    "Made": lambda made: [*subjects_of(made.invoice), *subjects_of(made.begun)],
    "Payment": lambda row: [
        *subjects(Type.PAYMENT, row.id, row.refund_of),
        *subjects(Type.ORDER, row.order_id),
        *subjects(Type.INVOICE, row.invoice_id),
    ],
    "PendingPayment": lambda pending: subjects_of(pending.payment),
    "Repaid": lambda repaid: [*subjects_of(repaid.credit), *subjects_of(repaid.begun)],
    "PaymentMethod": lambda row: [
        *subjects(Type.PAYMENT_METHOD, row.id),
        *subjects(Type.CUSTOMER, row.customer_id),
    ],
    "WebhookEndpoint": lambda row: subjects(Type.WEBHOOK_ENDPOINT, row.id),
    "WebhookDelivery": lambda row: [
        *subjects(Type.WEBHOOK_DELIVERY, row.id),
        *subjects(Type.WEBHOOK_ENDPOINT, row.endpoint_id),
    ],
}
"""By the type of the result: rows have the name of their table's class (`invoicing.storage.rows`)."""


def subjects_of(result: object) -> list[Subject]:
    """Texts and numbers tell nothing: a token, a count. Then the resolver says what it is about."""
    if result is None or isinstance(result, (str, int)):
        return []
    if known := _BY_RESULT.get(type(result).__name__):
        return known(result)
    if isinstance(result, (tuple, list)):
        return [subject for each in result for subject in subjects_of(each)]
    raise LookupError(f"It is not known what a command with the result {type(result).__name__} was done to.")
