"""A line of text as glyphs of the fonts that have them, from left to right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Protocol

import uharfbuzz as hb

from documents.paper.scripts.direction import (
    LEFT_TO_RIGHT,
    RIGHT_TO_LEFT,
    has_right_to_left,
    in_visual_order,
    levels,
    mirrored,
)
from documents.paper.scripts.families import REGIONS, Face, family_of
from documents.paper.scripts.region import region

_REGION_BY_LETTERS = {  # kana, hangul, bopomofo
    "JP": re.compile("[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9f]"),
    "KR": re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]"),
    "TC": re.compile("[\u3105-\u312f\u31a0-\u31bf]"),
}
LONGEST_KEPT = 64
"""Characters of a line that is shaped once: names come again, and are measured before they are drawn."""
_JOINERS = "\u200c\u200d"
_SPACES = " \u00a0\u202f"


class Latin(Protocol):
    """The paper's own font in one weight."""

    name: str
    widths: dict[str, float]

    def __hash__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Glyph:
    """`text` is what a reader copies for it; all measures are in ems."""

    id: int
    text: str
    width: float
    advance: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Run:
    """Glyphs of one face, or text in the paper's own font as it stands from left to right."""

    width: float
    text: str = ""
    face: Face | None = None
    glyphs: tuple[Glyph, ...] = ()


@dataclass(frozen=True, slots=True)
class Shaped:
    width: float
    runs: tuple[Run, ...]


def shaped(text: str, latin: Latin) -> Shaped:
    """The text in one line. A character that no font has is a KeyError."""
    shape = _kept if len(text) <= LONGEST_KEPT else _shaped
    return shape(text, latin, _region_of(text))


def _shaped(text: str, latin: Latin, where: str) -> Shaped:
    at_levels = levels(text) if has_right_to_left(text) else [0] * len(text)
    runs = [
        (level, _run(part, face, latin, level, where))
        for level, face, part in _parts(text, _faces(text, latin, where), at_levels)
    ]
    ordered = tuple(in_visual_order(runs))
    return Shaped(sum(run.width for run in ordered), ordered)


_kept = lru_cache(maxsize=2048)(_shaped)


def _region_of(text: str) -> str:
    return next((name for name, letters in _REGION_BY_LETTERS.items() if letters.search(text)), region.get())


def _faces(text: str, latin: Latin, where: str) -> list[Face | None]:
    """The face of each character, None for the paper's own; marks and spaces are in the face before them."""
    faces: list[Face | None] = []
    last = None
    for char in text:
        family = None
        if last is not None and _goes_along(char) and last.has(char):
            family = last
        elif char not in latin.widths and char not in (LEFT_TO_RIGHT, RIGHT_TO_LEFT, *_JOINERS):
            family = family_of(char, where)
            if family is None:
                raise KeyError(char)
        last = family
        faces.append(family.faces[latin.name] if family else None)
    return faces


def _goes_along(char: str) -> bool:
    return char in _SPACES or char in _JOINERS or unicodedata.category(char).startswith("M")


def _parts(
    text: str, faces: list[Face | None], at_levels: list[int]
) -> Iterator[tuple[int, Face | None, str]]:
    """The text divided where the face, the level or the script changes."""
    scripts = [""] * len(text)
    for at, char in enumerate(text):
        scripts[at] = _script(char) or (scripts[at - 1] if at else "")
    keys = zip(at_levels, map(id, faces), scripts, strict=True)
    start = 0
    for _, group in groupby(keys):
        end = start + len(list(group))
        yield at_levels[start], faces[start], text[start:end]
        start = end


def _script(char: str) -> str:
    """The first word of a letter's name, which is its script's; empty for what is of any."""
    if not unicodedata.category(char).startswith("L"):
        return ""
    return unicodedata.name(char, "").partition(" ")[0]


def _run(part: str, face: Face | None, latin: Latin, level: int, where: str) -> Run:
    if face is not None:
        glyphs = tuple(_glyphs(part, face, is_right_to_left=level % 2 == 1, language=REGIONS[where]))
        return Run(sum(glyph.advance for glyph in glyphs), part, face, glyphs)
    plain = "".join(char for char in part if char in latin.widths)  # without marks of direction
    plain = mirrored(plain) if level % 2 else plain
    return Run(sum(map(latin.widths.__getitem__, plain)), plain)


def _glyphs(part: str, face: Face, *, is_right_to_left: bool, language: str) -> Iterator[Glyph]:
    buffer = hb.Buffer()
    buffer.cluster_level = hb.BufferClusterLevel.MONOTONE_CHARACTERS
    buffer.add_str(part)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if is_right_to_left else "ltr"
    if buffer.script in ("Hani", "Hira", "Kana", "Hang", "Bopo"):
        buffer.language = language
    hb.shape(face.hb_font, buffer)
    infos, positions = buffer.glyph_infos, buffer.glyph_positions
    step = -1 if is_right_to_left else 1  # from what is read first
    logical = [(info.cluster, position.x_advance) for info, position in zip(infos, positions, strict=True)]
    texts = _texts(part, logical[::step], is_right_to_left=is_right_to_left)[::step]
    for info, position, text in zip(infos, positions, texts, strict=True):
        yield Glyph(
            id=info.codepoint,
            text=text,
            width=face.hb_font.get_glyph_h_advance(info.codepoint) / face.em,
            advance=position.x_advance / face.em,
            x=position.x_offset / face.em,
            y=position.y_offset / face.em,
        )


def _texts(part: str, glyphs: list[tuple[int, int]], *, is_right_to_left: bool) -> list[str]:
    """What each glyph stands for, by its cluster and its advance.

    The glyphs of a cluster that take room have a share each, so that all is in order. From left to right, a
    mark that takes none leaves its text to the glyph before it: readers take what is raised for another line.
    From right to left it has its own, as readers turn the order of letters round one glyph at a time.
    """
    starts = sorted({cluster for cluster, _ in glyphs})
    ends = dict(zip(starts, [*starts[1:], len(part)], strict=True))
    texts = [""] * len(glyphs)
    last = None
    for start, group in groupby(range(len(glyphs)), lambda at: glyphs[at][0]):
        members = list(group)
        text = part[start : ends[start]]
        if bases := [at for at in members if glyphs[at][1]]:
            for at, share in zip(bases, _shares(text, len(bases)), strict=True):
                texts[at] = share
            last = bases[-1]
        else:
            texts[members[0] if last is None or is_right_to_left else last] += text
    return texts


def _shares(text: str, count: int) -> list[str]:
    """The text in so many parts: a character each, the rest in the last one, none where there are too few."""
    shares = [*text[: count - 1], text[count - 1 :]]
    return shares + [""] * (count - len(shares))
