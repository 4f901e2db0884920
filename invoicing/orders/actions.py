"""What may be done with an order's items now, and why not with the others. Pure: rows in, answers out.

What an item is open to, its own state decides (`RULES`). Whether it may be sold on an invoice at all, its
order's seller and buyer decide besides (`lawful`).

The commands ask the same rules, so what is listed here is exactly what they accept. Lists filter orders by
two of them, "can be invoiced" and "is closed": these are written again as SQL in `actions_sql`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from invoicing import errors
from invoicing.errors import InvoicingError
from invoicing.orders.applied import is_applied
from invoicing.orders.lawful import RULED, Parties, unlawful
from invoicing.storage.tables import Order, OrderItem


class Action(StrEnum):
    INVOICE = "INVOICE"
    SHIP = "SHIP"
    CANCEL = "CANCEL"
    RETURN = "RETURN"
    HANDLE_RECEIPT = "HANDLE_RECEIPT"
    HANDLE_APPROVAL = "HANDLE_APPROVAL"
    HANDLE_FINISH = "HANDLE_FINISH"


class Undone(StrEnum):
    CANCELLED = "CANCELLED"
    RETURNED = "RETURNED"


class Block(StrEnum):
    """Why an action is closed to an item; the value is shown with `message`."""

    APPLIED = "APPLIED"
    ALREADY_INVOICED = "ALREADY_INVOICED"
    NOT_SHIPPED = "NOT_SHIPPED"
    ALREADY_SHIPPED = "ALREADY_SHIPPED"
    CANCELLED = "CANCELLED"
    RETURNED = "RETURNED"
    NOT_INVOICED = "NOT_INVOICED"
    NOT_RECEIVED = "NOT_RECEIVED"
    NOT_APPROVED = "NOT_APPROVED"
    NOT_FINISHED = "NOT_FINISHED"
    ALREADY_HANDLED = "ALREADY_HANDLED"
    SELLER_INCOMPLETE = "SELLER_INCOMPLETE"
    VAT_TREATMENT_NOT_ALLOWED = "VAT_TREATMENT_NOT_ALLOWED"

    @property
    def message(self) -> str:
        return _TOLD[self][0]

    @property
    def refusal(self) -> type[InvoicingError]:
        """The error of a command that is called anyway."""
        return _TOLD[self][1]


_TOLD: Mapping[Block, tuple[str, type[InvoicingError]]] = {
    Block.APPLIED: ("The discount is in the prices of the order's other items.", errors.ItemApplied),
    Block.NOT_SHIPPED: ("The item has not been shipped.", errors.ItemNotShipped),
    Block.ALREADY_INVOICED: ("The item is on an invoice already.", errors.ItemAlreadyInvoiced),
    Block.ALREADY_SHIPPED: ("The item has been shipped already.", errors.ItemAlreadyShipped),
    Block.CANCELLED: ("The item has been cancelled.", errors.ItemCancelled),
    Block.RETURNED: ("The item has been returned.", errors.ItemReturned),
    Block.NOT_INVOICED: ("There is nothing to credit: the item was not invoiced.", errors.ItemNotUndone),
    Block.NOT_RECEIVED: ("The returned item has not been received yet.", errors.ItemNotReceived),
    Block.NOT_APPROVED: ("Crediting the item has not been approved yet.", errors.ItemNotApproved),
    Block.NOT_FINISHED: ("Crediting the item has not been finished yet.", errors.ItemNotFinished),
    Block.ALREADY_HANDLED: ("This step has been done.", errors.ItemAlreadyHandled),
    Block.SELLER_INCOMPLETE: (
        "The seller lacks what every invoice must say about it.",
        errors.SellerIncomplete,
    ),
    Block.VAT_TREATMENT_NOT_ALLOWED: (
        "The law does not allow the item's VAT category for this seller, buyer or supply.",
        errors.VatTreatmentNotAllowed,
    ),
}

_UNLAWFUL: Mapping[type[InvoicingError], Block] = {
    block.refusal: block for block in (Block.SELLER_INCOMPLETE, Block.VAT_TREATMENT_NOT_ALLOWED)
}

Rule = Callable[[Order, OrderItem], Block | None]

_Why = tuple[Block, str]
"""The reason and the sentence."""
_State = tuple[str | bool | None, ...]


class Possible(NamedTuple):
    """An action, and the ids of the items it can be done to."""

    action: Action
    ids: list[str]


class Blocked(NamedTuple):
    """Why an action is closed to an item: `reason` for programs, `message` for people."""

    action: Action
    id: str
    reason: Block
    message: str


def _invoice(order: Order, item: OrderItem) -> Block | None:  # as SQL: actions_sql.has_item_to_invoice
    if is_applied(item):
        return Block.APPLIED
    if item.invoice_id is not None:
        return Block.ALREADY_INVOICED
    if item.contra_of is not None:
        return Block.NOT_FINISHED if item.finished_at is None else None
    if item.undone_as is not None:
        return Block(item.undone_as)
    if order.invoice_after_shipment and item.shipped_at is None:
        return Block.NOT_SHIPPED
    return None


def _ship(_: Order, item: OrderItem) -> Block | None:
    if is_applied(item):
        return Block.APPLIED
    if item.undone_as is not None:
        return Block(item.undone_as)
    return Block.ALREADY_SHIPPED if item.shipped_at is not None else None


def _return(_: Order, item: OrderItem) -> Block | None:
    if is_applied(item):
        return Block.APPLIED
    if item.undone_as is not None:
        return Block(item.undone_as)
    return Block.NOT_SHIPPED if item.shipped_at is None else None


def _receive(_: Order, item: OrderItem) -> Block | None:
    if item.contra_of is None:
        return Block.NOT_INVOICED
    return Block.ALREADY_HANDLED if item.received_at is not None else None


def _approve(_: Order, item: OrderItem) -> Block | None:
    if item.contra_of is None:
        return Block.NOT_INVOICED
    if item.received_at is None:
        return Block.NOT_RECEIVED
    return Block.ALREADY_HANDLED if item.approved_at is not None else None


def _finish(_: Order, item: OrderItem) -> Block | None:
    if item.contra_of is None:
        return Block.NOT_INVOICED
    if item.approved_at is None:
        return Block.NOT_APPROVED
    return Block.ALREADY_HANDLED if item.finished_at is not None else None


RULES: Mapping[Action, Rule] = {
    Action.INVOICE: _invoice,
    Action.SHIP: _ship,
    Action.CANCEL: _ship,  # what can still be shipped can still be cancelled
    Action.RETURN: _return,
    Action.HANDLE_RECEIPT: _receive,
    Action.HANDLE_APPROVAL: _approve,
    Action.HANDLE_FINISH: _finish,
}

OF_CONTRA_ITEMS = frozenset((Action.HANDLE_RECEIPT, Action.HANDLE_APPROVAL, Action.HANDLE_FINISH))


def why_closed(action: Action, order: Order, item: OrderItem, parties: Parties) -> _Why | None:
    """The reason and the sentence why the action is closed to the item, or None if it is open."""
    if (reason := RULES[action](order, item)) is not None:
        return reason, reason.message
    if action is Action.INVOICE and (refusal := unlawful(order, item, parties)) is not None:
        return _told_by(refusal)
    return None


def _told_by(refusal: InvoicingError) -> _Why:
    return _UNLAWFUL[type(refusal)], str(refusal)


def _state_of(item: OrderItem) -> _State:
    """All of an item that decides what it is open to, beside its order and the parties."""
    state = item.type, item.undone_as, item.invoice_id is None, item.shipped_at is None
    if item.contra_of is not None:
        steps = item.received_at, item.approved_at, item.finished_at
        return *state, *[step is None for step in steps]
    if item.vat_category in RULED:
        return *state, item.vat_category, item.supply, item.service_period is None
    return state


class _Outlook(NamedTuple):
    """What items in the same state are open to, and what is told of the rest; by the places in `RULES`."""

    open: Sequence[int]
    blocked: Sequence[tuple[int, Action, Block, str]]


def _outlook(order: Order, item: OrderItem, parties: Parties) -> _Outlook:
    """HANDLE_… is told of contra items only, and SHIP, CANCEL and RETURN of the others only."""
    closed = [(action, why_closed(action, order, item, parties)) for action in RULES]
    is_contra = item.contra_of is not None
    return _Outlook(
        [place for place, (_, why) in enumerate(closed) if why is None],
        [
            (place, action, *why)
            for place, (action, why) in enumerate(closed)
            if why is not None
            if action is Action.INVOICE or (action in OF_CONTRA_ITEMS) == is_contra
        ],
    )


class ItemActions:
    """What may be done with the items of an order, and what not: looked at once, for both.

    Most items of an order are in the same state, for which the rules are asked once.
    """

    def __init__(self, order: Order, items: Sequence[OrderItem], parties: Parties) -> None:
        known: dict[_State, _Outlook] = {}
        self._looked_at: list[tuple[str, _Outlook]] = []
        for item in items:
            state = _state_of(item)
            outlook = known.get(state)
            if outlook is None:
                outlook = known[state] = _outlook(order, item, parties)
            self._looked_at.append((item.id, outlook))

    def possible(self) -> list[Possible]:
        """One entry for each action that at least one item is open to."""
        found: list[list[str]] = [[] for _ in RULES]
        for id, outlook in self._looked_at:
            for place in outlook.open:
                found[place].append(id)
        return [Possible(action, ids) for action, ids in zip(RULES, found, strict=True) if ids]

    def blocked(self) -> list[Blocked]:
        """Every action that is closed to an item, with the reason, where it is one for such items."""
        found: list[list[Blocked]] = [[] for _ in RULES]
        for id, outlook in self._looked_at:
            for place, action, reason, message in outlook.blocked:
                found[place].append(Blocked(action, id, reason, message))
        return [*chain.from_iterable(found)]


def open_to(action: Action, order: Order, items: Sequence[OrderItem], parties: Parties) -> list[OrderItem]:
    """The items that the action is open to."""
    return [item for item in items if why_closed(action, order, item, parties) is None]


def why_nothing_to_invoice(order: Order, items: Sequence[OrderItem], parties: Parties) -> InvoicingError:
    """The error for an order without an open item: what the law misses, if that is all that stops an item."""
    ready = [item for item in items if RULES[Action.INVOICE](order, item) is None]
    refusal = _why_unlawful({order.id: order}, ready, parties)
    return refusal or errors.NothingToInvoice(field="order_id", ids=[order.id])


def check_lawful(order_of: Mapping[str, Order], items: Sequence[OrderItem], parties: Parties) -> None:
    """Refuses items of which one may not be sold on an invoice."""
    if (refusal := _why_unlawful(order_of, items, parties)) is not None:
        raise refusal


def _why_unlawful(
    order_of: Mapping[str, Order], items: Sequence[OrderItem], parties: Parties
) -> InvoicingError | None:
    """The first item's error, with the ids of all items for which it is the same."""
    found = [(item.id, unlawful(order_of[item.order_id], item, parties)) for item in items]
    first = next((refusal for _, refusal in found if refusal is not None), None)
    if first is None or first is parties.incomplete:
        return first
    ids = [id for id, refusal in found if str(refusal) == str(first)]
    return type(first)(str(first), field=first.field, ids=ids, more=first.more)


