"""What is asked of a store, of the folder and of object storage."""

from __future__ import annotations

from hashlib import sha256

import pytest

from documents.store import OutsideStore, Store, pdf_key

KEY = "a/00/x.pdf"


def test_what_was_put_is_there_whole(any_store: Store) -> None:
    assert any_store.read(KEY) is None
    assert any_store.measure(KEY) is None
    assert any_store.measure(KEY, read=False) is None
    any_store.put(KEY, b"paper")
    assert any_store.read(KEY) == b"paper"
    measured = any_store.measure(KEY)
    assert measured is not None
    assert (measured.size, measured.sha256) == (5, sha256(b"paper").hexdigest())


def test_what_is_large_is_there_whole(any_store: Store) -> None:
    content = bytes(7_000_000)
    any_store.put(KEY, content)
    assert any_store.read(KEY) == content


def test_a_file_of_another_size_is_not_read(any_store: Store) -> None:
    any_store.put(KEY, b"paper")
    assert any_store.read(KEY, size=5) == b"paper"
    assert any_store.read(KEY, size=4) is None


def test_putting_it_again_replaces_it_and_changes_its_state(any_store: Store) -> None:
    any_store.put(KEY, b"first")
    first = any_store.measure(KEY, read=False)
    assert any_store.measure(KEY, read=False) == first
    any_store.put(KEY, b"second", attempt=2)
    second = any_store.measure(KEY, read=False)
    assert first is not None
    assert second is not None
    assert first.state != second.state
    assert any_store.read(KEY) == b"second"


def test_files_are_listed_with_their_sizes_all_or_those_of_an_account(any_store: Store) -> None:
    assert [*any_store.sizes()] == []
    keys = [pdf_key(account, invoice) for account in ("a", "ab") for invoice in "12"]
    for size, key in enumerate(keys):
        any_store.put(key, bytes(size))
    sizes = {key: size for size, key in enumerate(keys)}
    assert dict(any_store.sizes()) == sizes
    assert dict(any_store.sizes("a")) == {key: sizes[key] for key in keys[:2]}
    assert [*any_store.sizes("none")] == []


@pytest.mark.parametrize("key", ["../secret", "a/../../secret", "/etc/passwd", "", ".", "a/.."])
def test_nothing_outside_the_store_can_be_reached(key: str, any_store: Store) -> None:
    for reach in (any_store.read, any_store.measure, lambda key: any_store.put(key, b"paper")):
        with pytest.raises(OutsideStore):
            reach(key)


def test_a_store_that_can_be_used_says_so(any_store: Store) -> None:
    any_store.put(KEY, b"paper")
    any_store.check_is_there()
    any_store.check_writable()
    any_store.clear(KEY, attempts=3)
    assert dict(any_store.sizes()) == {KEY: 5}
