"""Makes the profile of the colours on the paper, sRGB (IEC 61966-2-1), which PDF/A asks for.

python -m tools.srgb

It is LittleCMS's own (Marti Maria, MIT licence), by way of Pillow; its copyright text says "No copyright, use
freely". Here it only gets a fixed date, and the version of ICC profiles that PDF 1.7 knows.
"""

from __future__ import annotations

import struct

from PIL import ImageCms

from documents.paper.colours import PROFILE

_VERSION = slice(8, 12)  # ICC.1:2004-10, table 9
_CREATED = slice(24, 36)


def profile() -> bytes:
    """The same bytes each time."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[_VERSION] = bytes.fromhex("04200000")  # 4.2
    made[_CREATED] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    return bytes(made)


def main() -> None:
    PROFILE.write_bytes(profile())


if __name__ == "__main__":
    main()
