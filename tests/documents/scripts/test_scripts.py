"""Text in every script: drawn by a font that has it, joined as it is read, copied as it was written."""

from __future__ import annotations

import io
import subprocess
import sys
import unicodedata
from dataclasses import replace

import pytest
from pypdf import PdfReader

from documents.paper.fonts import font
from documents.paper.grid import BODY
from documents.paper.scripts.region import region
from documents.paper.text import clean, wrap
from documents.pdf import Paper, paper_of
from invoicing.snapshot import Address, Party, Snapshot
from tests.support.installed import need
from tests.support.pdfa import broken_rules, opened
from tests.support.snapshots import BUYER, SELLER, invoice, line, without_spaces

NAMES = {
    "Japanese": "株式会社 高橋製作所、抹茶茶碗（京都）",
    "Simplified Chinese": "北京字节科技有限公司，红茶",
    "Traditional Chinese": "臺灣積體電路股份有限公司",
    "Korean": "주식회사 한빛",
    "Arabic": "شركة السلام للتجارة والأعمال",
    "Persian": "میز چوبی",
    "Hebrew": "חברת אור בע״מ",
    "Thai": "บริษัท แสงสว่าง จำกัด น้ำผึ้ง",
    "Devanagari": "हिन्दी किताब क्षत्रिय शृंगार",
    "Georgian": "შპს სინათლე",
    "Armenian": "Լույս ՍՊԸ",
    "Tamil": "தமிழ் புத்தகம்",
    "symbols": "Mug ✓ ★ ☎ ♥",
    "Chinese of plane 2": "𠮷野家",
}
SCRIPTS = [*NAMES]


@pytest.fixture(autouse=True)
def _fonts() -> None:
    need("fonts of other scripts")


def paper_about(text: str, **values: object) -> tuple[Snapshot, Paper]:
    snapshot = invoice(
        lines=(line(name=text, description=text),),
        note=text,
        seller=replace(SELLER, name=text),
        buyer=replace(BUYER, name=text, contact_name=text),
        **values,
    )
    return snapshot, paper_of(snapshot)


def copied(paper: Paper) -> str:
    """What a reader copies, without invisible characters and white space."""
    pages = PdfReader(io.BytesIO(paper.content)).pages
    text = "\n".join(page.extract_text() for page in pages)
    return without_spaces("".join(char for char in text if unicodedata.category(char) != "Cf"))


def fonts_of(paper: Paper) -> dict[str, bool]:
    """The fonts for other scripts, which have codes of two bytes, and whether each is embedded."""
    with opened(paper.content) as file:
        fonts = [font for font in file.pages[0].Resources.Font.values() if font.Subtype == "/Type0"]
        descriptors = [font.DescendantFonts[0].FontDescriptor for font in fonts]
        return {str(each.FontName): "/FontFile2" in each or "/FontFile3" in each for each in descriptors}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_name_is_drawn_and_copied_as_it_was_written(script: str) -> None:
    _, paper = paper_about(NAMES[script])
    assert paper.warnings == ()
    assert copied(paper).count(without_spaces(NAMES[script])) == 8


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_file_is_pdf_a_with_the_fonts_inside(script: str) -> None:
    snapshot, paper = paper_about(NAMES[script])
    assert broken_rules(paper.content) == []
    assert set(fonts_of(paper).values()) == {True}
    assert paper_of(snapshot).content == paper.content


def glyphs(text: str) -> list[int]:
    return [glyph.id for run in font("R").shaped(clean(text)).runs for glyph in run.glyphs]


def test_arabic_letters_join() -> None:
    alone, three = glyphs("ه"), glyphs("ههه")
    assert len(set(three)) == 3
    assert set(alone).isdisjoint(three)


def test_arabic_and_hebrew_run_from_right_to_left() -> None:
    first, last = glyphs("אב"), glyphs("בא")
    assert first == last[::-1]
    (run,) = font("R").shaped("אב").runs
    assert [glyph.text for glyph in run.glyphs] == ["ב", "א"]


def test_consonants_of_devanagari_become_one_and_vowels_go_before_them() -> None:
    assert len(glyphs("क्ष")) == 1
    assert glyphs("कि")[1] == glyphs("क")[0]


def test_a_joiner_between_letters_is_heeded_and_a_stray_one_left_out() -> None:
    assert glyphs("می‌خواهم") != glyphs("میخواهم")
    assert clean("a\u200db\u200c") == "ab"


@pytest.mark.parametrize(
    ("locale", "country", "regional"),
    [
        ("ja-JP", None, "JP"),
        ("zh-Hant-TW", None, "TC"),
        ("zh-HK", None, "HK"),
        ("zh", None, "SC"),
        ("ko", None, "KR"),
        ("en", "JP", "JP"),
        ("en", "TW", "TC"),
        ("en", "NL", "SC"),
    ],
)
def test_chinese_characters_have_the_forms_of_the_buyers_country(
    locale: str, country: str | None, regional: str
) -> None:
    buyer = Party(name="直", address=Address(country_code=country))
    paper = paper_of(invoice(locale=locale, buyer=buyer))
    (name,) = fonts_of(paper)
    assert f"NotoSansCJK{regional.lower()}-" in name
    assert region.get() == regional


def test_kana_say_that_chinese_characters_are_japanese() -> None:
    _, paper = paper_about("直の")
    assert all("CJKjp" in name for name in fonts_of(paper))


@pytest.mark.parametrize("script", SCRIPTS)
def test_long_text_is_wrapped_within_its_width_and_kept_whole(script: str) -> None:
    face, text = font(BODY.weight), clean(" ".join([NAMES[script]] * 12))
    lines = wrap(text, face, 20.0)
    assert len(lines) > 1
    assert all(face.width(each) <= 20.5 for each in lines)
    assert without_spaces("".join(lines)).translate({0x200E: None, 0x200F: None}) == without_spaces(text)


def test_no_line_of_japanese_begins_with_a_full_stop_or_ends_with_an_opening_bracket() -> None:
    text = clean("抹茶茶碗です。「手作り」のため、色や形が写真と異なる場合があります。" * 5)
    for width in range(5, 30):
        for each in wrap(text, font("R"), width):
            assert each[0] not in "。、」"
            assert each[-1] != "「"


def test_a_mark_is_not_parted_from_its_letter() -> None:
    for width in range(2, 12):
        for each in wrap(clean("น้ำผึ้งสักทองเชียงใหม่" * 4), font("R"), width):
            assert unicodedata.category(each[0]) != "Mn"


def test_amounts_stay_where_they_are_beside_a_name_from_right_to_left() -> None:
    _, paper = paper_about(NAMES["Hebrew"])
    text = copied(paper)
    assert "Pleasetransfer€12.10by16June2025to" in text
    assert "Page1of1" in text


def test_latin_greek_and_cyrillic_ask_for_no_other_font() -> None:
    program = (
        "import sys; from documents.paper.scripts.families import families; "
        "from documents.pdf import load_fonts, render; "
        "from tests.support.snapshots import invoice, line; load_fonts(); "
        "render(invoice(lines=(line(name='Łódź Ελληνικά Настольная лампа ½ ﬁ 🎁'),))); "
        "sys.exit(families.cache_info().currsize)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
