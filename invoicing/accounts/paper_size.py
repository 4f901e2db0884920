"""The size of the pages, and which countries have which."""

from __future__ import annotations

from enum import StrEnum


class PaperSize(StrEnum):
    """The size of a page."""

    A4 = "A4"
    LETTER = "LETTER"


WITH_LETTER = frozenset(["BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"])
"""The countries whose paper is US Letter (CLDR, measurementData)."""


def paper_size_of_country(country: str | None) -> PaperSize:
    return PaperSize.LETTER if country in WITH_LETTER else PaperSize.A4
