"""A gateway is asked what became of payments that it did not answer for: none is forgotten or made twice."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from gateways.protocol import Charge
from gateways.sandbox import Sandbox
from invoicing.access import Principal
from invoicing.invoices import from_orders
from invoicing.ledger import balances, entries
from invoicing.payments import charges as charging
from invoicing.payments import methods, refunds
from invoicing.payments.charges import PendingPayment
from invoicing.payments.values import RefundPaymentValues
from invoicing.storage.database import Database
from invoicing.storage.tables import Job, Payment
from invoicing.storage.tables import outbox as jobs
from resolvers.gateway_calls import Gateways
from server.workers.charges import ChargeWorker
from tests.support import factories
from tests.support.patience import until

ROOT = Path(__file__).parents[3]
LONG_AGO = timedelta(minutes=2)  # its answer is overdue


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path / "sandbox.db", late_after=0, hang_seconds=0)


def ago(time: timedelta) -> datetime:
    return datetime.now(UTC) - time


def unpaid(database: Database, principal: Principal, method: str) -> str:
    """An invoice of 1210 for a customer who has one payment method."""
    factories.customer(database, principal, id="ann")
    database.write(
        methods.add_payment_method,
        principal,
        "ann",
        gateway="sandbox",
        reference=method,
        gateway_customer=None,
        label=method,
        now=factories.NOW,
    )
    return factories.invoice(database, principal, customer_id="ann", invoice_id="v").id


def begun(
    database: Database, principal: Principal, method: str, *, since: timedelta = LONG_AGO
) -> PendingPayment:
    """A charge that is written down, and no more: as if whoever did it had died then."""
    invoice_id = unpaid(database, principal, method)
    return database.write(
        charging.begin_charge, principal, invoice_id, "auto", gateways=["sandbox"], now=ago(since)
    )


def asked(database: Database, sandbox: Sandbox | None) -> int:
    gateways = Gateways({"sandbox": sandbox} if sandbox else {})
    return asyncio.run(ChargeWorker(database, gateways).ask())


def payment(database: Database, begun: PendingPayment) -> Payment:
    return database.read(entries.payment, begun.payment.account_id, begun.payment.id)


def waiting(database: Database) -> list[Job]:
    of_gateways = select(jobs).where(jobs.c.kind == charging.ASK_GATEWAY)
    return database.read(lambda connection: list(connection.execute(of_gateways)))  # type: ignore[arg-type]


def state(database: Database, principal: Principal, invoice_id: str = "v") -> tuple[str, int]:
    found = database.read(balances.balances_of, principal.account_id, [invoice_id])[invoice_id]
    return found.state, found.money.outstanding


def charges(sandbox: Path) -> int:
    with closing(sqlite3.connect(sandbox)) as file:
        return int(file.execute("SELECT count(*) FROM asked WHERE kind = 'charge'").fetchone()[0])


def test_a_charge_that_never_left_is_made_after_all(
    database: Database, principal: Principal, sandbox: Sandbox, tmp_path: Path
) -> None:
    charge = begun(database, principal, "approve")
    assert asked(database, sandbox) == 1
    assert (payment(database, charge).status, state(database, principal)) == ("PAID", ("SETTLED", 0))
    assert (asked(database, sandbox), charges(tmp_path / "sandbox.db"), waiting(database)) == (0, 1, [])


@pytest.mark.parametrize("method", ["fail-after", "hang"])
def test_a_charge_whose_answer_was_lost_is_found_and_not_made_again(
    database: Database, principal: Principal, sandbox: Sandbox, tmp_path: Path, method: str
) -> None:
    charge = begun(database, principal, method)
    assert asyncio.run(Gateways({"sandbox": sandbox}).carry_out(charge)) is None
    assert state(database, principal) == ("PENDING", 1_210)
    asked(database, sandbox)
    assert (payment(database, charge).status, state(database, principal)) == ("PAID", ("SETTLED", 0))
    assert charges(tmp_path / "sandbox.db") == 1


@pytest.mark.parametrize(("method", "status"), [("late", "PAID"), ("late-decline", "FAILED")])
def test_a_late_answer_is_written_down(
    database: Database, principal: Principal, sandbox: Sandbox, method: str, status: str
) -> None:
    charge = begun(database, principal, method)
    asyncio.run(Gateways({"sandbox": sandbox}).carry_out(charge))
    asked(database, sandbox)
    assert payment(database, charge).status == status
    assert state(database, principal)[0] == ("SETTLED" if status == "PAID" else "FAILED")


def test_a_gateway_that_is_down_is_asked_ever_more_rarely(
    database: Database, principal: Principal, sandbox: Sandbox
) -> None:
    charge = begun(database, principal, "fail")
    for seconds in (2, 4, 8):
        began = ago(timedelta())
        assert asked(database, sandbox) == 1
        (job,) = waiting(database)
        assert job.run_after - ago(timedelta()) < timedelta(seconds=seconds) < job.run_after - began
        due = update(jobs).values(run_after=ago(LONG_AGO))
        database.write(lambda connection, due=due: connection.execute(due))  # type: ignore[misc]
    assert payment(database, charge).status == "PENDING"


def test_a_charge_that_a_gateway_never_took_is_given_up_and_can_be_paid_otherwise(
    database: Database, principal: Principal, sandbox: Sandbox
) -> None:
    charge = begun(database, principal, "fail", since=timedelta(minutes=16))
    asked(database, sandbox)
    given_up = payment(database, charge)
    assert (given_up.status, state(database, principal)) == ("CANCELLED", ("FAILED", 1_210))
    assert given_up.error
    again = database.write(
        charging.begin_charge, principal, "v", "auto", gateways=["sandbox"], now=ago(timedelta())
    )
    assert again.payment.id != charge.payment.id


def test_a_server_without_the_gateway_leaves_the_question_to_others(
    database: Database, principal: Principal
) -> None:
    charge = begun(database, principal, "approve")
    assert asked(database, None) == 1
    (job,) = waiting(database)
    assert (payment(database, charge).status, job.last_error) == (
        "PENDING",
        "This server has no gateway sandbox.",
    )


def test_a_refund_whose_answer_was_lost_is_made_once(
    database: Database, principal: Principal, sandbox: Sandbox
) -> None:
    charge = begun(database, principal, "approve-refund-fail-after")
    asked(database, sandbox)
    credit = database.write(from_orders.credit_invoice, principal, "v", None, reason=None, now=factories.NOW)
    values: RefundPaymentValues = {"idempotency_key": "k"}
    refund = database.write(
        refunds.begin_refund,
        principal,
        charge.payment.id,
        values,
        gateways=["sandbox"],
        now=ago(LONG_AGO),
    )
    assert asyncio.run(Gateways({"sandbox": sandbox}).carry_out(refund)) is None
    assert state(database, principal, credit.id) == ("PENDING", -1_210)
    asked(database, sandbox)
    assert (payment(database, refund).status, state(database, principal, credit.id)) == (
        "PAID",
        ("SETTLED", 0),
    )


def test_two_servers_ask_once(
    database: Database, principal: Principal, sandbox: Sandbox, tmp_path: Path
) -> None:
    begun(database, principal, "approve")

    async def both() -> list[int]:
        gateways = Gateways({"sandbox": sandbox})
        return await asyncio.gather(*(ChargeWorker(database, gateways).ask() for _ in range(2)))

    assert sorted(asyncio.run(both())) == [0, 1]
    assert charges(tmp_path / "sandbox.db") == 1


def test_a_charge_that_fails_in_an_unforeseen_way_is_asked_about_again(
    database: Database, principal: Principal, tmp_path: Path
) -> None:
    class Broken(Sandbox):
        def find_charge(self, charge: Charge) -> None:
            raise ZeroDivisionError(charge.id)

    charge = begun(database, principal, "approve")
    assert asked(database, Broken(tmp_path / "broken.db")) == 1
    (job,) = waiting(database)
    assert (payment(database, charge).status, "ZeroDivisionError" in str(job.last_error)) == ("PENDING", True)


def test_a_process_killed_inside_the_call_charges_nobody_twice_and_forgets_nobody(
    database: Database, principal: Principal, tmp_path: Path
) -> None:
    unpaid(database, principal, "hang")
    path = tmp_path / "sandbox.db"
    url = database.url.render_as_string(hide_password=False)
    command = [
        sys.executable,
        "-m",
        "tests.support.charging_process",
        url,
        str(path),
        principal.account_id,
        "v",
    ]
    charging_process = subprocess.Popen(command, cwd=ROOT)
    until(lambda: path.exists() and path.stat().st_size and charges(path))
    charging_process.kill()
    charging_process.wait()
    assert state(database, principal) == ("PENDING", 1_210)
    (job,) = waiting(database)
    assert job.run_after > job.created_at

    half_a_minute_goes_by = update(jobs).values(run_after=ago(timedelta()))
    database.write(lambda connection: connection.execute(half_a_minute_goes_by))
    asked(database, Sandbox(path))
    assert (state(database, principal), charges(path), waiting(database)) == (("SETTLED", 0), 1, [])
