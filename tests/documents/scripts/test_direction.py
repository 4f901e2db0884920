"""Unicode's bidirectional algorithm, by cases of its own tests (BidiCharacterTest.txt) and by invoices'."""

from __future__ import annotations

from itertools import groupby

import pytest

from documents.paper.scripts.direction import in_visual_order, levels, mirrored


def seen(text: str) -> str:
    """The line as it is seen from left to right."""
    runs = []
    for level, group in groupby(zip(levels(text), text, strict=True), lambda each: each[0]):
        run = "".join(char for _, char in group)
        runs.append((level, mirrored(run) if level % 2 else run))
    return "".join(in_visual_order(runs))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a(b)c", [0, 0, 0, 0, 0]),
        ("א(ב)ג", [1, 1, 1, 1, 1]),
        ("a (א) b", [0, 0, 0, 1, 0, 0, 0]),
        ("a א (ב) ג", [0, 0, 1, 1, 1, 1, 1, 1, 1]),
        ("א a (b) c", [1, 1, 2, 2, 2, 2, 2, 2, 2]),
        ("א (a) ב", [1, 1, 1, 2, 1, 1, 1]),
        ("a[א(b]ב)", [0, 0, 1, 0, 0, 0, 1, 0]),
        ("א 12-34", [1, 1, 2, 2, 2, 2, 2]),
        ("ا 12-34", [1, 1, 2, 2, 1, 2, 2]),
        ("א 12,5", [1, 1, 2, 2, 2, 2]),
        ("ا 12,5%", [1, 1, 2, 2, 2, 2, 1]),
        ("א €12", [1, 1, 2, 2, 2]),
        ("a €12", [0, 0, 0, 0, 0]),
        ("אַ1", [1, 1, 2]),
        ("a א ", [0, 0, 1, 0]),
        ("א a ", [1, 1, 2, 1]),
        ("١٢", [2, 2]),
        ("", []),
    ],
)
def test_every_character_has_its_level(text: str, expected: list[int]) -> None:
    assert levels(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("שולחן 500 globus2000", "globus2000 500 ןחלוש"),
        ("Attn. דוד כהן", "Attn. ןהכ דוד"),
        ("to אור 2000, quoting 7", "to 2000 רוא, quoting 7"),
        ("\u200eאור · Invoice 7", "\u200eרוא · Invoice 7"),
        ("אור (160 × 80)", "(80 × 160) רוא"),
    ],
)
def test_a_line_is_seen_in_its_direction(text: str, expected: str) -> None:
    assert seen(text) == expected
