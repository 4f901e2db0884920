"""Absolute, signed links to documents. Anybody who has a link may open it until it expires."""

from __future__ import annotations

import hashlib
import hmac
import time
from urllib.parse import quote

import orjson
from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode, int_to_bytes

from documents.filenames import plain
from invoicing.errors import InvoicingError


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
        # a function of ours keeps hmac from OpenSSL's own HMAC, which looks the algorithm up each time
        self._hmac = hmac.new(self._signer.make_signer("documents").derive_key(), digestmod=_sha256)

    def url(self, key: str, filename: str) -> str:
        """A link that works for `seconds`. Only the token is checked; the name after it is for people."""
        name = plain(filename)
        return f"{self._base}/{self._token(key, name)}/{quote(name, safe='')}"

    def _token(self, key: str, name: str) -> str:
        """What `self._signer` makes of [key, name], in a fraction of the time: a page has many links."""
        signed = b".".join(
            (base64_encode(orjson.dumps([key, name])), base64_encode(int_to_bytes(int(time.time()))))
        )
        signature = self._hmac.copy()
        signature.update(signed)
        return b".".join((signed, base64_encode(signature.digest()))).decode()

    def read_token(self, token: str) -> tuple[str, str]:
        """The key and the file name that the link was made for."""
        try:
            key, filename = self._signer.loads(token, max_age=self._seconds)
        except SignatureExpired as late:
            raise ExpiredLink from late
        except BadData as forged:
            raise BadLink from forged
        return key, filename


def _sha256(data: bytes = b"") -> hashlib._Hash:
    return hashlib.sha256(data)
