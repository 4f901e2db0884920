"""Absolute, signed links to documents. Anybody who has a link may open it until it expires."""

from __future__ import annotations

import binascii
import hashlib
import re
import time
from urllib.parse import quote

import orjson
from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer
from itsdangerous.encoding import int_to_bytes

from documents.filenames import plain
from invoicing.errors import InvoicingError

_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
"""A file name that stays as it is."""
_BLOCK = 64  # bytes that SHA-256 takes at once
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class BadLink(InvoicingError):
    """This link was not made here, or it is not complete."""

    code = "BAD_LINK"


class ExpiredLink(InvoicingError):
    """This link has expired: ask for the invoice again to get a new one."""

    code = "LINK_EXPIRED"


class Links:
    def __init__(self, secret: str, base_url: str, seconds: int) -> None:
        self.base_url = base_url.rstrip("/")
        self._base = f"{self.base_url}/documents"
        self._seconds = seconds
        self._signer = URLSafeTimedSerializer(
            secret, "documents", signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
        )
        self._now = 0, b""
        """A second, and how tokens of it end before their signature."""
        self._inner, self._outer = _begun_hmac(self._signer.make_signer("documents").derive_key())

    def url(self, key: str, filename: str) -> str:
        """A link that works for `seconds`. Only the token is checked; the name after it is for people."""
        if _PLAIN.fullmatch(filename):
            return f"{self._base}/{self._token(key, filename)}/{filename}"
        name = plain(filename)
        return f"{self._base}/{self._token(key, name)}/{quote(name, safe='')}"

    def _token(self, key: str, name: str) -> str:
        """What `self._signer` makes of [key, name], in a fraction of the time: a page has many links."""
        second, stamp = self._now
        if second != (now := int(time.time())):
            stamp = b".%b" % _base64(int_to_bytes(now))
            self._now = now, stamp
        signed = _base64(orjson.dumps([key, name])) + stamp
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(signed)
        outer.update(inner.digest())
        return (b"%b.%b" % (signed, _base64(outer.digest()))).decode()

    def read_token(self, token: str) -> tuple[str, str]:
        """The key and the file name that the link was made for."""
        try:
            key, filename = self._signer.loads(token, max_age=self._seconds)
        except SignatureExpired as late:
            raise ExpiredLink from late
        except BadData as forged:
            raise BadLink from forged
        return key, filename


def _begun_hmac(key: bytes) -> tuple[hashlib._Hash, hashlib._Hash]:
    """The two hashes of HMAC-SHA-256 (RFC 2104) after the key: a copy of each signs a text."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    return hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))


def _base64(content: bytes) -> bytes:
    """As itsdangerous writes it."""
    return binascii.b2a_base64(content, newline=False).translate(_URL_SAFE, b"=")
