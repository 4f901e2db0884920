"""The calls of the public API that the clients make, and what an answer tells was made."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.siege.journal import Content

Told = Iterator[tuple[str, str, Content]]
"""Kind, id and content of each thing that an answer tells of."""

_INVOICE = "{ id number type total reimbursement { payments { id type status amount } } }"
_PAYMENT = "{ id type status amount }"
_ORDER = "order { id number }"
_CONTRAS = "contra_items { id quantity }"

SELECTIONS: Mapping[str, str] = {
    "createCustomer": "{ customer { id name } }",
    "addPaymentMethod": "{ payment_method { id label } }",
    "createOrder": "{ order { id number items { id quantity } } }",
    "updateOrder": f"{{ {_ORDER} }}",
    "shipOrderItems": f"{{ {_ORDER} }}",
    "cancelOrderItems": f"{{ {_ORDER} {_CONTRAS} }}",
    "returnOrderItems": f"{{ {_ORDER} {_CONTRAS} }}",
    "receiveOrderItems": f"{{ {_ORDER} }}",
    "approveOrderItems": f"{{ {_ORDER} }}",
    "finishOrderItems": f"{{ {_ORDER} }}",
    "invoiceItems": f"{{ invoice {_INVOICE} }}",
    "invoiceOrder": f"{{ invoice {_INVOICE} }}",
    "createInvoice": f"{{ invoice {_INVOICE} }}",
    "creditInvoice": f"{{ invoice {_INVOICE} }}",
    "recordPayment": f"{{ payment {_PAYMENT} }}",
    "settleInvoice": f"{{ payment {_PAYMENT} }}",
    "settleInvoiceManually": f"{{ payment {_PAYMENT} }}",
    "refundPayment": f"{{ refund {_PAYMENT} }}",
    "retryInvoicePdf": "{ invoice { id number } }",
    "createCustomerSession": "{ customer_session { id } }",
    "revokeCustomerSession": "{ customer_session { id } }",
    "createWebhookEndpoint": "{ webhook_endpoint { id url } }",
    "updateWebhookEndpoint": "{ webhook_endpoint { id } }",
    "sendTestWebhook": "{ webhook_delivery { id } }",
}
ORDER = (
    "query ($id: String!) { order(id: $id) "
    f"{{ id number total invoices {_INVOICE} payments {_PAYMENT} "
    "items { id type quantity invoice { id } contra_of { id } } actions { action ids } } }"
)
INVOICE = (
    "query ($id: String!) { invoice(id: $id) { id number type total state "
    f"reimbursement {{ payments {_PAYMENT} }} lines {{ id total }} }} }}"
)
ENDPOINTS = "query { webhookEndpoints { id url } }"


@dataclass(frozen=True, slots=True)
class Call:
    """`refusals` are those that the rules may answer with. `done` are those that tell, when the call is sent
    again, that it was done the first time: of the calls that take no key. With a `path` it is a REST call."""

    name: str
    input: Mapping[str, Any] = field(default_factory=dict)
    refusals: Collection[str] = ()
    done: Collection[str] = ()
    has_key: bool = True
    path: str = "/graphql"
    query: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> Mapping[str, Any]:
        if self.path != "/graphql":
            return self.input
        if self.query:
            return {"query": self.query, "variables": self.variables}
        type_ = f"{self.name[0].upper()}{self.name[1:]}Input"
        if self.name in ("receiveOrderItems", "approveOrderItems", "finishOrderItems"):
            type_ = "HandleOrderItemsInput"
        query = f"mutation ($input: {type_}!) {{ {self.name}(input: $input) {SELECTIONS[self.name]} }}"
        return {"query": query, "variables": {"input": self.input}}


def told(answer: Any) -> Told:
    """Everything that was made, wherever it is in an answer."""
    if isinstance(answer, list):
        for each in answer:
            yield from told(each)
    if not isinstance(answer, dict):
        return
    for name, value in answer.items():
        if isinstance(value, dict) and (of_thing := _CONTENTS.get(name)):
            yield of_thing[0], value["id"], {field: value[field] for field in of_thing[1] if field in value}
        for each in value if isinstance(value, list) else []:
            if of_thing := _CONTENTS.get(name):
                yield of_thing[0], each["id"], {field: each[field] for field in of_thing[1] if field in each}
        yield from told(value)


_CONTENTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "customer": ("customers", ("name",)),
    "order": ("orders", ("number",)),
    "contra_items": ("order_items", ()),
    "items": ("order_items", ()),
    "invoice": ("invoices", ("number", "type", "total")),
    "invoices": ("invoices", ("number", "type", "total")),
    "payment": ("payments", ("type", "amount")),
    "refund": ("payments", ("type", "amount")),
    "payments": ("payments", ("type", "amount")),
    "payment_method": ("payment_methods", ("label",)),
    "customer_session": ("customer_sessions", ()),
    "webhook_endpoint": ("webhook_endpoints", ()),
    "webhookEndpoints": ("webhook_endpoints", ()),
}
"""The table of what an answer has under a name, and what of it never changes."""
