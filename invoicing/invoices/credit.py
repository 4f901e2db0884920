"""Credit invoices: what is left of issued invoices, taken back in any number of parts.

The VAT is settled for each invoice and each category and rate of it, over all its credits (vat/credit.py).
The invoice's row is locked, so that two credits never credit the same amount.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from invoicing import checks
from invoicing.access import Principal
from invoicing.decimals import Number, decimal_text
from invoicing.errors import CreditTooHigh, NoItems, NotFound, NothingToCredit, ValidationError
from invoicing.invoices.covered import check_can_share_invoice, find_items, in_order
from invoicing.invoices.credit_draft import CreditOf, credit_draft
from invoicing.invoices.credit_lines import Creditable, Taking, lock_creditable, lock_invoices_to_credit
from invoicing.invoices.draft import Draft
from invoicing.invoices.queries import Issued
from invoicing.invoices.rounding import nets_on_invoices
from invoicing.locks import lock_invoices_of_quoted
from invoicing.money import between
from invoicing.orders.items import taxable
from invoicing.storage.tables import Order, OrderItem
from invoicing.vat.credit import Credit, credit
from invoicing.vat.credit_fitting import credit_what_fits
from invoicing.vat.credit_with_vat import GivenBack, credit_with_vat
from invoicing.vat.rounding import Step, asked_for
from invoicing.vat.sold import Group, all_left


@dataclass(frozen=True, slots=True)
class LineCredit:
    """How much of a line is to be credited: all of it, a quantity, or an `amount`.

    The amount is priced as the invoice is; `with_vat` it contains VAT in any case.
    """

    line_id: str
    quantity: Number | None = None
    amount: int | None = None
    with_vat: int | None = None


def credit_items(
    connection: Connection,
    principal: Principal,
    covered: Sequence[Order],
    items: Sequence[OrderItem],
    *,
    now: datetime,
) -> Draft:
    """The credit invoice for contra items: each takes back its share of the line it was invoiced on, as far
    as so much is left of the line and of the invoice."""
    check_can_share_invoice(covered, items)
    if not covered[0].is_including_vat:
        lock_invoices_of_quoted(connection, principal.account_id, [order.id for order in covered])
    named = [str(item.contra_of) for item in items]
    undone = {item.id: item for item in find_items(connection, principal, named)}
    originals = lock_invoices_to_credit(
        connection, principal, {str(item.invoice_id) for item in undone.values()}
    )
    lines = lock_creditable(connection, principal, originals)
    by_item = {(id, str(each.line.order_item_id)): (id, each) for id, mine in lines.items() for each in mine}
    takings: dict[str, list[Taking]] = {invoice.id: [] for invoice in originals}
    printed = in_order(covered, items)
    for item in printed:
        part = undone[str(item.contra_of)]
        id, line = by_item[str(part.invoice_id), str(part.invoiced_as)]
        takings[id].append(_undone(line, part, item))
    made = []
    for invoice in originals:
        sold, parts = [each.sold for each in lines[invoice.id]], [each.part for each in takings[invoice.id]]
        fitting = credit_what_fits(sold, parts, including_vat=invoice.is_including_vat)
        made.append(CreditOf(invoice, lines[invoice.id], takings[invoice.id], fitting))
    reasons = dict.fromkeys(item.undo_reason for item in items if item.undo_reason)
    ids = [item.id for item in printed]
    return credit_draft(connection, principal, made, note="\n".join(reasons) or None, printed=ids, now=now)


def credit_invoice(
    connection: Connection,
    principal: Principal,
    original: Issued,
    asked: Sequence[LineCredit] | None,
    *,
    reason: str | None,
    now: datetime,
) -> Draft:
    """The credit invoice for lines of a locked invoice, or for all that is left of it."""
    if asked is not None and not asked:
        raise NoItems("The list is empty; without one, all that is left is credited.", field="lines")
    lines = lock_creditable(connection, principal, [original])[original.id]
    if asked is None:
        made = _all_left(original, lines)
        takes_something = any(each.of.line.total == 0 for each in made.takings)
    else:
        by_id = {each.line.id: each for each in lines}
        takings = [_taken(by_id, each, f"lines.{index}") for index, each in enumerate(asked)]
        has_vat = {each.with_vat is not None for each in asked}
        given_back = None
        if True in has_vat and not original.is_including_vat:
            given_back = _given_back(connection, principal, lines)
        credited = _credit(original, lines, takings, has_vat, given_back)
        made = CreditOf(original, lines, takings, credited)
        takes_something = any(each.pieces for each in takings)
    if made.is_nothing and not takes_something:
        raise NothingToCredit(field="invoice_id", ids=[original.id])
    return credit_draft(connection, principal, [made], note=reason, now=now)


def _undone(line: Creditable, part: OrderItem, item: OrderItem) -> Taking:
    """What a contra item takes back. The last piece takes what is left."""
    pieces = min(part.quantity, line.pieces)
    undone = taxable(part)
    subtotal = undone.subtotal if pieces == part.quantity else line.worth(pieces).subtotal
    amount = between(undone.subtotal - undone.discount, 0, line.left)
    return line.take(line.left if pieces == line.pieces else amount, pieces, subtotal=subtotal, item=item)


def _all_left(original: Issued, lines: Sequence[Creditable]) -> CreditOf:
    """All that is left; of what was given away, the pieces."""
    sold = [each.sold for each in lines]
    parts = {part.place for part in all_left(sold)}
    takings = []
    for each in lines:
        if not each.is_spent:
            takings.append(each.take_pieces(each.pieces))
        elif each.place in parts:  # VAT alone is left of its category and rate
            takings.append(each.take(0))
    left = [each.part for each in takings]
    return CreditOf(original, lines, takings, credit(sold, left, including_vat=original.is_including_vat))


def _given_back(
    connection: Connection, principal: Principal, lines: Sequence[Creditable]
) -> GivenBack | None:
    """What nets of the lines give back by their orders' quotes; None without an order."""
    orders = {str(each.line.order_id) for each in lines if each.line.order_id is not None}
    if not orders:
        return None
    before = nets_on_invoices(connection, principal.account_id, orders)

    def given_back(group: Group, nets: Mapping[int, int]) -> int:
        change: dict[str, int] = dict.fromkeys(orders, 0)
        for place, net in nets.items():
            change[str(lines[place].line.order_id)] -= net
        steps = [Step(before=before[id], change={group[1]: net}) for id, net in change.items()]
        return -sum(asked_for(step) for step in steps)

    return given_back


