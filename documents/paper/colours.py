"""What the colours on the paper are: sRGB, by the profile that PDF/A asks for (ISO 19005-3, 6.2.3)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from documents.paper.objects import Objects, stream

PROFILE = Path(__file__).parents[1] / "colours" / "sRGB.icc"  # made by tools/srgb.py
NAME = "sRGB IEC61966-2.1"


def add_output_intent(objects: Objects) -> int:
    """The number of the output intent: it says what the RGB values mean, on whatever device."""
    profile = objects.add(_profile())
    return objects.add(
        f"<< /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier ({NAME}) /Info ({NAME}) "
        f"/RegistryName (http://www.color.org) /DestOutputProfile {profile} 0 R >>"
    )


@cache
def _profile() -> bytes:
    return stream(PROFILE.read_bytes(), "/N 3 ", is_reused=True)
