"""`invoicing verify` compares PDFs in object storage by its lists, and reads each of them with `--papers`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import pytest
from sqlalchemy import select

from documents.s3_place import S3Place
from documents.store import Store, pdf_key
from invoicing.access import Principal
from invoicing.storage.database import Database
from invoicing.storage.tables import invoices
from server.settings import Settings
from tests.support import factories
from tests.support.empty_places import Place
from tests.support.object_storage import Front
from tests.support.rendering import render_due
from tests.support.stores import delete, environment_of

LIST = (
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated>{}'
    "</ListBucketResult>"
)
OF_ONE = (
    "<Contents><Key>{}</Key><Size>1</Size><ETag>x</ETag><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
    "</Contents>"
)

Damage = Callable[[Store, str, int], object]


@pytest.fixture
def reached(front: Front, s3_place: S3Place) -> S3Place:
    return replace(s3_place, endpoint=front.endpoint)


@pytest.fixture
def s3(database: Database, principal: Principal, reached: S3Place) -> Store:
    """It has the PDFs of three invoices."""
    store = Settings(store=str(reached), store_endpoint=reached.endpoint).documents
    for _ in range(3):
        factories.invoice(database, principal)
    render_due(database, store)
    return store


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Place:
    return Place(tmp_path / "shop", database_url)


def test_sizes_are_compared_by_one_list(place: Place, s3: Store, reached: S3Place, front: Front) -> None:
    assert len([*s3.sizes()]) == 3
    front.asked.clear()
    result = place.run("verify", **environment_of(reached))
    assert result.exit_code == 0, result.output
    assert "every paper there or due" in result.stdout
    assert [method for method, _ in front.asked] == ["GET", "GET"]  # whether it is there, and the list
    assert "list-type=2" in front.asked[-1][1]


@pytest.mark.parametrize(
    ("damage", "words", "says"),
    [
        (lambda store, key, _: delete(store, key), [], "Its PDF is not in the store"),
        (lambda store, key, _: store.put(key, b"paper"), [], "Its PDF has 5 bytes and was made with"),
        (lambda store, key, _: delete(store, key), ["--papers"], "Its PDF is not in the store"),
        (lambda store, key, size: store.put(key, bytes(size)), ["--papers"], "though as long; the SHA-256"),
    ],
)
def test_what_differs_is_found(
    place: Place, s3: Store, reached: S3Place, damage: Damage, words: list[str], says: str
) -> None:
    key, size = next(iter(s3.sizes()))
    damage(s3, key, size)
    result = place.run("verify", *words, **environment_of(reached))
    assert result.exit_code == 1
    assert says in result.stdout
    assert key in result.stdout
    assert "1 findings in 3 invoices" in result.stdout


@pytest.mark.parametrize("listed", ["", OF_ONE])
def test_a_list_that_is_older_than_a_pdf_is_no_finding(
    place: Place, s3: Store, reached: S3Place, front: Front, listed: str
) -> None:
    key, _ = next(iter(s3.sizes()))
    answer = LIST.format(listed.format(f"{reached.prefix}/{key}")).encode()
    front.meddle = lambda _, path: (200, answer) if "list-type" in path else None
    result = place.run("verify", **environment_of(reached))
    assert result.exit_code == 0, result.output


def test_files_that_no_row_names_are_a_note(place: Place, s3: Store, reached: S3Place) -> None:
    s3.put("a/00/other.pdf", b"paper")
    result = place.run("verify", "--papers", **environment_of(reached))
    assert result.exit_code == 0, result.output
    assert "Note: 1 files are of no finished PDF" in result.stdout
    assert "a/00/other.pdf" in result.stdout


@pytest.mark.parametrize("name", ["{account}//x.pdf", "{account}/%2e%2e/x.pdf", "/x.pdf", "a/%2e/x.pdf"])
def test_a_strange_name_beside_the_pdfs_keeps_no_damage_from_being_found(
    place: Place, s3: Store, reached: S3Place, principal: Principal, name: str
) -> None:
    """The client of S3 lists nothing where a key has an empty segment, or one that leads elsewhere."""
    put_as_another(reached, name.format(account=principal.account_id))
    told = "was not looked for files that no row names. s3://invoices/"
    for words in (["verify"], ["verify", "--papers"]):
        result = place.run(*words, **environment_of(reached))
        assert (result.exit_code, told in result.stdout) == (0, "--papers" in words), result.output
    delete(s3, next(pdf_key(principal.account_id, each) for each in invoice_ids(place)))
    for words in (["verify"], ["verify", "--papers"]):
        result = place.run(*words, **environment_of(reached))
        assert (result.exit_code, "1 findings in 3 invoices" in result.stdout) == (1, True), result.output


def put_as_another(place: S3Place, key: str) -> None:
    connection = HTTPConnection(place.endpoint.removeprefix("http://"))
    connection.request("PUT", f"/{place.bucket}/{place.prefix}/{key}", b"paper")
    assert connection.getresponse().status == 200
    connection.close()


def invoice_ids(place: Place) -> list[str]:
    database = Database(place.url)
    try:
        return [*database.read(lambda connection: connection.execute(select(invoices.c.id)).scalars().all())]
    finally:
        database.close()
