"""`updateBranding`: what is shown of it, and that papers have what was valid at their issue."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader

from documents.store import FileStore
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import Client, client, data
from tests.support.logos import JPEG, TALL, WIDE
from tests.support.rendering import render_due

UPDATE = (
    "mutation ($input: UpdateBrandingInput!) { updateBranding(input: $input) { account { branding "
    "{ logo_url accent_color footer terms paper_size tax_name } } } }"
)
PDF = "query ($id: String!) { invoice(id: $id) { pdf_url pdf_status } }"


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def brand(shop: Client, **values: Any) -> dict[str, Any]:
    shown: dict[str, Any] = shop.ask(UPDATE, input=values)["updateBranding"]["account"]["branding"]
    return shown


def opened(shop: Client, url: str) -> Image.Image:
    answer = shop.without_key().request("GET", url)
    assert answer.status_code == 200
    image = Image.open(io.BytesIO(answer.content))
    assert answer.headers["content-type"] == image.get_format_mimetype()
    assert answer.headers["x-content-type-options"] == "nosniff"
    return image


def paper(shop: Client, database: Database, folder: Path, invoice_id: str) -> PdfReader:
    render_due(database, FileStore(folder / "documents"))
    url = shop.ask(PDF, id=invoice_id)["invoice"]["pdf_url"]
    return PdfReader(io.BytesIO(shop.request("GET", url).content))


def test_an_account_begins_without(shop: Client) -> None:
    shown = shop.ask("{ account { branding { logo_url accent_color footer terms paper_size tax_name } } }")
    assert shown["account"]["branding"] == {
        "logo_url": None,
        "accent_color": "#0A636B",
        "footer": None,
        "terms": None,
        "paper_size": "A4",
        "tax_name": None,
    }


def test_what_is_given_is_shown_and_the_rest_stays(shop: Client) -> None:
    values = {"accent_color": "#8A1538", "footer": "A\n\nB", "terms": "T", "paper_size": "LETTER"}
    assert brand(shop, **values, tax_name="GST") == {"logo_url": None, **values, "tax_name": "GST"}
    assert brand(shop, tax_name=None) == {"logo_url": None, **values, "tax_name": None}


@pytest.mark.parametrize(("logo", "format"), [(WIDE, "PNG"), (JPEG, "JPEG")])
def test_a_link_opens_the_logo_without_a_key(shop: Client, logo: str, format: str) -> None:
    assert opened(shop, brand(shop, logo=logo)["logo_url"]).format == format
    assert brand(shop, logo=None)["logo_url"] is None


def test_a_link_to_a_logo_that_is_not_there_says_so(shop: Client) -> None:
    url = brand(shop, logo=WIDE)["logo_url"]
    assert shop.request("GET", url.replace("documents/", "documents/x")).json()["error"] == "BAD_LINK"


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"logo": "bm8="}, "logo", "must be a PNG or JPEG file"),
        ({"logo": WIDE[:200]}, "logo", "is damaged or not complete"),
        ({"accent_color": "#FFFF00"}, "accent_color", "a contrast of 4.5:1 or more"),
        ({"footer": "a\n\nb\n\nc\n\nd"}, "footer", "at most 3 columns"),
        ({"tax_name": "{"}, "tax_name", "without braces"),
    ],
)
def test_a_refusal_names_the_field_and_what_would_be_right(
    shop: Client, values: dict[str, Any], field: str, says: str
) -> None:
    refusal = shop.refused(UPDATE, input=values)
    assert (refusal.code, refusal.field) == ("VALIDATION_ERROR", field)
    assert says in refusal.message


def test_nothing_of_a_refused_change_is_kept(shop: Client) -> None:
    before = brand(shop, footer="F")
    shop.refused(UPDATE, input={"footer": "G", "logo": "bm8="})
    assert data(shop.post("{ account { branding { footer } } }"))["account"]["branding"]["footer"] == "F"
    assert before["footer"] == "F"


def test_an_issued_paper_keeps_its_branding_also_when_it_is_made_again(
    shop: Client, database: Database, tmp_path: Path
) -> None:
    brand(shop, logo=WIDE, footer="First footer", paper_size="LETTER", tax_name="GST")
    issued = factories.invoice(database, shop.principal)
    brand(shop, logo=TALL, footer="Second footer", paper_size="A4", tax_name=None)
    before = paper(shop, database, tmp_path, issued.id)
    shop.ask(f'mutation {{ retryInvoicePdf(input: {{invoice_id: "{issued.id}"}}) {{ invoice {{ id }} }} }}')
    brand(shop, logo=None)
    for reader in (before, paper(shop, database, tmp_path, issued.id)):
        (page,) = reader.pages
        assert (page.mediabox.width, page.mediabox.height) == (612, 792)
        assert "First footer" in page.extract_text()
        assert "Total including GST" in page.extract_text()
        (image,) = page.images
        assert image.image is not None
        assert image.image.size == (898, 88)
    later = factories.invoice(database, shop.principal)
    (page,) = paper(shop, database, tmp_path, later.id).pages
    assert ("Second footer" in page.extract_text(), len(page.images)) == (True, 0)


def test_several_invoices_have_one_logo_each_of_its_account(
    shop: Client, database: Database, tmp_path: Path
) -> None:
    brand(shop, logo=WIDE)
    neighbour = shop.neighbour()
    brand(neighbour, logo=TALL)
    mine = [factories.invoice(database, shop.principal) for _ in range(2)]
    theirs = factories.invoice(database, neighbour.principal)
    assert render_due(database, FileStore(tmp_path / "documents")) == 3
    papers = [*((shop, each, (898, 88)) for each in mine), (neighbour, theirs, (31, 320))]
    for client_of, issued, size in papers:
        (page,) = paper(client_of, database, tmp_path, issued.id).pages
        (image,) = page.images
        assert image.image is not None
        assert image.image.size == size
