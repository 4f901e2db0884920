"""Draws docs/architecture.svg from the code: the rooms in their layers, and what each imports.

    python -m tools.architecture            draw it
    python -m tools.architecture --check    fail if the picture differs from the code

The picture changes when a room is added or renamed, or an import between rooms appears or disappears.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

from tools.rooms import DOMAIN, House, Room, read_house

PICTURE = Path(__file__).parents[1] / "docs" / "architecture.svg"

ROW, COLUMN, GAP = 25, 18, 7  # pixels: a room's row and column, and what is between two layers
LEFT, TOP, MATRIX = 24, 168, 548  # where the rooms' names begin, the first row, and the first column
FRAME = 30  # pixels above and below the domain's layers
COLOURS = {
    "server": "#334155",
    "schema": "#0284c7",
    "resolvers": "#0d9488",
    "documents": "#65a30d",
    "gateways": "#ca8a04",
    DOMAIN: "#7c3aed",
}
STYLE = """
text { font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1e293b }
.title { font-size: 20px; font-weight: 650 }
.note { font-size: 12px; fill: #475569 }
.room { font-size: 13px; font-weight: 600 }
.says { font-size: 11.5px; fill: #475569 }
.layer { fill: #f1f5f9 }
.own { fill: #e2e8f0 }
.may { fill: #cbd5e1 }
.frame { fill: none; stroke: #c4b5fd; stroke-width: 1.5 }
"""


class Plan:
    """Where each room's row and column are."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.y: dict[str, int] = {}
        self.x: dict[str, int] = {}
        y, x = TOP, MATRIX
        for before, room in zip((house.rooms[0], *house.rooms), house.rooms, strict=False):
            if before.layer != room.layer:
                y, x = y + GAP, x + GAP
            if before.package != room.package == DOMAIN:
                y += FRAME
            self.y[room.name], self.x[room.name] = y, x
            y, x = y + ROW, x + COLUMN
        self.right, self.bottom = x, y


def draw(house: House) -> str:
    plan = Plan(house)
    width, height = plan.right + 68, plan.bottom + 60
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        f"<title>The rooms of the code and what each imports</title><style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" rx="12" fill="#ffffff"/>',
        *_head(plan),
        *_frame(plan),
        *(part for layer in _layers(house) for part in _layer(plan, layer)),
        *(part for room in house.rooms for part in _row(plan, room)),
        *(part for room in house.rooms for part in _cells(plan, room)),
        *_legend(height - 20),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _layers(house: House) -> Iterator[list[Room]]:
    for number in sorted({room.layer for room in house.rooms}):
        yield [room for room in house.rooms if room.layer == number]


def _head(plan: Plan) -> Iterator[str]:
    yield _text(LEFT, 46, "The rooms, top to bottom", "title")
    yield _text(LEFT, 72, "A room imports only rooms of layers below its own.", "note")
    yield _text(LEFT, 90, "Its row shows which ones; its column shows who imports it.", "note")
    for room in plan.house.rooms:
        x, y = plan.x[room.name] + COLUMN // 2 + 4, TOP - 10
        yield (
            f'<text class="says" transform="translate({x} {y}) rotate(-60)" '
            f'style="fill: {COLOURS[room.package]}">{escape(room.label)}</text>'
        )


def _frame(plan: Plan) -> Iterator[str]:
    first = next(room for room in plan.house.rooms if room.package == DOMAIN)
    y = plan.y[first.name] - FRAME
    width, height = plan.right + 8 - LEFT + 12, plan.bottom - y + 10
    yield f'<rect class="frame" x="{LEFT - 12}" y="{y}" width="{width}" height="{height}" rx="10"/>'
    yield (
        f'<text x="{LEFT}" y="{y + 19}" class="room" style="fill: {COLOURS[DOMAIN]}">{DOMAIN}/'
        f'<tspan class="says" dx="8">{escape(plan.house.domain)}</tspan></text>'
    )


def _layer(plan: Plan, rooms: list[Room]) -> Iterator[str]:
    """The band of a layer across all columns, and the square of imports within the layer."""
    x, width = plan.x[rooms[0].name], COLUMN * len(rooms)
    high = f'y="{plan.y[rooms[0].name]}" height="{ROW * len(rooms)}"'
    yield f'<rect class="layer" x="{LEFT - 6}" width="{plan.right - LEFT + 8}" {high} rx="6"/>'
    yield f'<rect class="own" x="{x}" width="{width}" {high} rx="4"/>'


def _row(plan: Plan, room: Room) -> Iterator[str]:
    y, indent = plan.y[room.name] + 17, 18 if room.is_inner else 0
    colour = COLOURS[room.package]
    yield f'<rect x="{LEFT - 6}" y="{y - 12}" width="3" height="15" fill="{colour}"/>'
    yield _text(LEFT + 4 + indent, y, room.label, "room")
    yield _text(LEFT + 128, y, room.sentence, "says")


def _cells(plan: Plan, room: Room) -> Iterator[str]:
    for other in plan.house.rooms:
        x, y = plan.x[other.name] + COLUMN // 2, plan.y[room.name] + ROW // 2
        if (room.name, other.name) in plan.house.imports:
            title = f"<title>{room.name} imports {other.name}</title>"
            yield f'<circle cx="{x}" cy="{y}" r="5" fill="{COLOURS[room.package]}">{title}</circle>'
        elif other != room and plan.house.may_import(room, other):
            yield f'<circle class="may" cx="{x}" cy="{y}" r="1.8"/>'


def _legend(y: int) -> Iterator[str]:
    yield f'<circle cx="{LEFT + 5}" cy="{y - 4}" r="5" fill="{COLOURS[DOMAIN]}"/>'
    yield _text(LEFT + 16, y, "imports", "note")
    yield f'<circle class="may" cx="{LEFT + 85}" cy="{y - 4}" r="1.8"/>'
    yield _text(LEFT + 93, y, "may import, and does not", "note")
    yield f'<rect class="own" x="{LEFT + 262}" y="{y - 11}" width="14" height="14" rx="3"/>'
    yield _text(LEFT + 283, y, "its own layer", "note")


def _text(x: int, y: int, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}">{escape(text)}</text>'


def main(*args: str) -> int:
    drawn = draw(read_house())
    if "--check" not in args:
        PICTURE.write_text(drawn)
    elif not PICTURE.exists() or PICTURE.read_text() != drawn:
        print("docs/architecture.svg is not what the code says; `python3 dev.py format` draws it again.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
