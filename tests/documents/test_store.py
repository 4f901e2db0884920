"""The store keeps complete files inside its folder, under keys that no caller chooses."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents.store import FileStore, OutsideStore, pdf_key

HOSTILE = ["..", "../../etc/passwd", ".", "a:b", "@", "..@..", "CON", "x" * 255]


def files(store: FileStore) -> list[str]:
    return sorted(str(path.relative_to(store.root)) for path in store.root.rglob("*") if path.is_file())


@pytest.mark.parametrize("invoice_id", HOSTILE)
def test_an_invoice_id_never_becomes_part_of_a_path(invoice_id: str, store: FileStore) -> None:
    key = pdf_key("account", invoice_id)
    assert key.startswith("account/")
    assert invoice_id not in key.removesuffix(".pdf").split("/")[1:]
    store.put(key, b"paper")
    assert files(store) == [key]


def test_an_invoice_has_one_key_and_another_accounts_has_another() -> None:
    assert pdf_key("a", "1") == pdf_key("a", "1")
    assert len({pdf_key("a", "1"), pdf_key("a", "2"), pdf_key("b", "1")}) == 3


def test_what_was_put_is_there_whole(store: FileStore) -> None:
    assert not store.exists("a/00/x.pdf")
    store.put("a/00/x.pdf", b"paper")
    assert store.exists("a/00/x.pdf")
    assert store.path("a/00/x.pdf").read_bytes() == b"paper"


def test_putting_it_again_replaces_it(store: FileStore) -> None:
    store.put("a/00/x.pdf", b"first")
    store.put("a/00/x.pdf", b"second", attempt=2)
    assert store.path("a/00/x.pdf").read_bytes() == b"second"
    assert files(store) == ["a/00/x.pdf"]


def test_a_later_attempt_removes_what_killed_ones_left(store: FileStore) -> None:
    store.put("a/00/y.pdf", b"another invoice")
    for attempt in (1, 2):
        (store.root / f"a/00/x.pdf.{attempt}.part").write_bytes(b"pap")
    store.put("a/00/x.pdf", b"paper", attempt=3)
    assert files(store) == ["a/00/x.pdf", "a/00/y.pdf"]


def test_a_file_that_cannot_be_stored_leaves_nothing(store: FileStore) -> None:
    (store.root / "a/00/x.pdf").mkdir(parents=True)
    with pytest.raises(OSError, match=r"x\.pdf"):
        store.put("a/00/x.pdf", b"paper")
    assert files(store) == []


@pytest.mark.parametrize("key", ["../secret", "a/../../secret", "/etc/passwd", "", ".", "a/.."])
def test_nothing_outside_the_store_can_be_reached(key: str, store: FileStore) -> None:
    (store.root.parent / "secret").write_text("secret")
    for reach in (store.path, store.exists, lambda key: store.put(key, b"paper")):
        with pytest.raises(OutsideStore):
            reach(key)
    assert (store.root.parent / "secret").read_text() == "secret"


def test_a_symbolic_link_does_not_lead_out(store: FileStore, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    store.root.mkdir()
    (store.root / "a").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutsideStore):
        store.put("a/x.pdf", b"paper")


def test_a_link_in_the_place_of_a_file_is_none_and_is_replaced(store: FileStore, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (store.root / "a").mkdir(parents=True)
    (store.root / "a/x.pdf").symlink_to(tmp_path / "secret")
    assert not store.exists("a/x.pdf")
    assert store.measure("a/x.pdf") is None
    store.clear("a/x.pdf", attempts=2)
    store.put("a/x.pdf", b"paper")
    assert (store.path("a/x.pdf").read_bytes(), (tmp_path / "secret").read_bytes()) == (b"paper", b"secret")
