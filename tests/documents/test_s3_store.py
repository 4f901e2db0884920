"""Object storage that is slow, fails, refuses or is written to by two at once: nothing is lost."""

from __future__ import annotations

import pickle
import socket
import ssl
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import pytest
import trustme

from documents.s3_place import S3Place
from documents.store import StoredMeanwhile, StoreUnavailable
from tests.support.object_storage import Answer, Front

obstore = pytest.importorskip("obstore")

from documents.s3_store import S3Store  # noqa: E402 (its client is in an extra)

KEY = "a/00/x.pdf"


@pytest.fixture
def s3(s3_place: S3Place) -> S3Store:
    return S3Store(s3_place)


@pytest.fixture
def behind(front: Front, s3_place: S3Place) -> S3Store:
    """The same place, reached through the front."""
    return S3Store(replace(s3_place, endpoint=front.endpoint, timeout=1.0))


def says(word: str, store: S3Store) -> None:
    """Every call says that it is the store that cannot be used, and why."""
    calls = (
        lambda: store.put(KEY, b"paper"),
        lambda: store.read(KEY),
        lambda: store.measure(KEY),
        lambda: store.measure(KEY, read=False),
        lambda: [*store.sizes()],
        store.check_is_there,
    )
    for call in calls:
        with pytest.raises(
            StoreUnavailable, match=rf"^The store of the PDFs, s3://\S+, .*\({word}: "
        ) as said:
            call()
        assert "secret" not in str(said.value)
        assert "\n" not in str(said.value)


def test_a_bucket_that_is_not_there_is_said(s3_place: S3Place) -> None:
    says("NoSuchBucket", S3Store(replace(s3_place, bucket="another")))


def test_a_server_that_is_not_there_is_said(s3_place: S3Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    says("ConnectionRefused", S3Store(replace(s3_place, endpoint=f"http://127.0.0.1:{port}")))


def test_a_server_that_says_nothing_is_given_up_in_time(s3_place: S3Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        says("Timeout", S3Store(replace(s3_place, endpoint=endpoint, timeout=0.2)))


@pytest.mark.parametrize(
    ("status", "code"), [(403, "AccessDenied"), (503, "SlowDown"), (500, "InternalError"), (404, "404")]
)
def test_a_server_that_refuses_is_said(front: Front, behind: S3Store, status: int, code: str) -> None:
    body = b"not S3" if code == "404" else f"<Error><Code>{code}</Code></Error>".encode()
    front.meddle = lambda method, _: (status, b"" if method == "HEAD" else body)
    says(f"({code}|{status})", behind)


def test_a_certificate_of_ones_own_authority_is_known_by_a_file(
    object_storage: str, s3_place: S3Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    with Front(object_storage).running(tls) as front:
        says("invalid certificate, UnknownIssuer", S3Store(replace(s3_place, endpoint=front.endpoint)))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        known = S3Store(replace(s3_place, endpoint=front.endpoint, timeout=10.0))
        known.put(KEY, b"paper")
        assert known.read(KEY) == b"paper"


def test_what_fails_once_is_asked_again(front: Front, behind: S3Store) -> None:
    failures = iter([(503, b"")] * 2)
    front.meddle = lambda _, __: next(failures, None)
    behind.put(KEY, b"paper")
    assert behind.read(KEY) == b"paper"


def test_two_that_put_the_same_at_once_both_succeed(front: Front, behind: S3Store, s3: S3Store) -> None:
    front.meddle = lambda method, _: s3.put(KEY, b"paper") if method == "PUT" else None
    behind.put(KEY, b"paper")
    assert s3.read(KEY) == b"paper"


@pytest.mark.parametrize("before", [None, b"damaged"])
def test_who_comes_late_does_not_replace_what_another_has_stored(
    front: Front, behind: S3Store, s3: S3Store, before: bytes | None
) -> None:
    if before:
        s3.put(KEY, before)
    front.meddle = lambda method, _: s3.put(KEY, b"newer paper") if method == "PUT" else None
    with pytest.raises(StoredMeanwhile):
        behind.put(KEY, b"late paper")
    assert s3.read(KEY) == b"newer paper"


def test_what_was_stored_is_stored_though_its_answer_was_lost(
    front: Front, behind: S3Store, s3: S3Store
) -> None:
    """The client asks again, and hears that the file is there: it is its own."""
    lost = iter([True])

    def meddle(method: str, _: str) -> Answer | None:
        if method == "PUT" and next(lost, False):
            s3.put(KEY, b"paper")
            return 503, b""
        return None

    front.meddle = meddle
    behind.put(KEY, b"paper")
    assert s3.read(KEY) == b"paper"


def test_a_server_without_conditional_writes_is_written_to_without(
    front: Front, behind: S3Store, s3: S3Store, caplog: pytest.LogCaptureFixture
) -> None:
    answers = iter([(501, b"<Error><Code>NotImplemented</Code></Error>")] * 3)  # the client asks three times
    front.meddle = lambda method, _: next(answers, None) if method == "PUT" else None
    behind.put(KEY, b"paper")
    behind.put(KEY, b"other paper")
    assert s3.read(KEY) == b"other paper"
    assert [record.levelname for record in caplog.records if "conditional" in record.message] == ["WARNING"]


def test_what_was_cut_off_on_its_way_is_not_there(s3_place: S3Place, s3: S3Store) -> None:
    host, port = s3_place.endpoint.removeprefix("http://").split(":")
    path = f"/{s3_place.bucket}/{s3_place.prefix}/{KEY}"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"PUT {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\npap".encode())
    assert s3.read(KEY) is None
    s3.put(KEY, b"paper")
    assert s3.read(KEY) == b"paper"


def test_an_address_is_signed_and_opens_the_file_with_its_type_and_name(s3: S3Store) -> None:
    s3.put(KEY, b"paper", filename="Номер 1.pdf")
    address = s3.address(KEY)
    assert address is not None
    assert {"X-Amz-Expires=60", "X-Amz-Algorithm=AWS4-HMAC-SHA256"} <= {*address.partition("?")[2].split("&")}
    with urlopen(address) as answer:  # noqa: S310
        assert answer.read() == b"paper"
        assert answer.headers["content-type"] == "application/pdf"
        told = "inline; filename*=utf-8''%D0%9D%D0%BE%D0%BC%D0%B5%D1%80%201.pdf"
        assert answer.headers["content-disposition"] == told


def test_a_bucket_may_be_named_by_the_host(s3_place: S3Place) -> None:
    place = replace(s3_place, endpoint="https://s3.example", path_style=False)
    address = S3Store(place).address(KEY)
    assert address is not None
    assert address.startswith(f"https://{place.bucket}.s3.example/{place.prefix}/{KEY}?")


def test_it_goes_to_the_processes_that_make_pdfs_without_its_client(s3: S3Store) -> None:
    sent = pickle.dumps(s3)
    assert b"secret" not in sent
    assert pickle.loads(sent) == s3  # noqa: S301
