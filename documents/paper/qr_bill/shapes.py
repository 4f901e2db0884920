"""What is drawn on a QR-bill besides its text: lines to cut along, corners, the cross; y points upwards."""

from __future__ import annotations

from documents.paper.qr_bill.measures import CODE, CROSS, HEIGHT, RECEIPT_WIDTH, WIDTH

_CORNER = 8.5  # points: 3 mm
_RING = 1.7  # radius of a handle of the scissors
_CURVE = 0.5523 * _RING  # makes four Bézier curves a circle
_BLADE = "3.1 {0}0.9 m 12.6 {1}2 l 11.2 {1}0.5 l 3.8 {0}1.9 l f"
_SCISSORS_FROM_EDGE = 17.0


def cutting_lines() -> str:
    """Above both parts and between them, each with a pair of scissors; from the upper left corner on."""
    between = f"{RECEIPT_WIDTH:.2f}"
    lines = f"0 0 0 RG 0.5 w 0 0 m {WIDTH:.2f} 0 l S {between} 0 m {between} {-HEIGHT:.2f} l S"
    along = f"q 1 0 0 1 {_SCISSORS_FROM_EDGE} 0 cm {_SCISSORS} Q"
    down = f"q 0 -1 1 0 {between} {-_SCISSORS_FROM_EDGE} cm {_SCISSORS} Q"
    return f"{lines} {along} {down}"


def corners(width: float, height: float) -> str:
    """The corners of a field to be filled in by hand, from its upper left one on."""
    lines = [
        f"{x:.2f} {y - down:.2f} m {x:.2f} {y:.2f} l {x + right:.2f} {y:.2f} l S"
        for x, right in ((0.0, _CORNER), (width, -_CORNER))
        for y, down in ((0.0, _CORNER), (-height, -_CORNER))
    ]
    return " ".join(["0 0 0 RG 0.75 w", *lines])


def cross() -> str:
    """The Swiss cross in the middle of the code: 7 mm with its white edge, as SIX draws it."""
    middle, unit = CODE / 2, CROSS / 19.8
    white, black, long, wide = (each * unit for each in (19.8, 17.0, 11.0, 3.3))
    boxes = [("1 1 1", white, white), ("0 0 0", black, black), ("1 1 1", long, wide), ("1 1 1", wide, long)]
    return " ".join(
        f"{colour} rg {middle - width / 2:.2f} {middle - height / 2:.2f} {width:.2f} {height:.2f} re f"
        for colour, width, height in boxes
    )


def _ring(y: float) -> str:
    """A handle, around a point of the axis of the scissors."""
    r, c = _RING, _CURVE
    quarters = [
        (r, c, c, r, 0.0, r),
        (-c, r, -r, c, -r, 0.0),
        (-r, -c, -c, -r, 0.0, -r),
        (c, -r, r, -c, r, 0.0),
    ]
    curves = [
        " ".join(f"{value + (1.8 if place % 2 == 0 else y):.2f}" for place, value in enumerate(quarter))
        + " c"
        for quarter in quarters
    ]
    return " ".join([f"{1.8 + r:.2f} {y:.2f} m", *curves, "S"])


_SCISSORS = " ".join(
    ["0 0 0 RG 0 0 0 rg 0.8 w", _ring(2.2), _ring(-2.2), _BLADE.format("", "-"), _BLADE.format("-", "")]
)
"""Open towards the right, their axis on the line."""
