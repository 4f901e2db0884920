"""Makes the small fonts of the PDF: `python -m tools.fonts Inter.var.ttf NotoSansSymbols2-Regular.ttf`.

Inter (https://rsms.me/inter) and Noto are under the SIL Open Font License: OFL.txt is beside them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

FONTS = Path(__file__).parents[1] / "documents" / "fonts"
WEIGHTS = {"Regular": 400, "SemiBold": 600}
REPERTOIRE = (
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x024F),  # Latin
    (0x0300, 0x036F),  # combining marks that have no composed letter
    (0x0370, 0x03FF),  # Greek
    (0x0400, 0x052F),  # Cyrillic
    (0x1E00, 0x1EFF),  # Latin for Vietnamese
    (0x1F00, 0x1FFF),  # polytonic Greek
    (0x2000, 0x209F),  # punctuation, superscripts
    (0x20A0, 0x20CF),  # currency signs
    (0x2100, 0x22FF),  # № ™ arrows, mathematics
    (0x25A0, 0x25FF),  # □, which stands for a missing glyph
)
SYMBOLS = (
    (0x0020, 0x0020),
    (0x2190, 0x21FF),  # arrows
    (0x2300, 0x23FF),  # miscellaneous technical
    (0x25A0, 0x27BF),  # geometric shapes, miscellaneous symbols, dingbats
    (0x2B00, 0x2BFF),  # miscellaneous symbols and arrows
)


def tabular_figures(font: TTFont) -> None:
    """Makes tabular figures (all of one width) the default: amounts align without OpenType features."""
    features = font["GSUB"].table.FeatureList.FeatureRecord
    lookups = next(f.Feature.LookupListIndex for f in features if f.FeatureTag == "tnum")
    for index in lookups:
        for subtable in font["GSUB"].table.LookupList.Lookup[index].SubTable:
            mapping = getattr(subtable, "ExtSubTable", subtable).mapping
            for table in font["cmap"].tables:
                for figure in range(ord("0"), ord("9") + 1):
                    if figure in table.cmap:
                        table.cmap[figure] = mapping.get(table.cmap[figure], table.cmap[figure])


def make(variable: Path, name: str, weight: int) -> None:
    font = instantiateVariableFont(TTFont(variable, recalcTimestamp=False), {"wght": weight})
    tabular_figures(font)
    reduce(font, REPERTOIRE)
    for record in font["name"].names:
        if record.nameID in (4, 6):
            record.string = f"Inter-{name}"
    font.save(FONTS / f"Inter-{name}.ttf")


def reduce(font: TTFont, repertoire: Sequence[tuple[int, int]]) -> None:
    """Takes all characters out of it but those from the first to the last of each pair."""
    options = Options(
        hinting=False, layout_features=[], notdef_outline=True, name_IDs=[0, 1, 2, 4, 6, 13, 14]
    )
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "STAT", "DSIG"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in repertoire for code in range(first, last + 1)])
    subsetter.subset(font)


def main() -> None:
    inter, symbols = map(Path, sys.argv[1:])
    for name, weight in WEIGHTS.items():
        make(inter, name, weight)
    font = TTFont(symbols, recalcTimestamp=False)
    reduce(font, SYMBOLS)
    font.save(FONTS / "symbols" / "NotoSansSymbols2-Symbols.ttf")


if __name__ == "__main__":
    main()
