"""The sandbox does what the payment method's name says, and keeps it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import pytest

from gateways.protocol import MethodRefused, Outcome, Reused, Status, Unavailable
from gateways.sandbox import PLAYS, Sandbox
from tests.support.gateway_requests import charge, refund

ROOT = Path(__file__).parents[2]


def asking(path: Path, method: str) -> subprocess.Popen[str]:
    """A process that is ready to charge, and does so on a line of input."""
    command = [sys.executable, "-m", "tests.support.gateway_process", str(path), method]
    process = subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.mark.parametrize(
    ("method", "answered", "found"),
    [
        ("approve", "PAID", "PAID"),
        ("decline", "FAILED", "FAILED"),
        ("expired", "FAILED", "FAILED"),
        ("late", "PENDING", "PENDING"),
        ("late-decline", "PENDING", "PENDING"),
        ("fail", None, None),
        ("fail-after", None, "PAID"),
        ("hang", None, "PAID"),
        ("approve-refund-decline", "PAID", "PAID"),
    ],
)
def test_the_name_says_what_becomes_of_a_charge(
    tmp_path: Path, method: str, answered: str | None, found: str | None
) -> None:
    sandbox = Sandbox(tmp_path / "sandbox.db", late_after=3_600, hang_seconds=0)
    wanted = charge(method=method)
    if answered is None:
        with pytest.raises(Unavailable):
            sandbox.charge(wanted)
    else:
        assert sandbox.charge(wanted).status == answered
    kept = sandbox.find_charge(wanted)
    assert (kept and kept.status) == found


@pytest.mark.parametrize(
    ("method", "becomes", "error"),
    [("late", "PAID", None), ("late-decline", "FAILED", "The card was declined.")],
)
def test_what_is_late_is_there_when_it_is_asked_about_later(
    tmp_path: Path, method: str, becomes: Status, error: str | None
) -> None:
    wanted = charge(method=method)
    pending = Sandbox(tmp_path / "sandbox.db", late_after=3_600).charge(wanted)
    later = Sandbox(tmp_path / "sandbox.db", late_after=0).find_charge(wanted)
    assert later == Outcome(becomes, pending.reference, error)


@pytest.mark.parametrize(
    ("play", "answered"),
    [("approve", "PAID"), ("decline", "FAILED"), ("late", "PENDING"), ("fail", None), ("hang", None)],
)
def test_the_name_says_what_becomes_of_refunds(tmp_path: Path, play: str, answered: str | None) -> None:
    sandbox = Sandbox(tmp_path / "sandbox.db", late_after=3_600, hang_seconds=0)
    wanted = refund(sandbox.charge(charge(method=f"approve-refund-{play}")).reference)
    if answered is None:
        with pytest.raises(Unavailable):
            sandbox.refund(wanted)
    else:
        assert sandbox.refund(wanted).status == answered


def test_what_was_not_paid_is_not_refunded(sandbox: Sandbox) -> None:
    declined = sandbox.charge(charge(method="decline"))
    refused = sandbox.refund(refund(declined.reference))
    assert (refused.status, refused.error) == ("FAILED", "There is no such paid charge.")
    assert sandbox.refund(refund("unknown", id="refund-2")).status == "FAILED"


def test_a_refund_that_failed_leaves_the_money_to_refund(sandbox: Sandbox) -> None:
    paid = sandbox.charge(charge())
    assert sandbox.refund(refund(paid.reference, amount=9_999)).status == "FAILED"
    assert sandbox.refund(refund(paid.reference, id="refund-2")).status == "PAID"


def test_another_payment_method_under_the_same_id_is_refused(sandbox: Sandbox) -> None:
    sandbox.charge(charge())
    with pytest.raises(Reused):
        sandbox.charge(charge(method="late"))


def test_other_names_are_refused_with_the_names_there_are(sandbox: Sandbox) -> None:
    with pytest.raises(MethodRefused) as refusal:
        sandbox.method("visa", account_id="account-1", customer_id="ann", name="Ann", email=None)
    assert all(name in str(refusal.value) for name in (*PLAYS, "approve-refund-fail"))
    assert sandbox.charge(charge(method="visa")) == Outcome("FAILED", None, str(refusal.value))


def test_processes_that_charge_the_same_id_at_once_charge_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(asking(tmp_path / "sandbox.db", "approve")) for _ in range(4)]
        for process in processes:
            go(process)
        answers = [process.communicate(timeout=30) for process in processes]
    assert [error for _, error in answers] == [""] * 4
    assert len({answer for answer, _ in answers}) == 1


def test_a_charge_whose_process_was_killed_inside_the_call_is_found(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "sandbox.db")
    with asking(tmp_path / "sandbox.db", "hang") as process:
        go(process)
        while sandbox.find_charge(charge(method="hang")) is None:
            assert process.poll() is None
        process.kill()
    found = sandbox.find_charge(charge(method="hang"))
    assert found is not None
    assert found.status == "PAID"
    assert sandbox.charge(charge(method="hang")) == found


def test_closing_ends_what_hangs(sandbox: Sandbox) -> None:
    refused: list[Unavailable] = []

    def ask() -> None:
        try:
            sandbox.charge(charge(method="hang"))
        except Unavailable as refusal:
            refused.append(refusal)

    asker = Thread(target=ask)
    asker.start()
    sandbox.close()
    asker.join(10)
    assert len(refused) == 1
