"""The threads' commands: all that lock rows, on the rows that other threads use at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

from invoicing.access import Principal
from invoicing.accounts import settings as account_settings
from invoicing.audit.actions import AuditAction
from invoicing.audit.entries import Act, audited
from invoicing.audit.subjects import AuditSubjectType, Subject
from invoicing.customers import details
from invoicing.importing.csv_file import Source
from invoicing.importing.online_retail import ONLINE_RETAIL
from invoicing.importing.orders import Terms
from invoicing.importing.run import import_orders
from invoicing.invoices import cancel, from_orders, one_time, paid_orders, pdf, refund
from invoicing.invoices.credit import LineCredit
from invoicing.invoices.pdf import RenderedPdf
from invoicing.orders import intake, returns, shipping
from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.payments import charges, manual, refunds, set_off
from invoicing.payments.charges import PendingPayment
from invoicing.storage.database import Database
from invoicing.storage.outbox import LEASE, Failure
from invoicing.stored_snapshot import load
from invoicing.webhooks import deliveries, endpoints, log
from invoicing.webhooks.deliveries import DeliveryResult
from tools.deadlock_hunt.shop import GATEWAY, Seen, add_card, look, now, one, some

READ_AFTER = 6  # commands, after which a thread reads the newest rows again
SAME_NUMBER = 40  # commands with the same number of a new order


class Clerk:
    """The work of one thread. `place` is the number of the command among those of all threads."""

    def __init__(self, database: Database, owner: Principal, random: Random, folder: Path) -> None:
        self.database, self.owner, self.random, self.folder = database, owner, random, folder
        self.seen = Seen((), (), (), ())
        self.place = 0
        self._done = 0

    def choose(self, place: int) -> str:
        """The name of the next command."""
        if self._done % READ_AFTER == 0:
            self.seen = self.database.read(look, self.owner)
        self._done += 1
        self.place = place
        return self.random.choices(list(COMMANDS), [weight for weight, _ in COMMANDS.values()])[0]

    def write(self, command: Callable[..., Any], *args: Any, **options: Any) -> Any:
        return self.run(self.audited(command), self.owner, *args, now=now(), **options)

    def run(self, command: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """As for a request: together with other commands of the account that wait."""
        running = self.database.write_for(self.owner.account_id, command, *args, **options)
        return asyncio.run(running)

    def audited(self, command: Callable[..., Any]) -> Callable[..., Any]:
        """With an entry in the audit log, whose lock comes last. What it says does not matter here."""
        account = Subject(AuditSubjectType.ACCOUNT, self.owner.account_id)
        return audited(Act.of(self.owner, AuditAction.UPDATE_ACCOUNT, account, at=now()), command)

    def key(self, prefix: str, commands: int = 12) -> str:
        """A key that several consecutive commands of all threads share."""
        return f"{prefix}{self.place // commands - self.random.choice((0, 0, 1))}"

    def cash(self) -> dict[str, Any]:
        return {"method": "CASH", "payment_date": now().date()}

    def way(self) -> dict[str, Any]:
        """A manual transfer or, by default, the gateway."""
        return self.random.choice(({}, {"manual_transfer": self.cash()}))

    def sale(self) -> Any:
        return one(self.random, [each for each in self.seen.invoices if each.type == "INVOICE"])

    def items(self, *, contra: bool) -> list[str]:
        """Items of one customer's orders that are not invoiced, in any order."""
        orders = {order.id: order.customer_id for order in self.seen.orders}
        buyer = one(self.random, list(orders.values()))
        ids = [
            item.id
            for item in self.seen.items
            if item.invoice_id is None
            and orders[item.order_id] == buyer
            and (item.contra_of is not None) == contra
            and (contra or item.undone_as is None)
        ]
        return some(self.random, ids, 4)

    def resolve(self, pending: PendingPayment) -> None:
        """Resolves a pending payment, unless the gateway is to stay silent."""
        if pending.is_known or self.random.random() < 0.2:
            return
        status = self.random.choice(("PAID", "PAID", "FAILED"))
        is_spent = status == "FAILED" and self.random.random() < 0.1
        self.run(
            self.audited(charges.resolve),
            self.owner.account_id,
            pending.payment.id,
            status,
            reference="reference",
            is_method_spent=is_spent,
            now=now(),
        )
        if is_spent and pending.method is not None:
            add_card(self.database, self.owner, pending.method.customer_id)


