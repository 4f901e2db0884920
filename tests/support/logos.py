"""Pictures to upload as logos, as base64."""

from __future__ import annotations

import base64
import io
from typing import Any

from PIL import Image

RED = (200, 30, 30)


def picture(width: int = 90, height: int = 30, mode: str = "RGB") -> Image.Image:
    """A red rectangle that touches no edge, on white, or on nothing where the mode has transparency."""
    shown = Image.new("RGBA", (width, height), (255, 255, 255, 0))
    shown.paste((*RED, 255), (1, 1, width - 1, height - 1))
    if "A" in mode:
        return shown.convert(mode)
    white = Image.new("RGB", shown.size, "white")
    white.paste(shown, mask=shown.getchannel("A"))
    return white.convert(mode)


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> str:
    """The base64 of the file."""
    file = io.BytesIO()
    image.save(file, format, **options)
    return base64.b64encode(file.getvalue()).decode()


WIDE, TALL = encoded(picture(900, 90)), encoded(picture(90, 900))
JPEG = encoded(picture(), "JPEG")
