"""What a failure of the client of S3 is about, in a word. It says so in its text alone."""

from __future__ import annotations

import re

_CODE = re.compile(r"<Code>(\w+)</Code>")
_STATUS = re.compile(r"status code: (\d+)")
_CERTIFICATE = re.compile(r"InvalidCertificate\(\s*(\w+)")
_KIND = re.compile(r"kind: (\w+)")


def reason_of(failure: Exception) -> str:
    """The server's own word for it, or its status, or what happened to the connection."""
    told = str(failure)
    if found := _CODE.search(told) or _STATUS.search(told):
        return found[1]
    if found := _CERTIFICATE.search(told):
        return f"invalid certificate, {found[1]}"
    kinds = [kind for kind in _KIND.findall(told) if kind != "Request"]
    return kinds[-1] if kinds else type(failure).__name__