def create_order(clerk: Clerk) -> None:
    number = clerk.key("", SAME_NUMBER)
    prices = [clerk.random.randint(100, 2_000) for _ in range(4)]
    items: list[dict[str, Any]] = [
        {
            "id": f"{number}-{place}",
            "name": "Mug",
            "quantity": clerk.random.randint(1, 4),
            "unit_price": price,
        }
        for place, price in enumerate(prices)
    ]
    items.append({"id": f"{number}-d", "name": "Off", "type": "DISCOUNT", "quantity": 1, "unit_price": -50})
    clerk.random.shuffle(items)
    given = {"id": f"o{number}", "customer_id": clerk.random.choice(("ann", "bob")), "items": items}
    clerk.write(intake.create_order, given | clerk.random.choice(({}, {"number": number})))


def create_order_with_the_same_ids(clerk: Clerk) -> None:
    number = clerk.key("x")
    ids = clerk.random.sample([f"{number}-{place}" for place in range(6)], 4)
    items = [{"id": id, "name": "Mug", "quantity": 1, "unit_price": 100} for id in ids]
    given = {"number": number, "customer_id": "ann", "items": items}
    clerk.write(intake.create_order, given | clerk.random.choice(({}, {"idempotency_key": number})))


def update_order(clerk: Clerk) -> None:
    clerk.write(intake.update_order, one(clerk.random, clerk.seen.orders).id, {"buyer_reference": "R"})


def ship(clerk: Clerk) -> None:
    item = one(clerk.random, clerk.seen.items)
    items_to_ship = [(item.id, clerk.random.choice((None, 1)))]
    clerk.run(clerk.audited(shipping.ship_items), clerk.owner, item.order_id, items_to_ship, shipped_at=now())


def undo(clerk: Clerk) -> None:
    """Undoes several items of an order, with ids chosen by the caller."""
    order = one(clerk.random, clerk.seen.orders)
    sold = [each for each in clerk.seen.items if each.order_id == order.id and each.contra_of is None]
    contras = [
        Contra(each.id, clerk.random.choice((None, 1)), f"{each.id}-undone"[-40:])
        for each in some(clerk.random, sold, 3)
    ]
    action = clerk.random.choice((Action.CANCEL, Action.RETURN))
    clerk.write(returns.undo_items, action, order.id, contras)


def invoice_items(clerk: Clerk) -> None:
    named = clerk.random.choice((None, None, clerk.key("i")))
    clerk.write(from_orders.invoice_items, clerk.items(contra=False), invoice_id=named)


def invoice_contra_items(clerk: Clerk) -> None:
    clerk.write(from_orders.invoice_items, clerk.items(contra=True))


def invoice_order(clerk: Clerk) -> None:
    command = clerk.random.choice((from_orders.invoice_order, paid_orders.invoice_paid_order))
    clerk.write(command, one(clerk.random, clerk.seen.orders).id)


