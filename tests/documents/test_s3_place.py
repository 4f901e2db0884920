"""Where object storage is, as the settings say it."""

from __future__ import annotations

import pytest

from documents.s3_place import S3Place, bucket_and_prefix, check_endpoint


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("s3://invoices", ("invoices", "")),
        ("s3://invoices/", ("invoices", "")),
        ("s3://my.invoices/a/b-2/", ("my.invoices", "a/b-2")),
    ],
)
def test_a_place_is_a_bucket_and_a_folder_in_it(url: str, found: tuple[str, str]) -> None:
    assert bucket_and_prefix(url) == found
    assert str(S3Place(*found)) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "invoices",
        "S3://invoices",
        "s3:/invoices",
        "s3://",
        "s3://in",
        "s3://In",
        "s3://a b",
        "s3://-in-",
        "s3:///x",
    ]
    + [f"s3://invoices/{prefix}" for prefix in ("a//b", "..", "a/../b", "./a", "a b", "a?b", "ä", "a%2fb")],
)
def test_what_is_no_place_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"s3://bucket|the prefix"):
        bucket_and_prefix(url)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://s3.example",
        "https://s3.example:9000/",
        "http://127.0.0.1:9000",
        "http://localhost",
        "http://[::1]:9000",
    ],
)
def test_an_endpoint_is_an_address_with_tls_or_on_this_machine(endpoint: str) -> None:
    check_endpoint(endpoint, allow_http=False)


@pytest.mark.parametrize(
    "endpoint",
    [
        "s3.example",
        "ftp://s3.example",
        "https://",
        "https://s3.example/path",
        "https://u:p@s3.example",
        "https://s3.example?x",
        "https://s3.example:99999",
        "https://s3.example:x",
    ],
)
def test_what_is_no_endpoint_is_refused(endpoint: str) -> None:
    with pytest.raises(ValueError, match=r"https://s3\.example"):
        check_endpoint(endpoint, allow_http=True)


def test_http_to_other_machines_has_to_be_allowed() -> None:
    with pytest.raises(ValueError, match="INVOICING_STORE_ALLOW_HTTP=true"):
        check_endpoint("http://minio:9000", allow_http=False)
    check_endpoint("http://minio:9000", allow_http=True)
