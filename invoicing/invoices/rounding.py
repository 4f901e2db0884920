"""The rounding of what is about to be issued (BT-114), and which line of each order has its part of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam, func, select

from invoicing.snapshot import Line
from invoicing.storage import rows
from invoicing.storage.id_lists import id_list, is_one_of
from invoicing.storage.prepared import Prepared
from invoicing.storage.tables import invoice_lines
from invoicing.vat.rounding import Nets, Step, asked_for, order_rounding

_NETS = Prepared(
    select(invoice_lines.c.order_id, invoice_lines.c.vat_rate, func.sum(invoice_lines.c.total_ex_vat))
    .where(
        invoice_lines.c.account_id == bindparam("account"),
        is_one_of(invoice_lines.c.order_id, id_list("ids")),
    )
    .group_by(invoice_lines.c.order_id, invoice_lines.c.vat_rate)
)

_GIVEN_BACK = select(
    func.coalesce(
        func.sum(
            invoice_lines.c.total_ex_vat
            + invoice_lines.c.vat_amount
            + func.coalesce(invoice_lines.c.rounding, 0)
        ),
        0,
    )
).where(
    invoice_lines.c.account_id == bindparam("account"),
    invoice_lines.c.credited_invoice_id == bindparam("invoice"),
)

NetsOfOrders = Mapping[str, Nets]
"""By the ids of orders, their nets that are on invoices, credits taken off."""


def nets_on_invoices(connection: Connection, account_id: str, order_ids: set[str]) -> NetsOfOrders:
    """What is on invoices of orders that are locked, so that no other invoice of theirs is issued now."""
    found: dict[str, dict[int, int]] = {id: {} for id in order_ids}
    key = {"account": account_id, "ids": sorted(order_ids)}
    for order_id, rate, net in rows.plain(connection, _NETS, key) if order_ids else ():
        found[order_id][rate] = int(net)
    return found


def given_back_beyond(connection: Connection, account_id: str, invoice_id: str, due: int) -> int:
    """What the credits of an invoice, which asked what was `due`, give back more than that."""
    key = {"account": account_id, "invoice": invoice_id}
    return max(0, -int(connection.execute(_GIVEN_BACK, key).scalar_one()) - due)


def with_order_rounding(
    lines: Sequence[Line], before: NetsOfOrders, caught_up: Mapping[str | None, int] | None = None
) -> list[Line]:
    """The lines of orders priced without VAT; the first one of each order has its part of the rounding.

    A credit's lines have a part for each order on each invoice that they credit; `caught_up` is by these
    invoices. Unbalanced, if the parts together are more than can come of rounding.
    """
    steps, rounded, so_far = [], [*lines], dict(before)
    left_to_catch_up = dict(caught_up or {})
    for (credited, order_id), places in _by_order(lines).items():
        mine = [lines[place] for place in places]
        step = Step(before=so_far[order_id], change=_nets(mine))
        part = asked_for(step) - sum(line.asked for line in mine) - left_to_catch_up.pop(credited, 0)
        rounded[places[0]] = replace(mine[0], rounding=part)
        so_far[order_id] = _added(step.before, step.change)
        steps.append(step)
    order_rounding(steps, sum(line.asked for line in lines), -sum((caught_up or {}).values()))
    return rounded


def _by_order(lines: Sequence[Line]) -> Mapping[tuple[str | None, str], list[int]]:
    """The places of the lines by the invoice that they credit, if any, and their order."""
    found: defaultdict[tuple[str | None, str], list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        found[line.credited_invoice_id, str(line.order_id)].append(place)
    return found


def _nets(lines: Sequence[Line]) -> Nets:
    nets: defaultdict[int, int] = defaultdict(int)
    for line in lines:
        nets[line.vat_rate] += line.total_ex_vat
    return nets


def _added(nets: Nets, change: Nets) -> Nets:
    return {rate: nets.get(rate, 0) + change.get(rate, 0) for rate in {*nets, *change}}
