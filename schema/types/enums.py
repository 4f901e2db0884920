"""The enums: most are the domain's own."""

from enum import Enum

import strawberry

from invoicing import access
from invoicing.accounts import paper_size
from invoicing.accounts import settings as account_settings
from invoicing.audit import actions as audit_actions
from invoicing.audit import subjects as audit_subjects
from invoicing.ledger import reimbursement
from invoicing.orders import actions, items
from invoicing.payments import manual
from invoicing.vat import categories
from invoicing.webhooks import events

OrderActionType = actions.Action
BlockReason = actions.Block
OrderItemType = items.ItemType
SupplyType = items.Supply
VatCategory = categories.Category
Scope = access.Scope
AuditActorType = access.ActorType
AuditAction = audit_actions.AuditAction
AuditSubjectType = audit_subjects.AuditSubjectType
ContraFlow = account_settings.ContraFlow
PaperSize = paper_size.PaperSize
ManualTransferMethod = manual.ManualTransferMethod
ReimbursementStatus = reimbursement.ReimbursementStatus
WebhookEvent = events.WebhookEvent

strawberry.enum(OrderActionType, name="OrderActionType", description="What can be done to an order's items.")
strawberry.enum(BlockReason, name="BlockReason", description="Why an action is not possible for an item now.")
strawberry.enum(
    OrderItemType,
    name="OrderItemType",
    description="What an item is: a product, or a charge or discount beside products.",
)
strawberry.enum(
    PaperSize, name="PaperSize", description="Of the pages: A4 is 210 × 297 mm, LETTER 8.5 × 11 inches."
)
strawberry.enum(SupplyType, name="SupplyType", description="Goods or services, for VAT reports.")
strawberry.enum(
    VatCategory,
    name="VatCategory",
    description=(
        "UNTDID 5305: S standard or reduced rate, Z zero rate, E exempt, AE reverse charge, "
        "K intra-community supply, G export outside the EU, O outside the scope of VAT."
    ),
)
strawberry.enum(
    Scope, name="Scope", description="What an API key may do: ORDERS_READ is the scope orders:read."
)
strawberry.enum(
    AuditActorType,
    name="AuditActorType",
    description="Who can do something: API_KEY, CUSTOMER in a session of their own, COMMAND_LINE on the "
    "server's machine, WORKER for what the server does by itself.",
)
strawberry.enum(
    AuditAction,
    name="AuditAction",
    description="What can be done: the mutation of that name (CREATE_ORDER is createOrder), whether over "
    "GraphQL or REST, or a command of the command line (IMPORT_ORDERS). CANCEL_INVOICE and REFUND_INVOICE "
    "are of the REST doors, RESOLVE_PAYMENT is a gateway's answer.",
)
strawberry.enum(
    AuditSubjectType, name="AuditSubjectType", description="The kinds of things that are changed."
)
strawberry.enum(
    ContraFlow,
    name="ContraFlow",
    description="DIRECT: what is cancelled or returned is invoiceable at once. "
    "GUIDED: receive, approve, finish.",
)


strawberry.enum(
    ManualTransferMethod,
    name="ManualTransferMethod",
    description="How money changes hands without a gateway.",
)
strawberry.enum(
    ReimbursementStatus,
    name="ReimbursementStatus",
    description="PAID: nothing is outstanding. OVERPAID: more was paid than was due. "
    "REFUNDED: all that was paid went back; of a credit invoice, all that is owed.",
)


strawberry.enum(
    WebhookEvent, name="WebhookEvent", description="What happened: INVOICE_CREATED is invoice.created."
)


@strawberry.enum(description="How far a webhook's delivery is.")
class WebhookDeliveryStatus(Enum):
    PENDING = strawberry.enum_value("PENDING", description="To be sent, at `next_attempt_at`.")
    DELIVERED = strawberry.enum_value("DELIVERED", description="The endpoint answered with 2xx.")
    PARKED = strawberry.enum_value(
        "PARKED", description="Given up: `error` says why, `replayWebhookDelivery` starts again."
    )


@strawberry.enum(
    description="CLOSED once every item is shipped and invoiced, or undone and credited, and all is paid."
)
class OrderStatus(Enum):
    OPEN = "OPEN"
    CLOSED = "CLOSED"


@strawberry.enum(description="How far an item has come; a CONTRA item undoes an invoiced one.")
class OrderItemStatus(Enum):
    OPEN = "OPEN"
    SHIPPED = "SHIPPED"
    CANCELLED = "CANCELLED"
    RETURNED = "RETURNED"
    APPLIED = strawberry.enum_value(
        "APPLIED", description="A DISCOUNT: it is in the prices of the order's other items."
    )
    CONTRA_PENDING = strawberry.enum_value("CONTRA_PENDING", description="Not ready to be credited.")
    CONTRA_FINISHED = strawberry.enum_value(
        "CONTRA_FINISHED", description="Ready to be credited, or credited."
    )


@strawberry.enum(description="INVOICE asks for money, CREDIT gives it back: its amounts are negative.")
class InvoiceType(Enum):
    INVOICE = "INVOICE"
    CREDIT = "CREDIT"


@strawberry.enum(
    description=(
        "How far an invoice has come. An invoice that was settled stays SETTLED, even if it is refunded."
    )
)
class InvoiceState(Enum):
    PENDING = strawberry.enum_value("PENDING", description="Issued; something is outstanding.")
    SETTLED = strawberry.enum_value("SETTLED", description="Nothing is outstanding.")
    FAILED = strawberry.enum_value("FAILED", description="A charge failed; it can still be paid.")
    CANCELLED = strawberry.enum_value("CANCELLED", description="Credited in full before it was settled.")


@strawberry.enum(description="Which way money went.")
class PaymentType(Enum):
    PAYMENT = strawberry.enum_value("PAYMENT", description="From the buyer.")
    REFUND = strawberry.enum_value("REFUND", description="Back to the buyer.")


@strawberry.enum(description="How far a payment or a refund is.")
class PaymentStatus(Enum):
    PENDING = strawberry.enum_value("PENDING", description="The gateway has not answered yet.")
    PAID = strawberry.enum_value("PAID", description="The money moved.")
    FAILED = strawberry.enum_value("FAILED", description="No money moved: `error` says why.")
    CANCELLED = strawberry.enum_value(
        "CANCELLED", description="Given up: the gateway never got it, and no money moved."
    )


@strawberry.enum(description="Whether a payment method can be charged.")
class PaymentMethodState(Enum):
    ACTIVE = strawberry.enum_value("ACTIVE", description="It can.")
    FAILED = strawberry.enum_value(
        "FAILED", description="The gateway says that it can never be charged again."
    )
    DELETED = strawberry.enum_value("DELETED", description="It was removed.")


@strawberry.enum(description="Whether the PDF is made.")
class PdfStatus(Enum):
    PENDING = strawberry.enum_value("PENDING", description="On its way: ask again in a moment.")
    READY = strawberry.enum_value("READY", description="`pdf_url` opens it.")
    FAILED = strawberry.enum_value(
        "FAILED", description="Given up after 5 attempts; `retryInvoicePdf` starts again."
    )
