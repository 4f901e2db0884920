"""The units of quantities (BT-130): codes of UN/ECE Recommendations 20 and 21, the latter after an X.

`units.txt` has those that EN 16931's code list of April 2026 takes.

Callers write units as they like, in three characters at most; `code_of` has what the usual words stand for.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_WORDS = """
C62: c62 ks pc pcs pce pz st stk szt ud uds
H87: h87
ANN: yr
CMK: cm²
CMT: cm cmt
DAY: day dag tag
DLT: dl dlt
DZN: doz dz
E34: gb
FOT: ft
GRM: g gr grm
HLT: hl hlt
HUR: h hr hrs hur std uur
INH: in inh
KGM: kg kgm kgs
KMT: km kmt
KWH: kwh
KWT: kw
LBR: lb lbs
LTR: l ltr
MGM: mg
MIN: min
MLT: ml mlt
MMT: mm mmt
MON: mnd mo mon
MTK: m2 m² mtk qm
MTQ: cbm m3 m³ mtq
MTR: m mtr
ONZ: oz
P1: %
PR: pr
SEC: s sec sek
SET: set
SMI: mi
TNE: t tne
WEE: wee wk
XBG: bag
XBX: box
XPK: pak pk pkg
YRD: yd
4L: mb
"""
_FILE = Path(__file__).with_suffix(".txt")


@cache
def units() -> frozenset[str]:
    """All codes, such as C62 (a piece), HUR (an hour), KGM (a kilogram)."""
    return frozenset(_FILE.read_text("ascii").split())


@cache
def code_of(unit: str) -> str | None:
    """The code that it is or, as a usual word (kg, hrs, St.), stands for; None if there is none.

    A code is meant as it stands: STK is a stick of cigarettes, and stk a piece.
    """
    return unit if unit in units() else words().get(unit.casefold().rstrip("."))


@cache
def words() -> dict[str, str]:
    """The code of each usual word; words are in small letters."""
    lines = (line.split(": ") for line in _WORDS.strip().splitlines())
    return {word: code for code, words in lines for word in words.split()}
