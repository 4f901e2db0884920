"""Invoices of every kind that can be issued, for the tests of e-invoices."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from invoicing.access import Principal
from invoicing.accounts import exchange_rates
from invoicing.invoices import from_orders
from invoicing.invoices.credit import LineCredit
from invoicing.orders import shipping
from invoicing.snapshot import Address, ElectronicAddress, Party, Snapshot
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.factories import NOW, item, order_line
from tests.support.till import Till

SELLER: dict[str, Any] = {
    "name": "Mok & Zo",
    "legal_name": "Mok & Zo Handels B.V.",
    "vat_number": "NL123456782B01",
    "registration_number": "12345678",
    "email": "facturen@mok.example",
    "phone_number": "+31 20 555 0123",
    "contact_name": "Debiteurenbeheer",
    "iban": "NL91ABNA0417164300",
    "bic": "ABNANL2A",
}
NL = {
    "organisation": "Afnemer B.V.",
    "address_line_1": "Coolsingel 2",
    "postal_code": "3011 AD",
    "locality": "Rotterdam",
    "country_code": "NL",
}
BE = {**NL, "organisation": "Klant NV", "postal_code": "1000", "locality": "Brussel", "country_code": "BE"}
US = {
    **NL,
    "organisation": "Acme Inc.",
    "postal_code": "62701",
    "locality": "Springfield",
    "country_code": "US",
}
CH = {
    "organisation": "Muster & Söhne AG",
    "address_line_1": "Musterstrasse 12a",
    "postal_code": "8000",
    "locality": "Zürich",
    "country_code": "CH",
}
NAMES = "Żółć & Дмитрий <Ωmega> 株式会社 “שלום” 𝔘𝔫𝔦 \uffff 🎁"


SELLER_PARTY = Party(
    **{name: SELLER[name] for name in SELLER},
    address=Address(**{**NL, "organisation": None}),
    electronic_address=ElectronicAddress("0106", "12345678"),
)
BUYER_PARTY = Party(
    name="Afnemer B.V.",
    vat_number="BE0428759497",
    reference="REF-7",
    address=Address(**BE),
    electronic_address=ElectronicAddress("0106", "87654321"),
)


def every_kind(database: Database, **seller: Any) -> dict[str, Snapshot]:
    """The invoices by what is particular about them."""
    principal = factories.principal(database, **{**SELLER, **seller})
    issued = _Issued(database, principal)
    for add in (_plain, _decimals, _discounts, _categories, _credits, _money, _many):
        add(issued)
    _swiss(issued)
    return {name: with_electronic_addresses(snapshot) for name, snapshot in issued.found.items()}


def with_electronic_addresses(invoice: Snapshot) -> Snapshot:
    """The invoice between parties that take e-invoices."""
    seller, buyer = SELLER_PARTY.electronic_address, BUYER_PARTY.electronic_address
    return replace(
        invoice,
        seller=replace(invoice.seller, electronic_address=seller),
        buyer=replace(invoice.buyer, electronic_address=buyer, reference="REF-7"),
    )


class _Issued:
    def __init__(self, database: Database, principal: Principal) -> None:
        self.database, self.principal = database, principal
        self.till = Till(database, principal)
        self.found: dict[str, Snapshot] = {}

    def order(self, name: str, *items: dict[str, Any], **values: Any) -> Snapshot:
        given = {"billing_address": NL, "delivery_date": NOW.date(), **values}
        made = factories.invoice(self.database, self.principal, items=list(items), **given)
        return self.keep(name, made.frozen())

    def one_time(self, name: str, *lines: dict[str, Any], **values: Any) -> Snapshot:
        buyer = factories.customer(self.database, self.principal, name="Afnemer", billing_address=NL)
        made = factories.one_time_invoice(
            self.database, self.principal, *lines, customer_id=buyer.id, **values
        )
        return self.keep(name, made.frozen())

    def credit(self, name: str, of: Snapshot, **part: Any) -> Snapshot:
        lines = [LineCredit(of.lines[0].id, **part)] if part else None
        made = self.till.write(from_orders.credit_invoice, of.id, lines, reason="It broke.")
        return self.keep(name, made.frozen())

    def keep(self, name: str, snapshot: Snapshot) -> Snapshot:
        self.found[name] = snapshot
        return snapshot


def _plain(issued: _Issued) -> None:
    issued.order("with VAT", item(quantity=3, unit_price=2_499), item(unit_price=1_295, vat_rate=9))
    issued.order(
        "without VAT",
        item(quantity=3, unit_price=2_499, sku="M-1", description="Stoneware"),
        item(unit_price=1_295, vat_rate=9),
        is_including_vat=False,
        purchase_order_number="PO-4711",
    )
    issued.order("every script", item(name=NAMES, description=NAMES), billing_name=NAMES)
    issued.order(
        "shipping and fees", item(), item(type="SHIPPING", unit_price=495), item(type="FEE", unit_price=50)
    )
    issued.order("shipped elsewhere", item(), shipping_address=BE)


def _decimals(issued: _Issued) -> None:
    issued.order(
        "hours",
        item(quantity="7.25", unit="HUR", unit_price=12_500),
        item(quantity="0.3333", unit="KGM", unit_price="1999.5"),
        item(quantity=120_000, unit_price="0.175"),
        is_including_vat=False,
    )
    issued.order(
        "kilos with VAT", item(quantity="0.123456", unit="KGM", unit_price=99_999), item(quantity="1.5")
    )
    issued.order("odd rates", item(vat_rate="6.625"), item(vat_rate="9.975", quantity=7, unit_price=333))


def _discounts(issued: _Issued) -> None:
    issued.order("line discounts", item(quantity=3, unit_price=1_295, discount=195), item(discount=1_210))
    off = item(type="DISCOUNT", name="Zomeractie", unit_price=-700)
    issued.order("order discount", item(unit_price=2_499), item(unit_price=1_295, vat_rate=9), off)
    issued.order(
        "order discount without VAT", item(quantity="1.5"), item(discount=10), off, is_including_vat=False
    )
    issued.one_time("rebate line", order_line(), order_line(text="Rebate", amount=-300))
    issued.order("nothing to pay", item(discount=1_210))


def _categories(issued: _Issued) -> None:
    kinds = {
        "reverse charge": ("AE", BE, "BE0428759497"),
        "within the EU": ("K", BE, "BE0428759497"),
        "export": ("G", US, None),
        "exempt": ("E", NL, None),
        "zero": ("Z", NL, None),
        "outside the scope": ("O", NL, None),
    }
    for name, (category, address, number) in kinds.items():
        reason = {"exemption_reason": "Education, article 132 (1) (i)"} if category == "E" else {}
        issued.order(
            name,
            item(vat_category=category, **reason),
            item(vat_category=category, quantity=2, **reason),
            billing_address=address,
            vat_number=number,
            is_including_vat=False,
        )
    issued.order("exempt and taxed", item(vat_category="E", exemption_reason="Education"), item())


def _credits(issued: _Issued) -> None:
    for mode in (True, False):
        of = "with VAT" if mode else "without VAT"
        sold = issued.order(
            f"to credit {of}",
            item(quantity=3, unit_price=1_295, discount=195),
            item(quantity="1.5", vat_rate=9),
            item(type="DISCOUNT", unit_price=-250),
            is_including_vat=mode,
        )
        issued.credit(f"credit of a piece {of}", sold, quantity=1)
        issued.credit(f"credit of an amount {of}", sold, amount=111)
        issued.credit(f"credit of the rest {of}", sold)
    issued.credit(
        "credit of a rebate", issued.one_time("to credit whole", order_line(), order_line(amount=-300))
    )
    abroad = issued.order(
        "reverse charge to credit",
        item(vat_category="AE"),
        billing_address=BE,
        vat_number="BE0428759497",
        is_including_vat=False,
    )
    issued.credit("credit of reverse charge", abroad)


def _money(issued: _Issued) -> None:
    till = issued.till
    first, second = till.order("parts", 2_450, 2_450, is_including_vat=False, billing_address=NL)
    issued.keep("first part", till.invoice(first).frozen())
    issued.keep("last part with a rounding", till.invoice(second).frozen())
    for name, amount in (("prepaid", 1_210), ("paid in part", 500)):
        till.order(name.replace(" ", "-"), 1_210, billing_address=NL)
        till.pay(amount, order_id=name.replace(" ", "-"))
        issued.keep(name, till.invoice(f"{name.replace(' ', '-')}-0").frozen())
    till.write(
        exchange_rates.set_exchange_rates,
        [exchange_rates.DailyRate(date(2025, 5, 1), *rate) for rate in (("USD", "1.0834"), ("JPY", "162.3"))],
    )
    issued.order("in another currency", item(unit_price=9_999), currency="USD")
    issued.order("without decimals", item(unit_price=9_999), currency="JPY", delivery_date=date(2025, 5, 1))
    issued.one_time(
        "a period", order_line(service_period={"start": date(2025, 5, 1), "end": date(2025, 5, 31)})
    )
    issued.order("shipped on two days", item(id="s1"), item(id="s2"), id="shipped", delivery_date=None)
    same = {"billing_address": NL, "customer_id": factories.customer(issued.database, issued.principal).id}
    ids = [*till.order("one", 1_000, **same), *till.order("two", 500, 333, **same)]
    early = NOW - timedelta(days=3)
    issued.database.write(shipping.ship_items, issued.principal, "one", [(ids[0], None)], shipped_at=early)
    issued.keep("several orders", till.invoice(*ids).frozen())


def _swiss(issued: _Issued) -> None:
    """Of sellers in Switzerland: with a QR-bill, but for euros from abroad."""
    qr_iban, iban = "CH4431999123000889012", "CH5800791123000889012"
    for name, account, currency, address in (
        ("QR-bill with a QR-IBAN", qr_iban, "CHF", CH),
        ("QR-bill with an IBAN", iban, "EUR", CH),
        ("QR-bill without a debtor", iban, "CHF", {**CH, "locality": "Цюрих"}),
        ("euros from abroad", iban, "EUR", NL),
    ):
        own = {"iban": account, "bic": None, "address": CH, "vat_number": "CHE107787577MWST"}
        here = {"default_currency": currency, "tax_currency": currency, "locale": "de-CH"}
        seller = factories.principal(issued.database, **{**SELLER, **own, **here})
        sold = _Issued(issued.database, seller)
        issued.keep(name, sold.order(name, item(vat_rate="8.1"), currency=currency, billing_address=address))


def _many(issued: _Issued) -> None:
    goods = [
        item(quantity=n % 7 + 1, unit_price=199 + 37 * n, vat_rate=21 if n % 3 else 9) for n in range(1_000)
    ]
    issued.order("a thousand lines", *goods)
    issued.order("a thousand lines without VAT", *goods, is_including_vat=False)
