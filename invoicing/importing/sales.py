"""Reads the lines of a shop's export as an order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from invoicing import checks
from invoicing.importing.columns import Row
from invoicing.importing.lines import Line
from invoicing.importing.numbers import Decimals
from invoicing.importing.orders import ImportedOrder, Terms, read_order
from invoicing.importing.rejects import Flaw, FlawedOrder
from invoicing.importing.sale import Sale, ShopTerms, Unclear

ToSale = Callable[[Sequence[Row], ShopTerms], Sale]


def read_sale(lines: Sequence[Line], terms: Terms, shop: ShopTerms, to_sale: ToSale) -> ImportedOrder:
    """The order that these lines of an export make. Raises FlawedOrder if they make none, or NotSold."""
    if flaws := {at: line.flaw for at, line in enumerate(lines) if line.flaw is not None}:
        raise FlawedOrder(flaws)
    try:
        sale = to_sale([line.row for line in lines], shop)
    except Unclear as unclear:
        places = range(len(lines)) if unclear.place is None else [unclear.place]
        raise FlawedOrder(dict.fromkeys(places, Flaw(unclear.reason, unclear.message))) from unclear
    items = [replace(lines[at], row=row) for at, row in zip(sale.places, sale.rows, strict=True)]
    as_told = replace(terms, including_vat=sale.including_vat, vat_rate=None, decimals=Decimals.POINT)
    try:
        order = read_order(items, as_told, has_own_billing=True)
    except FlawedOrder as flawed:
        raise flawed.at_places(sale.places) from flawed
    return replace(order, lines=lines, places=sale.places, expected=sale.expected)


def shop_terms(terms: Terms) -> ShopTerms:
    """The rate is the one for what an export gives no rate of."""
    told = terms.vat_rate
    rate = terms.seller.default_vat_rate if told is None else checks.vat_rate(told, "--vat-rate")
    address = terms.seller.address or {}
    return ShopTerms(
        currency=terms.currency,
        rate=rate,
        country=address.get("country_code"),
        decimals=terms.decimals,
        untaxed=terms.untaxed,
    )
