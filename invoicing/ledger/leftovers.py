"""What rounding leaves on the papers of orders priced without VAT: it is set off between them.

The invoices of an order ask together what was quoted, and each of them may ask a minor unit more or less than
its credits give back. Once an invoice is credited in full, nobody means to pay that unit: a credit invoice of
the same order that owes as much pays it. Orders that share an invoice are taken together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, func, select

from invoicing.audit import subjects
from invoicing.audit.subjects import AuditSubjectType
from invoicing.ledger.balances import (
    Balance,
    balances_of,
    refundable_on,
    refunds_under_way_by_target,
)
from invoicing.ledger.distribution import Allocation, spread
from invoicing.ledger.entries import allocate, settle
from invoicing.locks import credits_of, orders_sharing, sales_of
from invoicing.storage import rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import invoice_lines, invoices

_MINE: BindParameter[str] = bindparam("account")
_IDS = id_list("ids")
_CREDITED = (
    select(func.coalesce(func.sum(invoice_lines.c.total_ex_vat + invoice_lines.c.vat_amount), 0))
    .where(invoice_lines.c.account_id == _MINE, invoice_lines.c.credited_invoice_id == invoices.c.id)
    .correlate(invoices)
    .scalar_subquery()
)
_LEFT_TO_CREDIT = Prepared(
    select(invoices.c.id, invoices.c.number, (invoices.c.total + _CREDITED).label("left")).where(
        invoices.c.account_id == _MINE, is_one_of(invoices.c.id, _IDS)
    )
)
_CREDITS = Prepared(
    select(invoice_lines.c.invoice_id, invoice_lines.c.credited_invoice_id)
    .where(
        invoice_lines.c.account_id == _MINE,
        is_one_of(invoice_lines.c.invoice_id, _IDS),
        invoice_lines.c.credited_invoice_id.is_not(None),
    )
    .distinct()
)


def wholly_credited(
    connection: Connection, account_id: str, ids: Collection[str], crediting: Mapping[str, int]
) -> dict[str, str]:
    """The numbers, by their ids, of those invoices of which nothing is left to credit; `crediting` is what a
    credit invoice that is about to be issued takes back of them."""
    if not ids:
        return {}
    found = rows.plain(connection, _LEFT_TO_CREDIT, {"account": account_id, "ids": sorted(ids)})
    return {id: number for id, number, left in found if int(left) == crediting.get(id, 0)}


def asked_by_wholly_credited(
    connection: Connection,
    account_id: str,
    order_ids: Sequence[str],
    *,
    crediting: Mapping[str, int],
    taken: Mapping[str, int],
) -> tuple[dict[str, Balance], dict[str, str]]:
    """The balances and the numbers of the orders' invoices that are credited in full and still ask for
    something, in order of issue; `taken` is what is set off against them by then."""
    sales = sales_of(connection, account_id, orders_sharing(connection, account_id, order_ids))
    found = balances_of(connection, account_id, sales)
    asking = [id for id, each in found.items() if each.money.outstanding > taken.get(id, 0)]
    numbers = wholly_credited(connection, account_id, asking, crediting)
    return {id: found[id] for id in asking if id in numbers}, numbers


def set_off_leftovers(
    connection: Connection, account_id: str, order_ids: Sequence[str], *, now: datetime
) -> None:
    """Sets off what credit invoices of the orders owe against what invoices of them ask that are credited in
    full. The smallest first: that is what rounding left. All of them are locked."""
    sales = sales_of(connection, account_id, orders_sharing(connection, account_id, order_ids))
    owed_by = credits_of(connection, account_id, sales)
    found = balances_of(connection, account_id, [*sales, *owed_by])
    owing = {id: -found[id].money.outstanding for id in owed_by if found[id].money.outstanding < 0}
    asking = {id: each.money.outstanding for id, each in found.items() if each.money.outstanding > 0}
    asking = {id: amount for id, amount in asking.items() if id not in owed_by}
    if not owing or not asking:
        return
    whole = wholly_credited(connection, account_id, asking, {})
    room = {id: amount for id, amount in asking.items() if id in whole}
    parts: list[Allocation] = []
    for credit in sorted(owing, key=lambda id: (owing[id], id)):
        given = spread(credit, owing[credit], room.items())
        for part in given:
            room[part.invoice_id] -= part.amount
            owing[credit] -= part.amount
        parts += given
    sources, targets = {part.source for part in parts}, {part.invoice_id for part in parts}
    allocate(connection, account_id, parts, of_credit=True, now=now)
    settle(connection, account_id, sorted(id for id in sources if owing[id] == 0), now=now)
    settle(connection, account_id, sorted(id for id in targets if room[id] == 0), "CANCELLED", now=now)
    subjects.note(connection, subjects.subjects(AuditSubjectType.INVOICE, *sorted(sources | targets)))


def owed_without_money(
    connection: Connection, account_id: str, order_ids: Sequence[str], but: Collection[str]
) -> dict[str, tuple[int, int]]:
    """By the ids of credit invoices of the orders, what they owe that the payments on what they credit can no
    longer refund, and all that they owe; without those in `but`."""
    orders = orders_sharing(connection, account_id, order_ids)
    owed_by = credits_of(connection, account_id, sales_of(connection, account_id, orders))
    found = balances_of(connection, account_id, [id for id in owed_by if id not in but])
    owing = {id: -each.money.outstanding for id, each in found.items() if each.money.outstanding < 0}
    if not owing:
        return {}
    originals: defaultdict[str, set[str]] = defaultdict(set)
    for credit, sale in rows.plain(connection, _CREDITS, {"account": account_id, "ids": sorted(owing)}):
        originals[credit].add(sale)
    sales = sorted(set().union(*originals.values()))
    money = [
        *refundable_on(connection, account_id, sales, orders),
        *refunds_under_way_by_target(connection, account_id, sales, orders),
    ]
    missing = {}
    for id, owed in owing.items():
        own = sum(each.left for each in money if each.order_id or each.invoice_id in originals[id])
        if owed > own:
            missing[id] = (owed - own, owed)
    return missing
