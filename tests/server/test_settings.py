"""What an operator may allow and forbid: other sites' pages, introspection, larger documents."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from documents.paper.scripts.families import family_of
from documents.pdf import use_font_folder
from documents.s3_place import S3Place
from documents.store import FileStore
from invoicing.storage.database import Database
from server.settings import Settings
from tests.support.client import CREATE_CUSTOMER, CREATE_INVOICE, SETTLE_MANUALLY, Client, client
from tests.support.fonts import MIAO, make_font
from tests.support.installed import need

SHOP, STRANGER = "https://shop.example", "https://stranger.example"

Open = Callable[..., Client]


@pytest.fixture
def opened(fresh_sqlite: Any, tmp_path: Path) -> Iterator[Open]:
    """A client of a server with settings of its own."""
    with fresh_sqlite() as url:
        database = Database(url)
        yield lambda **settings: client(database, tmp_path, **settings)
        database.close()


def preflight(client: Client, origin: str) -> httpx.Response:
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, content-type",
    }
    return client.without_key().request("OPTIONS", headers=headers)


def allowed(answer: httpx.Response) -> str | None:
    origin: str | None = answer.headers.get("access-control-allow-origin")
    return origin


def test_other_sites_pages_may_not_ask(opened: Open) -> None:
    answer = preflight(opened(), SHOP)
    assert (answer.status_code, allowed(answer)) == (405, None)
    asked = opened().request("POST", json={"query": "{ __typename }"}, headers={"origin": SHOP})
    assert (asked.status_code, allowed(asked)) == (200, None)


def test_pages_of_sites_that_are_let_in_may_ask(opened: Open) -> None:
    shop = opened(cors_origins=f"{SHOP} https://other.example")
    answer = preflight(shop, SHOP)
    assert (answer.status_code, allowed(answer)) == (200, SHOP)
    sent = {name.strip() for name in answer.headers["access-control-allow-headers"].lower().split(",")}
    assert {"authorization", "content-type"} <= sent
    assert {"polar-version", "polar-organization"} <= sent, "which Polar's clients send"
    assert "access-control-allow-credentials" not in answer.headers
    assert allowed(preflight(shop, STRANGER)) is None
    for origin, told in ((SHOP, SHOP), (STRANGER, None)):
        asked = shop.request("POST", json={"query": "{ __typename }"}, headers={"origin": origin})
        assert allowed(asked) == told
        refused = shop.without_key().request("POST", json={}, headers={"origin": origin})
        assert (refused.status_code, allowed(refused)) == (401, told)
        assert {"accept", "origin"} <= set(asked.headers["vary"].lower().replace(" ", "").split(","))


def test_all_sites_may_be_let_in(opened: Open) -> None:
    assert allowed(preflight(opened(cors_origins="*"), STRANGER)) == "*"


@pytest.mark.parametrize(
    "origins",
    [
        "shop.example",
        "https://shop.example/",
        "https://shop.example?",
        "https://shop.example#a",
        "https://me@shop.example",
        "https://shop.example:99999",
        "https://[",
        "https://[::1",
        "https://a.example,x",
        "null",
    ],
)
def test_an_origin_that_no_browser_sends_is_no_setting(origins: str) -> None:
    with pytest.raises(ValidationError, match="is no origin"):
        Settings(cors_origins=origins)


def test_the_schema_may_be_kept_back(opened: Open) -> None:
    told, hidden = opened(), opened(introspection=False)
    asked = "{ __schema { queryType { name } } }"
    assert told.ask(asked)
    assert {refusal.code for refusal in hidden.errors(asked)} == {"GRAPHQL_VALIDATION_FAILED"}
    assert hidden.ask("{ __typename account { __typename } }")
    for text, variables in (("{ acount { id } }", {}), (CREATE_CUSTOMER, {"name": "x", "handel": "y"})):
        suggested, silent = (each.errors(text, input=variables)[0] for each in (told, hidden))
        assert "Did you mean" in suggested.message
        assert "Did you mean" not in silent.message
        assert len(silent.message) > 20


def test_limits_are_settings(opened: Open) -> None:
    strict = opened(max_depth=2, max_aliases=1, max_root_fields=1, max_cost=2)
    refusals = strict.post("{ a: account { address { locality } } b: account { id } }").json()["errors"]
    told = {each["extensions"]["limit"]: each["extensions"]["most"] for each in refusals}
    assert told == {"depth": 2, "aliases": 1, "root_fields": 1, "cost": 2}
    assert strict.ask("{ a: account { id } }")


def test_the_folder_of_fonts_must_be_there(tmp_path: Path) -> None:
    assert Settings(font_dir=tmp_path).font_dir == tmp_path
    assert Settings.model_validate({"font_dir": ""}).font_dir is None
    with pytest.raises(ValidationError, match="is no folder"):
        Settings(font_dir=tmp_path / "missing")


def test_the_server_itself_uses_the_folder_of_fonts(opened: Open, tmp_path: Path) -> None:
    fonts = tmp_path / "fonts"
    fonts.mkdir()
    make_font(fonts / "Miao.ttf", MIAO)
    try:
        shop = opened(font_dir=fonts)
        shop.ask(CREATE_CUSTOMER, input={"name": "Ann", "handle": "ann"})
        line = {"text": "Mug", "amount": 100, "vat_rate": 0}
        sale = {"customer_handle": "ann", "handle": "mug", "order_lines": [line]}
        shop.ask(CREATE_INVOICE, input=sale)
        paid = {"id": "mug", "method": "CASH", "payment_date": datetime.now(UTC).date().isoformat()}
        shop.ask(SETTLE_MANUALLY, input=paid)
        link = shop.ask('{ invoice(id: "mug") { receipt_url } }')["invoice"]["receipt_url"]
        assert shop.request("GET", link).status_code == 200  # a receipt is printed by the server itself
        assert family_of(MIAO, "") is not None
    finally:
        use_font_folder(None)
    assert family_of(MIAO, "") is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://invoices.example",
        "http://[::1]:8000",
        "https://shop.example/invoices/",
        "HTTPS://a.example",
    ],
)
def test_the_base_url_is_a_whole_one(url: str) -> None:
    assert Settings(base_url=url).base_url == url


@pytest.mark.parametrize(
    "url",
    [
        "invoices.example",
        "//invoices.example",
        "ftp://invoices.example",
        "https://",
        "https:///documents",
        "https://me:secret@invoices.example",
        "https://invoices.example:99999",
        "https://invoices.example/?a=b",
        "https://invoices.example/#a",
        "https://invoices.example/a b",
    ],
)
def test_what_links_cannot_begin_with_is_no_base_url(url: str) -> None:
    with pytest.raises(ValidationError, match="whole URL"):
        Settings(base_url=url)


def test_object_storage_is_a_place_and_how_it_is_reached() -> None:
    need("obstore")
    from documents.s3_store import S3Store

    with_all = Settings(store="s3://invoices/a/", store_endpoint="https://s3.example/", store_region="eu-1")
    assert with_all.documents == S3Store(S3Place("invoices", "a", "https://s3.example", "eu-1"))
    assert isinstance(Settings().documents, FileStore)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"store": "/var/pdfs"}, "it must look like s3://bucket"),
        ({"store_endpoint": "http://minio:9000"}, "INVOICING_STORE_ALLOW_HTTP=true"),
        ({"store_downloads": "other"}, "'stream' or 'redirect'"),
    ],
)
def test_a_store_that_cannot_be_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Settings(**given)
    allowed = Settings(store_allow_http=True, store_endpoint="http://minio:9000")
    assert allowed.store_endpoint == "http://minio:9000"


def test_object_storage_without_its_client_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(ValidationError, match=r"it needs the extra s3: pip install 'invoicing-server\[s3\]'"):
        Settings(store="s3://invoices")


def test_who_uses_the_folder_does_not_load_the_client_of_object_storage() -> None:
    script = (
        "import sys; from server.settings import Settings; Settings().documents; "
        "assert not {'obstore', 'documents.s3_store'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_secret_that_a_power_cut_has_emptied_is_refused(tmp_path: Path) -> None:
    """It would be taken for one, by which anybody could sign links."""
    made = Settings(data_dir=tmp_path).secret
    assert made == (tmp_path / "secret").read_text() == Settings(data_dir=tmp_path).secret
    assert len(made) >= 32
    (tmp_path / "secret").write_text("")
    with pytest.raises(OSError, match="is empty, and with an empty secret links could be forged"):
        assert Settings(data_dir=tmp_path).secret
