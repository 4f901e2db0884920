"""A link opens the one document it was made for, until it expires, and nobody else can make one."""

from __future__ import annotations

import hashlib
import time
from itertools import pairwise
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeTimedSerializer

from documents.filenames import plain
from documents.links import BadLink, ExpiredLink, Links

KEY = "account/3f/3f1e8d7c-6b5a-5f4e-8d3c-2b1a09f8e7d6.pdf"
OTHER = "stranger/3f/3f1e8d7c-6b5a-5f4e-8d3c-2b1a09f8e7d6.pdf"
links = Links("secret", "https://invoices.example", 60)


def token(url: str) -> str:
    return urlsplit(url).path.split("/")[2]


def test_a_link_is_absolute_and_names_the_file() -> None:
    url = links.url(KEY, "INV-2025-00001.pdf")
    assert url.startswith("https://invoices.example/documents/")
    assert url.endswith("/INV-2025-00001.pdf")


def test_a_base_url_may_end_with_a_slash() -> None:
    assert "//documents" not in Links("secret", "https://invoices.example/", 60).url(KEY, "1.pdf")


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("2025/001", "2025-001.pdf"),
        (r"2025\001", "2025-001.pdf"),
        ("../1", "..-1.pdf"),
        ("№ 1 “x”?#%", "№ 1 “x”?#%.pdf"),
    ],
)
def test_any_number_makes_a_link_of_one_path_segment(number: str, name: str) -> None:
    path = urlsplit(links.url(KEY, f"{number}.pdf")).path
    assert path.count("/") == 3
    assert unquote(path.rsplit("/", 1)[1]) == name
    assert links.read_token(path.split("/")[2]) == (KEY, name)


@given(st.text(), st.text(), st.text(min_size=1))
def test_itsdangerous_reads_a_token_whatever_is_in_it(key: str, name: str, secret: str) -> None:
    made = token(Links(secret, "https://shop.example", 60).url(key, name))
    signer = URLSafeTimedSerializer(
        secret, "documents", signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
    )
    assert signer.loads(made, max_age=60) == [key, plain(name)]


def test_a_link_opens_what_it_was_made_for() -> None:
    assert links.read_token(token(links.url(KEY, "1.pdf"))) == (KEY, "1.pdf")


def test_an_expired_link_is_refused_as_expired(monkeypatch: pytest.MonkeyPatch) -> None:
    made = token(links.url(KEY, "1.pdf"))
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(ExpiredLink):
        links.read_token(made)


def test_a_link_signed_with_another_secret_is_bad() -> None:
    forged = token(Links("guess", "https://invoices.example", 60).url(KEY, "1.pdf"))
    with pytest.raises(BadLink):
        links.read_token(forged)


def test_a_signature_does_not_fit_another_accounts_document() -> None:
    mine, theirs = token(links.url(KEY, "1.pdf")), token(links.url(OTHER, "1.pdf"))
    payload, rest = theirs.rsplit(".", 2)[0], mine.rsplit(".", 2)[1:]
    with pytest.raises(BadLink):
        links.read_token(".".join([payload, *rest]))


def test_no_character_of_a_token_can_be_changed() -> None:
    good = token(links.url(KEY, "1.pdf"))
    for start, end in pairwise(range(len(good))):  # the last character of base64 has spare bits
        changed = good[:start] + ("A" if good[start] != "A" else "B") + good[end:]
        with pytest.raises(BadLink):
            links.read_token(changed)


@pytest.mark.parametrize("garbage", ["", ".", "...", "a.b.c", "%00", "☃", "x" * 10_000])
def test_garbage_is_a_bad_link(garbage: str) -> None:
    with pytest.raises(BadLink):
        links.read_token(garbage)