def demand(action: Action, order_of: Mapping[str, Order], items: Sequence[OrderItem]) -> None:
    """Raises the reason's own error unless the state of all of the items is open to the action."""
    reasons = {item.id: RULES[action](order_of[item.order_id], item) for item in items}
    for block in Block:
        if ids := [id for id, reason in reasons.items() if reason is block]:
            raise block.refusal(f"{block.message[:-1]}: {', '.join(ids)}.", field="items", ids=ids)


def is_closed(items: Sequence[OrderItem], unsettled: Collection[str]) -> bool:
    """Everything is done, and no invoice or credit invoice with the items is unsettled (`unsettled`: types).

    What was paid too much, or is left of what was paid on the order, stays with the payment: it keeps no
    order open. As SQL: actions_sql.is_closed.
    """
    return is_done(items) and not unsettled


def is_done(items: Sequence[OrderItem]) -> bool:
    """Everything is shipped and invoiced, or undone; and what was undone after its invoice is credited.

    A discount that is applied is done with the items that it applies to.
    """
    return all(_is_done(item) for item in items if not is_applied(item))


def _is_done(item: OrderItem) -> bool:
    if item.contra_of is not None:
        return item.invoice_id is not None
    return item.undone_as is not None or (item.shipped_at is not None and item.invoice_id is not None)
