"""Encrypts secrets that have to be read again, with a key that is derived from the server's own secret.

A secret is sealed by AES-256-GCM for its owner: copied to another row, it cannot be opened. The name of the
key stands before it: what was sealed before the server's secret was changed is opened with the former one, as
long as that is known.
"""

from __future__ import annotations

import base64
import os
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MARK = "sealed"
_NONCE = 12  # bytes, as NIST SP 800-38D has it for random ones
_KEY = 32
_NAME = 4


class SecretLost(Exception):
    """A secret was sealed under a server's secret that is not known here."""


class Keyring:
    """The server's secret, which seals, and former ones, which only open."""

    def __init__(self, secret: str, *former: str) -> None:
        self._secrets = (secret, *former)

    @cached_property
    def _keys(self) -> list[tuple[str, AESGCM]]:
        """Their names with them. They are derived when the first secret is sealed or opened."""
        return [_derived(secret) for secret in self._secrets]

    def seal(self, text: str, owner: str) -> str:
        name, key = self._keys[0]
        nonce = os.urandom(_NONCE)
        box = nonce + key.encrypt(nonce, text.encode(), owner.encode())
        return f"{_MARK}:{name}:{base64.urlsafe_b64encode(box).decode()}"

    def open(self, stored: str, owner: str) -> str:
        """What was sealed; what never was, as it is. Raises SecretLost."""
        if not is_sealed(stored):
            return stored
        from cryptography.exceptions import InvalidTag

        _, name, text = stored.split(":")
        box = base64.urlsafe_b64decode(text)
        try:
            key = dict(reversed(self._keys))[name]
            return key.decrypt(box[:_NONCE], box[_NONCE:], owner.encode()).decode()
        except (KeyError, InvalidTag):
            raise SecretLost from None

    def can_open(self, stored: str, owner: str) -> bool:
        try:
            self.open(stored, owner)
        except SecretLost:
            return False
        return True

    def is_current(self, stored: str) -> bool:
        """Whether it is sealed under the server's secret of today."""
        return stored.startswith(f"{_MARK}:{self._keys[0][0]}:")


def is_sealed(stored: str) -> bool:
    return stored.startswith(f"{_MARK}:")


def _derived(secret: str) -> tuple[str, AESGCM]:
    """The name and the key from a secret (HKDF, RFC 5869). The name says nothing of the key."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # late: loading it takes a moment
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derived = HKDF(SHA256(), _NAME + _KEY, salt=None, info=b"invoicing: secrets in the database")
    material = derived.derive(secret.encode())
    return material[:_NAME].hex(), AESGCM(material[_NAME:])
