"""The text that the codes of a font stand for."""

from __future__ import annotations

from collections.abc import Sequence


def to_unicode(rows: Sequence[str], codes: str) -> str:
    """The map by which readers copy and search the text (ISO 32000-1, 9.10.3; at most 100 rows a block)."""
    blocks = [rows[start : start + 100] for start in range(0, len(rows), 100)]
    body = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return f"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
{codes}
endcodespacerange
{body}
endcmap
CMapName currentdict /CMap defineresource pop
end
end"""
