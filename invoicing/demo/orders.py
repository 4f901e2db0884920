"""What the demo shop's customers ordered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from invoicing.demo.shop import address
from invoicing.orders.values import CreateOrderValues, OrderItemValues


class DemoOrder(CreateOrderValues):
    """An order, how many days old it is, and how far it has come."""

    days_ago: int
    state: Literal["OPEN", "SHIPPED", "INVOICED"]


def _item(
    sku: str, name: str, quantity: int, unit_price: int, /, **more: Unpack[OrderItemValues]
) -> OrderItemValues:
    return {"sku": sku, "name": name, "quantity": quantity, "unit_price": unit_price, **more}


def _postage(price: int, /, **more: Unpack[OrderItemValues]) -> OrderItemValues:
    return {"type": "SHIPPING", "name": "Verzendkosten", "quantity": 1, "unit_price": price, **more}


_WITHIN_EU: OrderItemValues = {
    "vat_category": "K",
    "exemption_reason": "Intra-Community supply, Art. 138 Directive 2006/112/EC",
}
_REVERSED: OrderItemValues = {
    "supply": "SERVICES",
    "vat_category": "AE",
    "exemption_reason": "Reverse charge, Art. 196 Directive 2006/112/EC",
}
_EXPORT: OrderItemValues = {"vat_category": "G", "exemption_reason": "Export, Art. 146 Directive 2006/112/EC"}

_PRESS = (
    "Letterpers op 300 g katoenpapier, in twee drukgangen: blinddruk van het beeldmerk, daarna de tekst in "
    "dekkend ultramarijn. Schoongesneden op 148 × 105 mm, gerild en met de hand gevouwen. Proefdruk ter "
    "goedkeuring inbegrepen; een tweede ronde correcties ook. Levering in dozen van honderd, met genummerde "
    "etiketten, op het adres van het magazijn en niet op dat van de winkel."
)

ORDERS: Sequence[DemoOrder] = (
    {
        "number": "1001",
        "days_ago": 41,
        "state": "INVOICED",
        "customer_handle": "jansen",
        "is_including_vat": False,
        "purchase_order_number": "INK-2207",
        "items": (
            _item("KRT-50", "Visitekaartjes, per 50", 4, 2_150),
            _item("BRF-250", "Briefpapier, per 250", 2, 6_400, discount=640),
            _postage(795),
        ),
    },
    {
        "number": "1002",
        "days_ago": 36,
        "state": "INVOICED",
        "customer_handle": "devries",
        "items": (
            _item("MOK-01", "Mok, steengoed, zeegroen", 3, 2_499),
            _item("BOEK-12", "Boek: Drukken op zolder", 1, 2_950, vat_rate=9),
            _postage(495),
        ),
    },
    {
        "number": "1003",
        "days_ago": 30,
        "state": "INVOICED",
        "customer_handle": "sommer",
        "is_including_vat": False,
        "purchase_order_number": "BS-4711",
        "items": (
            _item("BOEK-12", "Buch: Drukken op zolder", 25, 1_840, **_WITHIN_EU),
            _item("LES-01", "Lesezeichen, Buchdruck", 200, 45, **_WITHIN_EU),
        ),
    },
    {
        "number": "1004",
        "days_ago": 22,
        "state": "INVOICED",
        "customer_handle": "laurent",
        "items": (
            _item("MOK-02", "Tasse en grès, bleu de Delft", 2, 2_499, vat_rate=20, discount=500),
            _item("AFF-03", "Affiche, sérigraphie 50 × 70", 1, 4_500, vat_rate=20),
            {
                "type": "DISCOUNT",
                "name": "Bon anniversaire",
                "quantity": 1,
                "unit_price": -300,
                "vat_rate": 20,
            },
            _postage(995, vat_rate=20),
        ),
    },
    {
        "number": "1005",
        "days_ago": 15,
        "state": "INVOICED",
        "billing_name": "J. Bakker",
        "billing_address": address("Dorpsstraat 1", "9401 AB", "Assen", "NL"),
        "items": (_item("KAART-09", "Wenskaart, set van zes", 1, 1_200),),
    },
    {
        "number": "1006",
        "days_ago": 12,
        "state": "SHIPPED",
        "customer_handle": "papadopoulos",
        "invoice_after_shipment": True,
        "items": (
            _item("MOK-03", "Κούπα, ψηλή", 4, 2_750, vat_rate=24),
            _item("BOEK-12", "Βιβλίο: Drukken op zolder", 1, 2_950, vat_rate=6),
            _postage(1_450, vat_rate=24),
        ),
    },
    {
        "number": "1007",
        "days_ago": 9,
        "state": "OPEN",
        "customer_handle": "devries",
        "invoice_after_shipment": True,
        "items": (
            _item("LAMP-01", "Tafellamp, papieren kap", 1, 8_900),
            _item("PEER-E27", "Ledlamp E27, warm wit", 2, 795),
            _postage(695),
        ),
    },
    {
        "number": "1008",
        "days_ago": 7,
        "state": "SHIPPED",
        "customer_handle": "whitfield",
        "is_including_vat": False,
        "items": (
            _item("MOK-01", "Mug, stoneware, sea green", 48, 1_180, **_EXPORT),
            _postage(4_900, **_EXPORT),
        ),
    },
    {
        "number": "1009",
        "days_ago": 5,
        "state": "OPEN",
        "customer_handle": "sommer",
        "is_including_vat": False,
        "purchase_order_number": "BS-4790",
        "items": (_item("WS-01", "Workshop Buchdruck, ein Tag", 1, 68_000, **_REVERSED),),
    },
    {
        "number": "1010",
        "days_ago": 3,
        "state": "OPEN",
        "billing_name": "Stichting De Windroos",
        "billing_address": address("Havenkade 22", "8861 XA", "Harlingen", "NL"),
        "items": (
            _item("PERS-A6", "Uitnodigingen, letterpers", 300, 185, description=_PRESS),
            {"type": "FEE", "name": "Spoedtoeslag", "quantity": 1, "unit_price": 7_500},
        ),
    },
    {
        "number": "1011",
        "days_ago": 2,
        "state": "OPEN",
        "customer_handle": "jansen",
        "is_including_vat": False,
        "items": (_item("ENV-500", "Enveloppen met venster, per 500", 1, 8_950),),
    },
    {
        "number": "1012",
        "days_ago": 1,
        "state": "OPEN",
        "customer_handle": "jansen",
        "is_including_vat": False,
        "items": (
            _item("STK-100", "Stickers, rond 40 mm, per 100", 6, 1_495, discount=300),
            _item("BOEK-12", "Boek: Drukken op zolder", 2, 2_706, vat_rate=9),
            _postage(795),
        ),
    },
)
