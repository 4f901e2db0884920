"""Where in an S3-compatible object storage the files are, and how it is reached; it needs no client."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

_SCHEME = "s3://"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()/-]+")  # what every S3 takes as it is


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket and the folder in it. `endpoint` is empty for AWS itself."""

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    path_style: bool = True
    timeout: float = 5.0

    def __str__(self) -> str:
        return _SCHEME + "/".join(filter(None, (self.bucket, self.prefix)))


def bucket_and_prefix(url: str) -> tuple[str, str]:
    """Of `s3://bucket/prefix`. Raises ValueError, which says what is wrong."""
    bucket, _, prefix = url.removeprefix(_SCHEME).partition("/")
    prefix = prefix.strip("/")
    if not url.startswith(_SCHEME) or not _BUCKET.fullmatch(bucket):
        raise ValueError("it must look like s3://bucket or s3://bucket/prefix")
    if prefix and (not _PREFIX.fullmatch(prefix) or {"", ".", ".."} & {*prefix.split("/")}):
        raise ValueError("the prefix may have letters, digits and !_.*'()- between single slashes")
    return bucket, prefix


def check_endpoint(endpoint: str, *, allow_http: bool) -> None:
    """Raises ValueError where it is no address, or one without TLS that goes over a network."""
    try:
        parts = urlsplit(endpoint)
        has_port = parts.port != 0
    except ValueError:
        has_port = False
    if not has_port or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it must look like https://s3.example")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("it must be an address alone, such as https://s3.example, without a path")
    if parts.scheme == "http" and not (allow_http or is_loopback(parts.hostname)):
        raise ValueError(
            "http:// sends invoices in the clear: use https://, or set INVOICING_STORE_ALLOW_HTTP=true"
        )


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