def credit_invoice(clerk: Clerk) -> None:
    sale = clerk.sale()
    line = one(clerk.random, load(sale.snapshot).lines)
    part = [LineCredit(line.id, amount=line.total // 3 or line.total)]
    named = clerk.random.choice((None, clerk.key("c")))
    asked = clerk.random.choice((None, part, part, part))
    clerk.write(from_orders.credit_invoice, sale.id, asked, reason=None, credit_invoice_id=named)


def cancel_invoice(clerk: Clerk) -> None:
    clerk.write(cancel.cancel_invoice, clerk.sale().id)


def create_invoice(clerk: Clerk) -> None:
    settled = {"settle": {"payment_method": "auto"}}
    given = {
        "handle": clerk.key("h", 6),
        "customer_id": clerk.random.choice(("ann", "bob")),
        "order_lines": [{"text": "Advice", "amount": 1_210}],
        **clerk.random.choice(({}, {"idempotency_key": clerk.key("k")})),
        **clerk.random.choice((settled, clerk.way())),
    }
    made = clerk.write(one_time.create_invoice, given, gateways=[GATEWAY])
    if made.begun is not None:
        clerk.resolve(made.begun)


def record_payment(clerk: Clerk) -> None:
    """Uses few keys, the same ones on orders and on their invoices."""
    target = clerk.random.choice(
        ({"order_id": one(clerk.random, clerk.seen.orders).id}, {"invoice_id": clerk.sale().id})
    )
    given = {"amount": clerk.random.choice((500, 2_000)), "method": "ideal", **target}
    clerk.write(manual.record_payment, given | {"idempotency_key": clerk.key("k", 4)})


def settle_invoice(clerk: Clerk) -> None:
    key = clerk.random.choice((None, clerk.key("k")))
    clerk.write(manual.settle_invoice_manually, clerk.sale().id, clerk.cash(), key=key)


def charge_invoice(clerk: Clerk) -> None:
    key = clerk.random.choice((None, clerk.key("k")))
    clerk.resolve(clerk.write(charges.begin_charge, clerk.sale().id, "auto", gateways=[GATEWAY], key=key))


def refund_payment(clerk: Clerk) -> None:
    payment = one(clerk.random, clerk.seen.payments)
    amount = clerk.random.choice((None, 100, 100, 100))
    given = {"amount": amount, "idempotency_key": clerk.key("k", 4), **clerk.way()}
    clerk.resolve(clerk.write(refunds.begin_refund, payment.id, given, gateways=[GATEWAY]))


def apply_credit(clerk: Clerk) -> None:
    owed = one(
        clerk.random, [each for each in clerk.seen.invoices if each.type == "CREDIT"] or clerk.seen.invoices
    )
    amount = clerk.random.choice((None, 100, 100))
    clerk.write(set_off.apply_credit, owed.id, clerk.sale().id, amount, key=clerk.key("k", 4))


def refund_invoice(clerk: Clerk) -> None:
    asked = clerk.random.choice((None, 100, 100, 100))
    way = clerk.random.choice((None, clerk.cash()))
    repaid = clerk.write(
        refund.refund_invoice, clerk.sale().id, asked, key=clerk.key("r"), transfer=way, gateways=[GATEWAY]
    )
    for pending in repaid.begun:
        clerk.resolve(pending)


def make_pdfs(clerk: Clerk) -> None:
    """Records PDFs in random order; one of each batch fails."""
    due = clerk.run(pdf.claim, most=8, now=now())
    clerk.random.shuffle(due)
    failures = [Failure(each.job, "no ink") for each in due[:1]]
    made = [RenderedPdf(each.job, each.job.id, 1, "sum") for each in due[1:]]
    clerk.run(pdf.record, made, failures, now=now())


def make_pdf_again(clerk: Clerk) -> None:
    clerk.write(from_orders.retry_pdf, one(clerk.random, clerk.seen.invoices).id)


def send_webhooks(clerk: Clerk) -> None:
    for due in clerk.run(deliveries.claim_deliveries, most=8, now=now(), lease=LEASE):
        answer = DeliveryResult(status=204) if clerk.random.random() < 0.8 else DeliveryResult(error="away")
        clerk.run(deliveries.record_result, due, answer, jitter=0.5, now=now())
        if clerk.random.random() < 0.1:
            clerk.write(log.replay_webhook_delivery, due.job.subject_id)


def change_settings(clerk: Clerk) -> None:
    clerk.write(account_settings.update_account, {"locale": clerk.random.choice(("en", "nl"))})
    (hook,) = clerk.database.read(endpoints.endpoints_of, clerk.owner)
    clerk.write(endpoints.update_webhook_endpoint, hook.id, {"is_active": clerk.random.random() < 0.8})


def change_customer(clerk: Clerk) -> None:
    """Changes the handle too, for which inserts that refer to the customer wait."""
    id = clerk.random.choice(("ann", "bob"))
    handle = f"{id}{clerk.random.choice(('', '-2'))}"
    clerk.write(details.update_customer, {"id": id, "handle": handle})


def import_file(clerk: Clerk) -> None:
    """Imports orders and cancellations in random order, of new and existing customers."""
    number = 10_000 + 10 * (clerk.place // 400)
    day = f"{now():%Y-%m-%dT%H:%M}"
    buyers = ("ann", "bob", f"new-{number}", f"newer-{number}")
    lines = [f"{number + at},M{at},MUG,3,{day},5.00,{buyer},France" for at, buyer in enumerate(buyers)]
    lines += [f"C{number + at},M{at},MUG,-1,{day},5.00,{buyer},France" for at, buyer in enumerate(buyers)]
    clerk.random.shuffle(lines)
    file = clerk.folder / "orders.csv"
    file.write_text("\n".join([RETAIL, *lines]) + "\n")
    seller = clerk.database.read(account_settings.account, clerk.owner.account_id)
    terms = Terms(seller, "EUR", True, None, now())
    rejects = clerk.folder / "rejects.csv"
    import_orders(
        clerk.database, clerk.owner, Source(file), ONLINE_RETAIL, terms, rejects=rejects, invoice=True
    )


RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
COMMANDS: Mapping[str, tuple[float, Callable[[Clerk], None]]] = {
    command.__name__: (weight, command)
    for command, weight in {
        create_order: 4,
        create_order_with_the_same_ids: 2,
        update_order: 2,
        ship: 3,
        undo: 8,
        invoice_items: 8,
        invoice_contra_items: 8,
        invoice_order: 4,
        credit_invoice: 8,
        cancel_invoice: 2,
        create_invoice: 6,
        record_payment: 12,
        settle_invoice: 4,
        charge_invoice: 6,
        refund_payment: 10,
        apply_credit: 6,
        refund_invoice: 8,
        make_pdfs: 3,
        make_pdf_again: 2,
        send_webhooks: 2,
        change_settings: 0.5,
        change_customer: 1,
        import_file: 0.3,
    }.items()
}
