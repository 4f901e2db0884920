"""The sandbox does what the payment method's name says, and remembers it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import pytest

from gateways.protocol import IdReused, MethodRefused, Outcome, Status, Unavailable
from gateways.sandbox import BEHAVIOURS, Sandbox
from tests.support.gateway_requests import charge, refund
from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[2]


def waiting_process(path: Path, method: str) -> subprocess.Popen[str]:
    """A process that charges as soon as it gets a line of input."""
    command = [sys.executable, "-m", "tests.support.gateway_process", str(path), method]
    process = subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def start_charge(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.mark.parametrize(
    ("method", "returned", "found"),
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
def test_the_name_decides_what_happens_to_a_charge(
    tmp_path: Path, method: str, returned: str | None, found: str | None
) -> None:
    sandbox = Sandbox(tmp_path / "sandbox.db", late_after=3_600, hang_seconds=0)
    request = charge(method=method)
    if returned is None:
        with pytest.raises(Unavailable):
            sandbox.charge(request)
    else:
        assert sandbox.charge(request).status == returned
    found_charge = sandbox.find_charge(request)
    assert (found_charge and found_charge.status) == found


@pytest.mark.parametrize(
    ("method", "becomes", "error"),
    [("late", "PAID", None), ("late-decline", "FAILED", "The card was declined.")],
)
def test_a_late_charge_has_its_outcome_when_asked_later(
    tmp_path: Path, method: str, becomes: Status, error: str | None
) -> None:
    request = charge(method=method)
    pending = Sandbox(tmp_path / "sandbox.db", late_after=3_600).charge(request)
    later = Sandbox(tmp_path / "sandbox.db", late_after=0).find_charge(request)
    assert later == Outcome(becomes, pending.reference, error)


@pytest.mark.parametrize(
    ("behaviour", "returned"),
    [("approve", "PAID"), ("decline", "FAILED"), ("late", "PENDING"), ("fail", None), ("hang", None)],
)
def test_the_name_decides_what_happens_to_refunds(
    tmp_path: Path, behaviour: str, returned: str | None
) -> None:
    sandbox = Sandbox(tmp_path / "sandbox.db", late_after=3_600, hang_seconds=0)
    request = refund(sandbox.charge(charge(method=f"approve-refund-{behaviour}")).reference)
    if returned is None:
        with pytest.raises(Unavailable):
            sandbox.refund(request)
    else:
        assert sandbox.refund(request).status == returned


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
    with pytest.raises(IdReused):
        sandbox.charge(charge(method="late"))


def test_an_unknown_name_is_refused_with_the_known_names(sandbox: Sandbox) -> None:
    with pytest.raises(MethodRefused) as refusal:
        sandbox.method("visa", account_id="account-1", customer_id="ann", name="Ann", email=None)
    assert all(name in str(refusal.value) for name in (*BEHAVIOURS, "approve-refund-fail"))
    assert sandbox.charge(charge(method="visa")) == Outcome("FAILED", None, str(refusal.value))


def test_processes_that_charge_one_id_simultaneously_charge_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        processes = [
            stack.enter_context(waiting_process(tmp_path / "sandbox.db", "approve")) for _ in range(4)
        ]
        for process in processes:
            start_charge(process)
        outputs = [process.communicate(timeout=PATIENCE) for process in processes]
    assert [error for _, error in outputs] == [""] * 4
    assert len({output for output, _ in outputs}) == 1


def test_a_charge_whose_process_was_killed_inside_the_call_is_found(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "sandbox.db")
    with waiting_process(tmp_path / "sandbox.db", "hang") as process:
        start_charge(process)
        while sandbox.find_charge(charge(method="hang")) is None:
            assert process.poll() is None
        process.kill()
    found = sandbox.find_charge(charge(method="hang"))
    assert found is not None
    assert found.status == "PAID"
    assert sandbox.charge(charge(method="hang")) == found


def test_closing_ends_a_call_that_hangs(sandbox: Sandbox) -> None:
    refused: list[Unavailable] = []

    def ask() -> None:
        try:
            sandbox.charge(charge(method="hang"))
        except Unavailable as refusal:
            refused.append(refusal)

    thread = Thread(target=ask)
    thread.start()
    sandbox.close()
    thread.join(10)
    assert len(refused) == 1


def test_a_file_that_cannot_be_written_is_a_provider_that_does_not_respond(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    sandbox = Sandbox(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(Unavailable):
        sandbox.charge(charge())
