"""Logos: what is uploaded is decoded, and becomes an image that goes into a PDF as it is.

It is flattened on white, in sRGB or grey, without a margin and no larger than paper can show. So no paper has
to decode it, and nothing that was uploaded is kept or handed out: no hidden data, no place where a photo was
taken. Pillow is imported late: only who uploads a logo needs it.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from invoicing.errors import ValidationError

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BYTES = 512 * 1024
MOST_PIXELS = 10_000_000
PRINTED = (1_200, 320)
"""The most pixels across and down that are kept: some 400 for an inch of the largest logo on paper."""

PNG, JPEG = "image/png", "image/jpeg"
_MAGIC = {b"\x89PNG\r\n\x1a\n": PNG, b"\xff\xd8\xff": JPEG}
_DATA_URL = re.compile(r"data:image/[a-z.+-]+;base64,")
_ALMOST_WHITE = 250  # of 255: a shade that nobody sees on paper


@dataclass(frozen=True, slots=True)
class LogoImage:
    """A logo as it is stored, and printed: its SHA-256 is its name."""

    content: bytes
    media_type: str
    width: int
    height: int

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()


def read_logo(encoded: str, field: str = "logo") -> LogoImage:
    """The image that base64 of a PNG or JPEG file, or a data URL, holds. Takes up to half a second."""
    content = _decoded(encoded, field)
    media_type = next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), None)
    if media_type is None:
        raise ValidationError(
            f"{field} must be a PNG or JPEG file in base64 (it begins with {content[:8].hex(' ')}).",
            field=field,
        )
    printable = _printable(content, media_type, field)
    printable.info.clear()  # or a profile would be saved with it
    target = io.BytesIO()
    if media_type == PNG:
        printable.save(target, "PNG", optimize=True)
    else:
        printable.save(target, "JPEG", quality=90, subsampling=0)
    return LogoImage(target.getvalue(), media_type, *printable.size)


def _decoded(encoded: str, field: str) -> bytes:
    text = _DATA_URL.sub("", encoded, count=1) if encoded.startswith("data:") else encoded
    if len(text) > MOST_BYTES * 3 // 2:  # base64 takes four thirds, and has breaks of lines
        raise _too_large(f"more than {len(text) * 3 // 4:,}", field)
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValidationError(
            f"{field} must be base64 of a PNG or JPEG file: letters, digits, + and /, filled up with = to a "
            "multiple of four.",
            field=field,
        ) from None
    if len(content) > MOST_BYTES:
        raise _too_large(f"{len(content):,}", field)
    return content


def _too_large(size: str, field: str) -> ValidationError:
    return ValidationError(
        f"{field} must be a file of at most {MOST_BYTES:,} bytes (it has {size}).", field=field
    )


def _printable(content: bytes, media_type: str, field: str) -> Image:
    """Any fault of the file ends in one error: a decoder meets broken files with many kinds of exceptions."""
    try:
        image = _opened(content, media_type)
        if image.width * image.height <= MOST_PIXELS:
            return _trimmed(_flattened(image), field).convert("L" if _is_grey(image, media_type) else "RGB")
    except ValidationError:
        raise
    except Exception as broken:
        raise ValidationError(
            f"{field} cannot be decoded: the file is damaged or not complete. Save it anew as PNG or JPEG.",
            field=field,
        ) from broken
    raise ValidationError(
        f"{field} must have at most {MOST_PIXELS:,} pixels (it has {image.width:,} × {image.height:,}); "
        f"{PRINTED[0]:,} × {PRINTED[1]:,} is all that paper shows.",
        field=field,
    )


def _opened(content: bytes, media_type: str) -> Image:
    """The head of the file only: its pixels are decoded when they are asked for."""
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile

    file = io.BytesIO(content)
    return PngImageFile(file) if media_type == PNG else JpegImageFile(file)


def _is_grey(image: Image, media_type: str) -> bool:
    return media_type == PNG and image.mode in ("1", "L", "LA", "I;16", "I")


def _flattened(image: Image) -> Image:
    """Upright, on white, in sRGB or grey."""
    from PIL import ImageOps
    from PIL.Image import new

    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):  # grey of 16 bits
        return upright.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if upright.has_transparency_data:
        clear = upright.convert("RGBA")
        upright = new("RGB", clear.size, "white")
        upright.paste(clear, mask=clear.getchannel("A"))
    elif upright.mode in ("1", "P"):
        upright = upright.convert("RGB")
    return _in_srgb(upright, profile) if profile else upright.convert("RGB")


def _in_srgb(image: Image, profile: bytes) -> Image:
    """By its own profile; one that is damaged, or of another kind of image, is left aside."""
    from PIL import ImageCms

    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image.convert("RGB")
    return converted or image.convert("RGB")


def _trimmed(image: Image, field: str) -> Image:
    """Without the white around it, and no larger than paper can show."""
    from PIL.Image import Resampling

    inked = image.convert("L").point(lambda value: 255 if value < _ALMOST_WHITE else 0).getbbox()
    if inked is None:
        raise ValidationError(
            f"{field} shows nothing on white paper: all of it is white or transparent. Use the logo that is "
            "meant for a light background.",
            field=field,
        )
    trimmed = image.crop(inked)
    trimmed.thumbnail(PRINTED, Resampling.LANCZOS)
    return trimmed
