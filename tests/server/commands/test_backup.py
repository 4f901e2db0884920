"""`invoicing backup` and `restore`: what is in a backup, what is refused, and that damage is named."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import orjson
import psycopg
import pytest
from sqlalchemy import Connection, text

from documents.store import FileStore
from invoicing.access import Principal
from invoicing.accounts import branding
from invoicing.accounts.logo import read_logo
from invoicing.invoices import from_orders
from invoicing.storage import migrations
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from invoicing.verify import books
from server.backup import manifest
from server.backup.manifest import File, Manifest
from tests.support import factories
from tests.support.empty_places import Place
from tests.support.logos import WIDE
from tests.support.planted_faults import unprotected
from tests.support.rendering import render_due

FILLED = json.loads(Path("tests/invoicing/storage/filled_0007.json").read_text(encoding="utf-8"))


@pytest.fixture
def shop(database: Database, database_url: str, principal: Principal, tmp_path: Path) -> Place:
    """Three invoices with PDFs, one credit that waits for its own; texts that are hard to write down."""
    place = Place(tmp_path / "shop", database_url)
    store = FileStore(place.folder / "documents")
    (place.folder).mkdir()
    (place.folder / "secret").write_text("a secret of thirty-two characters")
    name = 'Ann\tB\\N "ü"\r\n\\. ☕'
    issued = [factories.invoice(database, principal, billing_name=name, meta={"a": None}) for _ in range(3)]
    render_due(database, store)
    database.write(from_orders.credit_invoice, principal, issued[0].id, None, reason="\\N", now=factories.NOW)
    return place


@pytest.fixture
def made(shop: Place, tmp_path: Path) -> Path:
    result = shop.run("backup", tmp_path / "backup")
    assert result.exit_code == 0, result.output
    return tmp_path / "backup"


def contents(backup: Path) -> Manifest:
    return manifest.read(backup)


def test_what_was_backed_up_is_restored_to_the_byte(shop: Place, made: Path, elsewhere: Place) -> None:
    result = elsewhere.run("restore", made)
    assert result.exit_code == 0, result.output
    assert "Restored as it was at 20" in result.stderr
    assert result.stdout.splitlines()[-1] == "3 PDFs read: each is the one that was made."
    assert elsewhere.rows() == shop.rows()
    assert elsewhere.files() == shop.files()
    assert elsewhere.run("verify", "--papers").exit_code == 0


def test_logos_are_in_the_backup(
    shop: Place, database: Database, principal: Principal, tmp_path: Path, elsewhere: Place
) -> None:
    image = read_logo(WIDE)
    database.write(branding.update_branding, principal, {"logo": "given"}, image=image, now=factories.NOW)
    assert shop.run("backup", tmp_path / "backup").exit_code == 0
    assert elsewhere.run("restore", tmp_path / "backup").exit_code == 0
    with closing(Database(elsewhere.url)) as restored:
        kept = restored.read(branding.logo, principal.account_id, image.sha256)
        assert kept is not None
        assert kept.content == image.content
        with pytest.raises(Exception, match="logos are kept"):
            restored.write(lambda connection: connection.execute(text("DELETE FROM logos")))


def test_a_restored_server_issues_the_next_number_and_keeps_its_guards(
    principal: Principal, made: Path, elsewhere: Place
) -> None:
    assert elsewhere.run("restore", made).exit_code == 0
    database = Database(elsewhere.url)
    try:
        assert factories.invoice(database, principal).number == "INV-2025-00004"
        with pytest.raises(Exception, match="issued"):
            database.write(lambda connection: connection.execute(text("DELETE FROM invoices")))
    finally:
        database.close()


def test_the_manifest_names_every_file_and_the_secret_is_for_nobody_else(made: Path, shop: Place) -> None:
    found = {str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()}
    backup = contents(made)
    assert found == {*backup.files, "manifest.json"}
    assert sum(name.startswith("documents/") for name in found) == 3
    assert (backup.schema, backup.without) == (migrations.newest(), [])
    assert backup.files["secret"].size == 33
    assert (made / "secret").stat().st_mode & 0o777 == 0o600
    assert made.stat().st_mode & 0o777 == 0o700
    assert shop.folder.exists()


def test_a_folder_that_is_not_empty_is_refused(shop: Place, made: Path) -> None:
    before = contents(made)
    result = shop.run("backup", made)
    assert (result.exit_code, "is not empty: name a new folder" in result.stderr) == (1, True)
    assert contents(made) == before


def test_the_sandbox_gateways_file_is_backed_up_too(shop: Place, elsewhere: Place, tmp_path: Path) -> None:
    with closing(sqlite3.connect(shop.folder / "sandbox.db")) as sandbox, sandbox:
        sandbox.execute("CREATE TABLE charges AS SELECT 'card' AS reference, 1210 AS amount")
    assert shop.run("backup", tmp_path / "backup").exit_code == 0
    assert elsewhere.run("restore", tmp_path / "backup").exit_code == 0
    with closing(sqlite3.connect(elsewhere.folder / "sandbox.db")) as sandbox:
        assert sandbox.execute("SELECT * FROM charges").fetchall() == [("card", 1_210)]


@pytest.mark.parametrize(
    ("lost", "says"),
    [("documents", "The folder of the PDFs is not here"), ("secret", "The servers' secret is not here")],
)
def test_a_data_folder_that_is_not_the_servers_is_refused(
    shop: Place, tmp_path: Path, lost: str, says: str
) -> None:
    (shop.folder / lost).rename(tmp_path / lost)
    result = shop.run("backup", tmp_path / "backup")
    assert (result.exit_code, says in result.stderr) == (1, True), result.output
    assert not (tmp_path / "backup").exists()
    assert not (shop.folder / lost).exists()


def test_a_disk_with_too_little_room_is_refused(database: Database, shop: Place, tmp_path: Path) -> None:
    far_too_large = "UPDATE documents SET size = 100000000000000000"
    database.write(lambda connection: connection.execute(text(far_too_large)))
    result = shop.run("backup", tmp_path / "backup")
    assert (result.exit_code, "the backup may need 300,000," in result.stderr) == (1, True), result.output
    assert list((tmp_path / "backup").iterdir()) == []


def test_the_tables_have_no_sequences_which_a_backup_would_have_to_save(database: Database) -> None:
    if not database.is_sqlite:
        count = text("SELECT count(*) FROM pg_sequences")
        assert database.read(lambda connection: connection.execute(count).scalar_one()) == 0


def damaged_files(made: Path) -> list[str]:
    return [
        name
        for name in contents(made).files
        if name.startswith(("documents/", "tables/invoices.", "invoicing"))
    ]


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (flip, "was changed: its SHA-256 is another."),
        (lambda path: path.unlink(), "is missing."),
        (lambda path: os.truncate(path, 10), "has 10 bytes, and was written with"),
    ],
)
def test_damage_in_a_backup_is_named_and_nothing_is_restored(
    made: Path, elsewhere: Place, damage: Callable[[Path], object], says: str
) -> None:
    names = damaged_files(made)
    for name in names:
        damage(made / name)
    result = elsewhere.run("restore", made)
    assert result.exit_code == 1
    assert "The backup is damaged, and nothing is restored:" in result.stderr
    assert len(names) >= 4
    for name in names:
        assert f"{name} {says}" in result.stderr
    assert not elsewhere.folder.exists() or not any(elsewhere.folder.iterdir())


def test_a_file_that_the_disk_cannot_read_is_named_among_the_others(tmp_path: Path) -> None:
    """Linux lets nobody read the first page of a process: what reads it hears of an error of the disk."""
    (tmp_path / "broken").symlink_to("/proc/self/mem")
    (tmp_path / "changed").write_text("x")
    backup = Manifest("1", "", "sqlite", "0001", {each: File(1, "") for each in ("changed", "gone")})
    backup = replace(backup, files={"broken": File(0, ""), **backup.files})
    assert [*manifest.find_damage(tmp_path, backup, lambda: None)] == [
        "broken cannot be read (Input/output error).",
        "changed was changed: its SHA-256 is another.",
        "gone is missing.",
    ]


def edited(path: Path) -> None:
    whole = orjson.loads(path.read_bytes())
    whole["backup"]["made_at"] = "2020-01-01"
    path.write_bytes(orjson.dumps(whole))


def newer(path: Path, **changes: object) -> None:
    backup = replace(manifest.read(path.parent), **changes)  # type: ignore[arg-type]
    manifest.write(path.parent, backup)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (edited, "is damaged: it was changed after it was written."),
        (lambda path: path.write_text("{"), "is damaged: it cannot be read."),
        (lambda path: path.unlink(), "it is no backup, or one that was interrupted"),
        (lambda path: newer(path, schema="9999"), "It is of the newer database version 9999"),
        (lambda path: newer(path, format=2), "It was made by a newer program"),
        (lambda path: newer(path, files={"documents/../../x": manifest.File(1, "")}), "is missing."),
    ],
)
def test_a_manifest_that_cannot_be_trusted_is_refused(
    made: Path, elsewhere: Place, change: Callable[[Path], object], says: str
) -> None:
    change(made / "manifest.json")
    result = elsewhere.run("restore", made)
    assert (result.exit_code, says in result.stderr) == (1, True), result.output
    assert "Traceback" not in result.output
    assert not elsewhere.folder.exists()


def test_a_restore_overwrites_nothing(shop: Place, made: Path, elsewhere: Place) -> None:
    before = shop.rows(), shop.files()
    result = shop.run("restore", made)
    assert (result.exit_code, "overwrites" in result.stderr) == (1, True)
    pdfs_only = Place(shop.folder, elsewhere.url)
    result = pdfs_only.run("restore", made)
    assert (result.exit_code, "There are PDFs already" in result.stderr) == (1, True)
    assert (shop.rows(), shop.files()) == before


def test_another_secret_is_refused(made: Path, elsewhere: Place) -> None:
    result = elsewhere.run("restore", made, INVOICING_SECRET_KEY="x" * 40)
    assert (result.exit_code, "is another secret than the backup's" in result.stderr) == (1, True)
    assert elsewhere.run("restore", made, INVOICING_SECRET_KEY=(made / "secret").read_text()).exit_code == 0


def test_a_backup_of_the_other_kind_of_database_is_refused(made: Path, elsewhere: Place) -> None:
    is_sqlite = elsewhere.url.startswith("sqlite")
    other = "postgresql://nobody@localhost/none" if is_sqlite else f"sqlite:///{elsewhere.folder}/x.db"
    result = replace(elsewhere, url=other).run("restore", made)
    assert (result.exit_code, "This is a backup of" in result.stderr) == (1, True)


def test_a_restore_that_was_interrupted_can_be_begun_again(made: Path, elsewhere: Place) -> None:
    """As if it had been killed before the last step: what it leaves has names of its own."""
    elsewhere.folder.mkdir()
    shutil.copytree(made / "documents", elsewhere.folder / "documents.restoring" / "half")
    shutil.copy(made / "secret", elsewhere.folder / "secret")
    (elsewhere.folder / "invoicing.db.restoring").write_bytes(b"half")
    assert elsewhere.run("restore", made).exit_code == 0
    assert not (elsewhere.folder / "documents" / "half").exists()


def test_pdfs_that_are_damaged_are_said_and_made_again_after_a_restore(
    shop: Place, elsewhere: Place, tmp_path: Path
) -> None:
    first, second, _ = sorted((shop.folder / "documents").rglob("*.pdf"))
    right = first.read_bytes()
    os.truncate(first, 100)
    second.unlink()
    result = shop.run("backup", tmp_path / "backup")
    assert result.exit_code == 1
    assert "1 PDFs and the secret" in result.stderr
    assert "2 PDFs are not in it" in result.stderr
    assert first.name in result.stderr

    result = elsewhere.run("restore", tmp_path / "backup")
    assert result.exit_code == 0, result.output
    restored = Database(elsewhere.url)
    try:
        assert render_due(restored, FileStore(elsewhere.folder / "documents")) == 3  # one had waited before
    finally:
        restored.close()
    assert elsewhere.run("verify", "--papers").exit_code == 0
    assert (elsewhere.folder / first.relative_to(shop.folder)).read_bytes() == right


def test_books_that_are_not_right_are_backed_up_and_said(
    database: Database, shop: Place, tmp_path: Path
) -> None:
    unprotected(database).write(lambda connection: connection.execute(text("DELETE FROM number_series")))
    result = shop.run("backup", tmp_path / "backup")
    assert (result.exit_code, "findings: `invoicing verify` names them" in result.stderr) == (1, True)
    assert len(contents(tmp_path / "backup").files) > 3


def test_a_backup_of_an_older_version_is_restored_and_migrated(elsewhere: Place, tmp_path: Path) -> None:
    old = replace(elsewhere, folder=tmp_path / "old")
    if old.url.startswith("sqlite"):
        old = Place(old.folder, f"sqlite:///{tmp_path / 'old.db'}")
    fill_0007(old.url)
    result = old.run("backup", tmp_path / "backup")
    assert result.exit_code == 0, result.output
    assert contents(tmp_path / "backup").schema == "0007"

    if not old.url.startswith("sqlite"):
        empty_again(old.url)
    result = elsewhere.run("restore", tmp_path / "backup")
    assert result.exit_code == 0, result.output
    assert "of the older version 0007: run `invoicing migrate`" in result.stderr
    assert elsewhere.run("migrate").exit_code == 0
    database = Database(elsewhere.url)
    try:
        verdict = database.read(books.verify)
    finally:
        database.close()
    assert (verdict.invoices, verdict.findings) == (len(FILLED["tables"]["invoices"]), [])


def fill_0007(url: str) -> None:
    database = Database(url)

    def fill(connection: Connection) -> None:
        running.make_tables(connection, FILLED["version"])
        for table, rows in FILLED["tables"].items():
            names = list(rows[0])
            values = ", ".join("?" if database.is_sqlite else "%s" for _ in names)
            statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})"  # noqa: S608
            for row in rows:
                connection.exec_driver_sql(statement, tuple(row.values()))

    database.write(fill)
    database.close()


def empty_again(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
