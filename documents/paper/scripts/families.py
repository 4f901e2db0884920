"""The fonts for what the paper's own fonts lack: from a folder, from packages, and the symbols that are here.

They are looked for when the first such character is met: texts in Latin, Greek or Cyrillic never ask.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import structlog
import uharfbuzz as hb

from documents.paper.scripts.cff import is_cid_keyed

PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
"""What the extra `scripts` installs: Noto fonts, without any code."""
OWN = Path(__file__).parents[2] / "fonts" / "symbols"
SUFFIXES = frozenset((".ttf", ".otf", ".ttc", ".otc"))
WEIGHTS = {"R": 400, "B": 600}
REGIONS = {"JP": "ja", "KR": "ko", "SC": "zh-hans", "TC": "zh-hant", "HK": "zh-hk"}
"""How families for Chinese characters end, by the language whose forms they draw."""
_OUTLINES = frozenset(("glyf", "CFF ", "CFF2"))
_LESS_PLAIN = ("Nastaliq", "Mono", "UI", "Display", "Looped", "Fallback")
_RANKS = {"Emoji": 3, **dict.fromkeys(_LESS_PLAIN, 2), "Noto Sans": 0}
"""Which families come first, by a part of their names: a plain one of one script before a bit of all."""

log = structlog.get_logger()
_folder: Path | None = None


@dataclass(eq=False, slots=True)
class Face:
    """A font in one weight. `key` is its name in page content."""

    key: str
    hb_face: hb.Face
    weight: int | None  # of a variable font; None if it has one only
    hb_font: hb.Font = field(init=False)
    is_cff: bool = field(init=False)

    def __post_init__(self) -> None:
        self.is_cff = "glyf" not in self.hb_face.table_tags
        self.hb_font = hb.Font(self.hb_face)
        if self.weight is not None:
            self.hb_font.set_variations({"wght": float(self.weight)})

    @property
    def em(self) -> int:
        """How many of its units are an em."""
        units: int = self.hb_face.upem
        return units

    @property
    def box(self) -> tuple[int, ...]:
        """What all of its glyphs are within, in thousandths of an em: left, lower, right and upper edge."""
        edges = struct.unpack_from(">hhhh", self.hb_face.reference_table("head").data, 36)
        return tuple(round(edge * 1000 / self.em) for edge in edges)


@dataclass(frozen=True, eq=False, slots=True)
class Family:
    """A font in its weights, "R" and "B"; the same for both where it has one only."""

    name: str
    characters: hb.Set
    faces: dict[str, Face]

    def has(self, char: str) -> bool:
        return ord(char) in self.characters

    @property
    def region(self) -> str:
        """Whose forms of Chinese characters it has; empty if it is for none in particular."""
        end = self.name.rpartition(" ")[2]
        return end if end in REGIONS else ""


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    hb_face: hb.Face
    weight: int
    is_variable: bool


def use_folder(folder: Path | None) -> None:
    """Looks into this folder before all others, from now on."""
    global _folder
    if folder == _folder:
        return
    _folder = folder
    families.cache_clear()
    _in_order_for.cache_clear()
    family_of.cache_clear()


@lru_cache(maxsize=4096)
def family_of(char: str, region: str) -> Family | None:
    """The first family that has the character, one for the region before the others."""
    return next((family for family in _in_order_for(region) if family.has(char)), None)


@cache
def _in_order_for(region: str) -> Sequence[Family]:
    return sorted(families(), key=lambda family: family.region not in ("", region))


@cache
def families() -> Sequence[Family]:
    """All there are. The order is the same wherever the same files are."""
    made: dict[str, Family] = {}
    for files in (_files(OWN), _files(_folder), *(_files(folder) for folder in _packages())):
        by_name: dict[str, list[_Found]] = {}
        for found in _faces(files):
            by_name.setdefault(found.name, []).append(found)
        for name in sorted(by_name, key=lambda name: (_rank(name), name)):
            if name not in made:
                made[name] = _family(name, by_name[name], len(made))
    return list(made.values())


def _packages() -> Iterator[Path]:
    for name in PACKAGES:
        if (spec := find_spec(name)) and spec.submodule_search_locations:
            yield Path(next(iter(spec.submodule_search_locations)))


def _files(folder: Path | None) -> list[Path]:
    if folder is None:
        return []
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES)


def _faces(files: Iterable[Path]) -> Iterator[_Found]:
    for file in files:
        try:
            blob = hb.Blob.from_file_path(str(file))
            found = [_found(hb.Face(blob, number)) for number in range(hb.Face(blob).count)]
        except (hb.HarfBuzzError, OSError, struct.error) as error:
            log.warning("a font cannot be read", file=str(file), reason=str(error))
            continue
        yield from filter(None, found)


def _found(face: hb.Face) -> _Found | None:
    """None for a font that cannot or may not be embedded, and for a narrow or slanted one.

    One of PostScript's outlines has to number its glyphs: with codes of two bytes, PDF/A takes no names.
    """
    tags = set(face.table_tags)
    if not tags & _OUTLINES or "OS/2" not in tags:
        return None
    weight, width, rights = struct.unpack_from(">HHH", face.reference_table("OS/2").data, 4)
    (selection,) = struct.unpack_from(">H", face.reference_table("OS/2").data, 62)
    if "CFF " in tags and not is_cid_keyed(face.reference_table("CFF ").data):
        return None
    if rights & 0xF == 2 or selection & 1 or width != 5:
        return None
    name = face.get_name(16) or face.get_name(1)
    is_variable = any(axis.tag == "wght" for axis in face.axis_infos)
    return _Found(name, face, weight, is_variable) if name else None


def _family(name: str, found: list[_Found], number: int) -> Family:
    variable = next((each for each in found if each.is_variable), None)
    if variable is not None:
        faces = {
            weight: Face(f"X{number}{weight}", variable.hb_face, value) for weight, value in WEIGHTS.items()
        }
        return Family(name, variable.hb_face.unicodes, faces)
    regular = min(found, key=lambda each: (abs(each.weight - WEIGHTS["R"]), each.weight))
    bold = min(found, key=lambda each: (abs(each.weight - WEIGHTS["B"]), each.weight))
    faces = {"R": Face(f"X{number}R", regular.hb_face, None)}
    faces["B"] = faces["R"] if bold is regular else Face(f"X{number}B", bold.hb_face, None)
    return Family(name, regular.hb_face.unicodes, faces)


def _rank(name: str) -> int:
    return next((rank for part, rank in _RANKS.items() if part in name), 1)
