"""An uploaded logo is decoded and made ready for paper; what is no logo is refused, and why is said."""

from __future__ import annotations

import base64
import io
import re
import struct
import zlib
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from invoicing.accounts.logo import JPEG, MOST_BYTES, PNG, PRINTED, LogoImage, read_logo
from invoicing.errors import ValidationError
from tests.support import logos
from tests.support.logos import RED, encoded, picture


def opened(logo: LogoImage) -> Image.Image:
    image = Image.open(io.BytesIO(logo.content))
    assert image.size == (logo.width, logo.height)
    return image


def is_red(pixel: object) -> bool:
    assert isinstance(pixel, tuple)
    return all(abs(found - wanted) <= 8 for found, wanted in zip(pixel, RED, strict=True))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "PA"])
def test_a_png_becomes_an_opaque_one_in_rgb(mode: str) -> None:
    shown = {"P": picture().quantize(4), "PA": picture(mode="RGBA").quantize(4)}  # with a palette
    logo = read_logo(encoded(shown.get(mode) or picture(mode=mode)))
    image = opened(logo)
    assert (logo.media_type, image.format, image.mode, image.info) == (PNG, "PNG", "RGB", {})
    assert is_red(image.getpixel((40, 10)))


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_a_grey_png_stays_grey(mode: str) -> None:
    assert opened(read_logo(encoded(picture(mode=mode)))).mode == "L"


def test_grey_of_16_bits_keeps_its_shade() -> None:
    grey = Image.new("I;16", (9, 9), 65_535)
    grey.paste(32_896, (2, 2, 7, 7))
    assert opened(read_logo(encoded(grey))).getpixel((2, 2)) == 128


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_jpeg_becomes_one_in_rgb(mode: str) -> None:
    logo = read_logo(encoded(picture(300, 100, mode), "JPEG", quality=95))
    image = opened(logo)
    assert (logo.media_type, image.format, image.mode) == (JPEG, "JPEG", "RGB")
    if mode != "L":
        assert is_red(image.getpixel((100, 50)))


def test_half_transparent_is_on_white() -> None:
    half = Image.new("RGBA", (9, 9), (255, 0, 0, 128))
    assert opened(read_logo(encoded(half))).getpixel((4, 4)) == (255, 127, 127)


def test_the_white_around_it_is_cut_off() -> None:
    margin = Image.new("RGB", (200, 100), "white")
    margin.paste(RED, (50, 20, 150, 60))
    assert opened(read_logo(encoded(margin))).size == (100, 40)


@pytest.mark.parametrize(
    ("size", "becomes"), [((30, 10), (28, 8)), ((6_002, 602), (1_200, 120)), ((102, 1_602), (20, 320))]
)
def test_it_is_made_smaller_in_its_proportions_and_never_larger(
    size: tuple[int, int], becomes: tuple[int, int]
) -> None:
    logo = read_logo(encoded(picture(*size)))
    assert (logo.width, logo.height) == becomes
    assert logo.width <= PRINTED[0]
    assert logo.height <= PRINTED[1]


def test_a_photo_stands_upright_and_says_no_more_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90°
    exif[0x010E] = "at home"
    upload = encoded(picture(60, 20), "JPEG", exif=exif)
    assert b"at home" in base64.b64decode(upload)
    logo = read_logo(upload)
    assert logo.height > logo.width
    assert b"at home" not in logo.content


def test_a_profile_of_colours_is_applied() -> None:
    other = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = read_logo(encoded(picture()))
    assert read_logo(encoded(picture(), icc_profile=own)) == plain
    assert read_logo(encoded(picture(), icc_profile=b"no profile")) == plain
    assert opened(read_logo(encoded(picture(), icc_profile=other))).info == {}


def test_the_same_file_gives_the_same_bytes_and_their_hash_names_it() -> None:
    first, second = read_logo(logos.WIDE), read_logo(logos.WIDE)
    assert first == second
    assert first.sha256 == sha256(first.content).hexdigest()


def test_base64_may_have_breaks_and_be_a_data_url() -> None:
    plain = read_logo(logos.WIDE)
    assert read_logo("data:image/png;base64," + logos.WIDE) == plain
    assert read_logo("\n".join(re.findall(".{1,76}", logos.WIDE))) == plain


def png(width: int, height: int) -> str:
    """A PNG with the head of an image of this size and no pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    return base64.b64encode(content).decode()


@pytest.mark.parametrize(
    ("upload", "says"),
    [
        ("", "must be a PNG or JPEG file"),
        ("no base64!", "must be base64"),
        ("AAA", "must be base64"),
        ("data:text/plain;base64,AAAA", "must be base64"),
        (encoded(picture(), "GIF"), "must be a PNG or JPEG file in base64 \\(it begins with 47 49 46"),
        (base64.b64encode(b"<svg/>").decode(), "must be a PNG or JPEG file"),
        (base64.b64encode(bytes(MOST_BYTES + 1)).decode(), "at most 524,288 bytes \\(it has 524,289\\)"),
        ("A" * 2_000_000, "at most 524,288 bytes \\(it has more than 1,500,000\\)"),
        (encoded(picture())[:120], "is damaged or not complete"),
        (encoded(picture(300, 300), "JPEG")[:400], "is damaged or not complete"),
        (png(40, 40), "is damaged or not complete"),
        (png(4_000, 4_000), "at most 10,000,000 pixels \\(it has 4,000 × 4,000\\)"),
        (png(100_000, 100_000), "at most 10,000,000 pixels"),
        (encoded(Image.new("RGB", (9, 9), "white")), "shows nothing on white paper"),
        (encoded(Image.new("RGBA", (9, 9), (0, 0, 0, 0))), "shows nothing on white paper"),
    ],
)
def test_what_is_no_logo_is_refused(upload: str, says: str) -> None:
    with pytest.raises(ValidationError, match=f"^logo .*{says}") as refusal:
        read_logo(upload)
    assert (refusal.value.code, refusal.value.field) == ("VALIDATION_ERROR", "logo")


@given(place=st.integers(0, 2_000), byte=st.integers(0, 255), is_png=st.booleans())
def test_a_damaged_file_is_read_or_refused(place: int, byte: int, is_png: bool) -> None:
    content = bytearray(base64.b64decode(logos.WIDE if is_png else logos.JPEG))
    content[place % len(content)] = byte
    try:
        logo = read_logo(base64.b64encode(content).decode())
    except ValidationError:
        return
    assert opened(logo).getbbox()
