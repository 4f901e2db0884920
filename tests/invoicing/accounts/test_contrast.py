"""The contrast of a colour on white, as WCAG 2 computes it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.accounts.contrast import contrast_on_white


@pytest.mark.parametrize(
    ("colour", "contrast"),
    [
        ("#000000", "21.00"),
        ("#FFFFFF", "1.00"),
        ("#767676", "4.54"),  # the lightest grey that is enough
        ("#777777", "4.47"),
        ("#FF0000", "3.99"),
        ("#0000FF", "8.59"),
        ("#0A636B", "6.97"),
    ],
)
def test_known_contrasts(colour: str, contrast: str) -> None:
    assert contrast_on_white(colour) == Decimal(contrast)
    assert contrast_on_white(colour.lower()) == Decimal(contrast)


@given(st.tuples(*[st.integers(0, 255)] * 3), st.integers(0, 2))
def test_a_darker_colour_has_no_less(parts: tuple[int, ...], which: int) -> None:
    darker = [max(0, part - 1) if place == which else part for place, part in enumerate(parts)]
    before, after = (
        contrast_on_white("#" + "".join(f"{part:02X}" for part in colour)) for colour in (parts, darker)
    )
    assert 1 <= before <= after <= 21