def _credit(
    original: Issued,
    lines: Sequence[Creditable],
    takings: Sequence[Taking],
    has_vat: set[bool],
    given_back: GivenBack | None,
) -> Credit:
    """The credit of these parts; what is refused as a whole names all of the lines."""
    sold, parts = [each.sold for each in lines], [each.part for each in takings]
    try:
        if original.is_including_vat or True not in has_vat:
            return credit(sold, parts, including_vat=original.is_including_vat)
        if False in has_vat:
            raise ValidationError("Amounts with VAT are credited without others.", field="lines")
        return credit_with_vat(sold, parts, given_back=given_back)
    except (CreditTooHigh, ValidationError) as refusal:
        ids = [lines[part.place].line.id for part in parts]
        raise type(refusal)(str(refusal), field=refusal.field or "lines", ids=ids) from refusal


def _taken(lines: Mapping[str, Creditable], asked: LineCredit, at: str) -> Taking:
    left = lines.get(asked.line_id)
    if left is None:
        raise NotFound(
            f"The invoice has no line {asked.line_id}.", field=f"{at}.line_id", ids=[asked.line_id]
        )
    if (asked.quantity, asked.amount, asked.with_vat).count(None) < 2:
        raise ValidationError("Credit a line by quantity or by amount, not by both.", field=f"{at}.amount")
    if asked.amount is not None:
        return left.take(_within(asked.amount, left.left, left, f"{at}.amount"))
    if asked.with_vat is not None:
        amount = _within(asked.with_vat, left.left_with_vat, left, f"{at}.with_vat")
        left.left_with_vat -= amount
        return left.take(amount)
    if asked.quantity is None and not left.is_spent:
        return left.take_pieces(left.pieces)
    return left.take_pieces(_pieces_within(asked, left, f"{at}.quantity"))


def _pieces_within(asked: LineCredit, left: Creditable, field: str) -> int:
    """The quantity that was asked for: as many pieces are left, and what they came to is left too."""
    quantity = left.pieces if asked.quantity is None else checks.quantity(asked.quantity, field)
    if left.is_spent or quantity > left.pieces:
        pieces = 0 if left.is_spent else left.pieces
        raise CreditTooHigh(
            f"{decimal_text(pieces)} of the line {left.line.name} are left to credit.",
            field=field,
            ids=[left.line.id],
        )
    worth = left.worth(quantity).total
    if worth != between(worth, 0, left.left):
        raise CreditTooHigh(
            f"{left.left} of the line {left.line.name} is left to credit, and {decimal_text(quantity)} of it "
            f"came to {worth}: credit an amount.",
            field=field,
            ids=[left.line.id],
        )
    return quantity


def _within(amount: int, most: int, left: Creditable, field: str) -> int:
    """The amount, if so much is left; it has the line's own sign."""
    if left.line.total > 0 >= amount:
        raise ValidationError(f"{field} must be more than 0 (it is {amount}).", field=field)
    if amount * most <= 0 or amount != between(amount, 0, most):
        raise CreditTooHigh(
            f"{most} of the line {left.line.name} is left to credit.", field=field, ids=[left.line.id]
        )
    return amount
