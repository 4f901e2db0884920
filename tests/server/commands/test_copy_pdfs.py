"""`invoicing copy-pdfs`, and other commands on object storage: each PDF stays the one that was made."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from documents.s3_place import S3Place
from documents.store import FileStore, Measure, Store
from invoicing.access import Principal
from invoicing.storage.database import Database
from invoicing.storage.tables import documents
from server.commands.paper_check import check_papers
from tests.support import factories
from tests.support.empty_places import Place
from tests.support.object_storage import Front
from tests.support.rendering import render_due
from tests.support.stores import delete, environment_of

PAPER = b"a paper of another version"


@pytest.fixture
def place(database: Database, database_url: str, principal: Principal, store: FileStore) -> Place:
    """Three invoices whose PDFs are in the folder."""
    for _ in range(3):
        factories.invoice(database, principal)
    render_due(database, store)
    return Place(store.root.parent, database_url)


@pytest.fixture
def s3(s3_place: S3Place) -> Store:
    from documents.s3_store import S3Store

    return S3Store(s3_place)


def test_they_are_copied_once_and_then_served_from_there(
    place: Place, s3_place: S3Place, s3: Store, store: FileStore
) -> None:
    there = environment_of(s3_place)
    result = place.run("copy-pdfs", **there)
    assert result.exit_code == 0, result.output
    assert "3 PDFs copied, 0 were there already." in result.stderr
    assert dict(s3.sizes()) == dict(store.sizes())
    assert len(dict(s3.sizes())) == 3
    assert "0 PDFs copied, 3 were there already." in place.run("copy-pdfs", **there).stderr
    for path in store.root.rglob("*.pdf"):
        path.unlink()
    assert place.run("verify", "--papers", **there).exit_code == 0
    assert place.run("verify", "--papers").exit_code == 1

    back = {name: value for name, value in there.items() if name != "INVOICING_STORE"}
    assert "3 PDFs copied" in place.run("copy-pdfs", "--from", str(s3_place), **back).stderr
    assert place.run("verify", "--papers").exit_code == 0


def test_what_the_source_does_not_have_as_it_was_made_is_named(
    place: Place, s3_place: S3Place, s3: Store, store: FileStore
) -> None:
    damaged, gone, _ = sorted(store.root.rglob("*.pdf"))
    os.truncate(damaged, 100)
    gone.unlink()
    result = place.run("copy-pdfs", **environment_of(s3_place))
    assert result.exit_code == 1
    assert "1 PDFs copied, 0 were there already." in result.stderr
    assert "2 PDFs are not copied" in result.stderr
    assert damaged.name in result.stderr
    assert gone.name in result.stderr
    assert len(dict(s3.sizes())) == 1


def test_a_pdf_that_is_another_one_there_is_replaced(place: Place, s3_place: S3Place, s3: Store) -> None:
    there = environment_of(s3_place)
    place.run("copy-pdfs", **there)
    key, size = next(iter(s3.sizes()))
    s3.put(key, b"another".ljust(size))
    assert "1 PDFs copied, 2 were there already." in place.run("copy-pdfs", **there).stderr
    assert place.run("verify", "--papers", **there).exit_code == 0


@pytest.mark.parametrize("is_row_new", [False, True], ids=["just stored", "recorded too"])
def test_what_a_server_makes_again_meanwhile_is_not_replaced(
    place: Place, s3_place: S3Place, s3: Store, front: Front, database: Database, is_row_new: bool
) -> None:
    """Rows are read many at once: the one of this PDF was read before."""
    key = next(str(path.relative_to(place.folder / "documents")) for path in place.folder.rglob("*.pdf"))
    new = {"size": len(PAPER), "sha256": sha256(PAPER).hexdigest()}
    made = iter([True])

    def meddle(method: str, path: str) -> None:
        if method == ("GET" if is_row_new else "PUT") and path.endswith(key) and next(made, False):
            s3.put(key, PAPER)
            if is_row_new:
                database.write(record, new)

    def record(connection: Connection, row: dict[str, object]) -> None:
        connection.execute(update(documents).where(documents.c.key == key).values(row))

    front.meddle = meddle
    there = environment_of(replace(s3_place, endpoint=front.endpoint))
    result = place.run("copy-pdfs", **there)
    assert (result.exit_code, "2 PDFs copied, 1 were there already." in result.stderr) == (0, True)
    assert s3.read(key) == PAPER


class BrokenDisk(FileStore):
    """A folder on a disk that cannot read one of its files any more."""

    def __init__(self, root: Path, broken: str) -> None:
        super().__init__(root)
        self.broken = broken

    def measure(self, key: str, *, read: bool = True) -> Measure | None:
        if key == self.broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().measure(key, read=read)


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("read", [False, True])
def test_a_pdf_that_the_disk_cannot_read_is_a_finding_and_the_others_are_verified(
    store: FileStore, database: Database, read: bool
) -> None:
    _, broken, _ = sorted(key for key, _ in store.sizes())
    checked = check_papers(database, None, BrokenDisk(store.root, broken), read=read)
    (finding,) = checked.findings
    assert finding.detail == f"Its PDF is in the store and cannot be read (Input/output error): {broken}"
    assert checked.count == 3


def test_a_place_that_is_the_same_or_is_none_is_refused(place: Place, s3_place: S3Place) -> None:
    assert "INVOICING_STORE names the store that they are in" in place.run("copy-pdfs").stderr
    same = place.run("copy-pdfs", "--from", f"{s3_place}/", **environment_of(s3_place))
    assert (same.exit_code, "that they are in" in same.stderr) == (1, True)
    assert "--from s3:/x: it must look like s3://bucket" in place.run("copy-pdfs", "--from", "s3:/x").stderr


@pytest.mark.parametrize("words", [("copy-pdfs",), ("verify",), ("verify", "--papers"), ("backup", "NEW")])
def test_a_store_that_is_not_there_is_said_in_one_sentence(
    place: Place, s3_place: S3Place, tmp_path: Path, words: tuple[str, ...]
) -> None:
    secret = {"INVOICING_SECRET_KEY": "s" * 32}
    there = {**environment_of(s3_place), "INVOICING_STORE": "s3://another/prefix", **secret}
    result = place.run(*(str(tmp_path / "new") if word == "NEW" else word for word in words), **there)
    assert result.exit_code == 1
    assert "The store of the PDFs, s3://another/prefix, cannot be used (NoSuchBucket" in result.stderr
    assert "Traceback" not in result.output


def test_a_backup_of_object_storage_is_restored_where_some_of_it_is_already(
    place: Place, s3_place: S3Place, s3: Store, elsewhere: Place, tmp_path: Path
) -> None:
    """As after a restore that was interrupted."""
    there = {**environment_of(s3_place), "INVOICING_SECRET_KEY": "s" * 32}
    place.run("copy-pdfs", **there)
    keys = dict(s3.sizes())
    assert place.run("backup", tmp_path / "backup", **there).exit_code == 0
    delete(s3, next(iter(keys)))
    result = elsewhere.run("restore", tmp_path / "backup", **there)
    assert result.exit_code == 0, result.output
    assert elsewhere.rows() == place.rows()
    assert dict(s3.sizes()) == keys


def test_a_restore_overwrites_nothing_in_object_storage(
    place: Place, s3_place: S3Place, s3: Store, elsewhere: Place, tmp_path: Path
) -> None:
    assert place.run("backup", tmp_path / "backup", INVOICING_SECRET_KEY="s" * 32).exit_code == 0
    there = {**environment_of(s3_place), "INVOICING_SECRET_KEY": "s" * 32}
    s3.put("a/00/other.pdf", b"paper")
    result = elsewhere.run("restore", tmp_path / "backup", **there)
    assert (result.exit_code, "such as a/00/other.pdf" in result.stderr) == (1, True)
    assert [*s3.sizes()] == [("a/00/other.pdf", 5)]
    restored = {**there, "INVOICING_STORE": f"{s3_place}-restored"}
    result = elsewhere.run("restore", tmp_path / "backup", **restored)
    assert result.exit_code == 0, result.output
    assert elsewhere.run("verify", "--papers", **restored).exit_code == 0
    assert not (elsewhere.folder / "documents").exists()
