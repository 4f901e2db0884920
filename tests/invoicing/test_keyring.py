"""Secrets are sealed for their owner, under the server's secret; former ones only open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.keyring import Keyring, SecretLost, is_sealed

NEW, OLD, OTHER = "n" * 32, "o" * 32, "x" * 32
KEYRING = Keyring(NEW, OLD)


@given(text=st.text(), owner=st.text())
def test_what_is_sealed_is_opened_by_the_same_secret_for_the_same_owner(text: str, owner: str) -> None:
    stored = KEYRING.seal(text, owner)
    assert is_sealed(stored)
    assert KEYRING.is_current(stored)
    assert Keyring(NEW).open(stored, owner) == text
    for other in (f"{owner}.", owner[:-1] if owner else "x"):
        assert not KEYRING.can_open(stored, other)


def test_nothing_of_a_secret_is_seen_in_what_is_stored() -> None:
    stored = [KEYRING.seal("whsec_1234", "a") for _ in range(2)]
    assert stored[0] != stored[1]
    assert "1234" not in "".join(stored)
    assert NEW not in "".join(stored)


def test_a_former_secret_opens_and_does_not_seal() -> None:
    before = Keyring(OLD).seal("text", "a")
    assert KEYRING.open(before, "a") == "text"
    assert not KEYRING.is_current(before)
    with pytest.raises(SecretLost):
        Keyring(OLD).open(KEYRING.seal("text", "a"), "a")


@pytest.mark.parametrize("keyring", [Keyring(OTHER), Keyring(OTHER, OLD)])
def test_without_the_servers_secret_it_is_lost(keyring: Keyring) -> None:
    with pytest.raises(SecretLost):
        keyring.open(KEYRING.seal("text", "a"), "a")


@pytest.mark.parametrize("damage", [lambda text: text[:-8], lambda text: f"{text[:-5]}AAAA{text[-1]}"])
def test_what_was_changed_is_lost(damage: object) -> None:
    assert callable(damage)
    with pytest.raises(SecretLost):
        KEYRING.open(damage(KEYRING.seal("a text of some length", "a")), "a")


def test_what_was_never_sealed_is_read_as_it_is() -> None:
    assert KEYRING.open("whsec_plain", "a") == "whsec_plain"
    assert not KEYRING.is_current("whsec_plain")
