"""Where fonts for other scripts come from."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader
from structlog.testing import capture_logs

from documents.paper.scripts.families import OWN, families, family_of, use_folder
from documents.pdf import paper_of, use_font_folder
from tests.support.fonts import MIAO, make_font
from tests.support.installed import PACKAGES, need
from tests.support.pdfa import broken_rules
from tests.support.snapshots import invoice


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An empty folder for fonts; what a process uses is put back after the test."""
    need("fonts of other scripts")
    yield tmp_path
    use_folder(None)


def test_the_folder_comes_before_the_packages(folder: Path) -> None:
    shutil.copy(PACKAGES / "manimgx_fonts" / "NotoSansHebrew[wght].ttf", folder / "a.ttf")
    font = TTFont(folder / "a.ttf")
    for name in (1, 16):
        font["name"].setName("Ours", name, 3, 1, 0x409)
    font.save(folder / "a.ttf")
    use_font_folder(folder)
    found, other = family_of("א", ""), family_of("ب", "")
    assert found is not None
    assert other is not None
    assert (found.name, other.name) == ("Ours", "Noto Sans Arabic")


def test_a_font_of_one_weight_serves_for_both(folder: Path) -> None:
    make_font(folder / "Miao.ttf", MIAO)
    use_folder(folder)
    paper = paper_of(invoice(note=f"a {MIAO}{MIAO} b", cost_center=MIAO))
    assert paper.warnings == ()
    assert broken_rules(paper.content) == []
    assert f"a {MIAO}{MIAO} b" in PdfReader(io.BytesIO(paper.content)).pages[0].extract_text()


@pytest.mark.parametrize(
    "values", [{"fsType": 2}, {"usWidthClass": 3}, {"fsSelection": 1}, {"in_postscript": True}]
)
def test_what_cannot_or_may_not_be_embedded_and_what_is_narrow_or_slanted_is_not_used(
    folder: Path, values: dict[str, int]
) -> None:
    make_font(folder / "Miao.ttf", MIAO, **values)  # type: ignore[arg-type]
    use_folder(folder)
    assert family_of(MIAO, "") is None


def test_a_file_that_is_no_font_is_told_in_the_log_and_left_out(folder: Path) -> None:
    (folder / "broken.ttf").write_bytes(b"OTTO" + bytes(40))
    (folder / "readme.txt").write_text("no font")
    use_folder(folder)
    with capture_logs() as logs:
        assert family_of("א", "") is not None
    assert all(entry["file"].endswith("broken.ttf") for entry in logs)


def test_the_symbols_are_there_without_any_package() -> None:
    found = {family.name for family in families() if family.has("✓") and family.has("★")}
    assert "Noto Sans Symbols2" in found
    assert families()[0].name == "Noto Sans Symbols2"
    assert (OWN / "OFL.txt").exists()


def test_the_same_files_are_in_the_same_order() -> None:
    names = [family.name for family in families()]
    families.cache_clear()
    assert [family.name for family in families()] == names
    assert len(set(names)) == len(names)
    keys = [face.key for family in families() for face in {*family.faces.values()}]
    assert len(set(keys)) == len(keys)
