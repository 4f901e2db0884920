"""The logo as an object of the PDF: it is stored as it is printed, so nothing is decoded here."""

from __future__ import annotations

import struct
from functools import lru_cache
from hashlib import sha256

from invoicing.snapshot import Logo

_PNG = b"\x89PNG\r\n\x1a\n"
_GREY = 0  # the colour type in the head of a PNG


class LogoMissing(Exception):
    """The image that the invoice names is not there, or it is another one."""


def logo_object(logo: Logo, content: bytes | None) -> bytes:
    """The image, which must be the one that the invoice names."""
    if content is None:
        raise LogoMissing(f"The logo {logo.sha256} is not there.")
    return _object(logo, content)


@lru_cache(maxsize=32)
def _object(logo: Logo, content: bytes) -> bytes:
    if (found := sha256(content).hexdigest()) != logo.sha256:
        raise LogoMissing(f"The logo {logo.sha256} was changed: its SHA-256 is {found}.")
    kind, data = (
        _from_png(logo, content) if content.startswith(_PNG) else ("/DeviceRGB /Filter /DCTDecode", content)
    )
    head = (
        f"<< /Type /XObject /Subtype /Image /Width {logo.width} /Height {logo.height} /BitsPerComponent 8 "
        f"/ColorSpace {kind} /Length {len(data)} >>\nstream\n"
    )
    return head.encode() + data + b"\nendstream\n"


def _from_png(logo: Logo, content: bytes) -> tuple[str, bytes]:
    """PDF takes the compressed rows of a PNG as they are (ISO 32000-1, 7.4.4.4: predictor 15)."""
    is_grey = content[25] == _GREY
    colours, space = (1, "/DeviceGray") if is_grey else (3, "/DeviceRGB")
    parameters = f"/Predictor 15 /Colors {colours} /BitsPerComponent 8 /Columns {logo.width}"
    return f"{space} /Filter /FlateDecode /DecodeParms << {parameters} >>", _png_data(content)


def _png_data(content: bytes) -> bytes:
    """The pixels of all IDAT chunks: each chunk has its length, its name, its data and four bytes more."""
    parts, place = [], len(_PNG)
    while place < len(content):
        length, name = struct.unpack_from(">I4s", content, place)
        if name == b"IDAT":
            parts.append(content[place + 8 : place + 8 + length])
        place += length + 12
    return b"".join(parts)
