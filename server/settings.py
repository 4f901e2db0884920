"""Settings from environment variables, `INVOICING_…`. With the embedded database none is needed."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from gateways.configured import configured_gateways
from gateways.protocol import Gateway
from invoicing.keyring import Keyring
from invoicing.retention.purge import Retention
from invoicing.storage.database import QUERY_TIMEOUT
from resolvers import watches
from server.connections.addresses import Proxies
from server.rate_limits.rate import Rate

if TYPE_CHECKING:
    from documents.store import Store
    from schema.execution.documents import Rules

_ORIGIN = re.compile(r"https?://([^/\s,?#@\[\]:]+|\[[0-9a-fA-F:.]+\])(:\d+)?")
_SHORTEST_SECRET = 32


class Settings(BaseModel):
    """Every variable, its default and its meaning: docs/reference/settings.md is this, printed."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    def __init__(self, **given: Any) -> None:
        """What is not given is taken from the environment."""
        super().__init__(**{**_from_environment(), **given})

    data_dir: Path = Field(
        default=Path("data"), description="Folder of the embedded database, the PDFs and the secret."
    )
    store: str = Field(
        default="",
        description="`s3://bucket` or `s3://bucket/prefix`: keeps the PDFs in S3-compatible object storage, "
        "with the extra `s3`. Default: the folder `documents` in the data folder.",
    )
    store_allow_http: bool = Field(
        default=False,
        description="Lets the store's endpoint be http:// on other machines too, not only on this one.",
    )
    store_endpoint: str = Field(
        default="",
        description="Address of the object storage, such as `https://s3.example`. Default: that of AWS.",
    )
    store_region: str = Field(
        default="",
        description="Its region. Default: `AWS_REGION` or `AWS_DEFAULT_REGION`, else us-east-1.",
    )
    store_path_style: bool = Field(
        default=True,
        description="Whether the bucket is named in the path of its addresses; `false` in the name of "
        "the host, as a few services want it.",
    )
    store_timeout: float = Field(
        default=5.0,
        ge=0.1,
        le=60,
        description="Seconds that one call to the object storage may take; it is repeated only within them.",
    )
    store_downloads: Literal["stream", "redirect"] = Field(
        default="stream",
        description="How PDFs come out of the object storage: `stream` through the server, or `redirect` "
        "browsers to an address there that works for a minute.",
    )
    database_url: str = Field(
        default="",
        repr=False,  # it may have a password
        description="`postgresql://…` or `sqlite:///…`. Default: a SQLite file in the data folder.",
    )
    secret_key: str = Field(
        default="",
        repr=False,
        description="Signs links to PDFs, encrypts webhooks' secrets; 32 characters or more. "
        "Default: made once, in the data folder.",
    )
    old_secret_keys: str = Field(
        default="",
        repr=False,
        description="Former secret keys, separated by blanks, until `invoicing reseal` has run.",
    )
    base_url: str = Field(
        default="",
        description="The server's public address, as links to PDFs name it. Default: http://HOST:PORT.",
    )
    workers: int = Field(
        default=1,
        ge=0,
        le=64,
        description="Processes that make PDFs inside `serve` or `worker`; 0 in `serve` leaves it to workers.",
    )
    font_dir: Path | None = Field(
        default=None,
        description="Folder of fonts for scripts beyond Latin, Greek and Cyrillic, such as /usr/share/fonts. "
        "They come before those of the extra `scripts`.",
    )
    link_seconds: int = Field(default=600, ge=1, description="How long a link to a PDF works.")
    sandbox: bool = Field(default=False, description="Enables the sandbox gateway, which moves no money.")
    stripe_secret_key: str = Field(
        default="",
        repr=False,
        description="Stripe's secret key, `sk_…` or `rk_…`: enables its gateway.",
    )
    stripe_api_base: str = Field(
        default="", description="Another address than Stripe's own, for a stand-in of it in tests."
    )
    webhook_private_addresses: bool = Field(
        default=False,
        description="Lets webhooks go to private addresses too, such as 127.0.0.1, and to all ports.",
    )
    webhook_any_port: bool = Field(
        default=False,
        description="Lets webhooks go by http:// too, and to other ports than 443 and 8443.",
    )
    database_threads: int = Field(
        default=4,
        ge=1,
        le=64,
        description=(
            "Changes of one account that a server process makes at once on PostgreSQL, while one waits or "
            "takes long; eleven connections more are for other accounts and for reading."
        ),
    )
    query_timeout: float = Field(
        default=QUERY_TIMEOUT,
        ge=0.1,
        le=3600,
        description="Seconds that a question may take in the database; then it is ended with QUERY_TIMEOUT.",
    )
    max_depth: int = Field(default=16, ge=1, description="Levels that a GraphQL document may go deep.")
    max_aliases: int = Field(default=50, ge=0, description="Aliases in a document, fragments spelled out.")
    max_root_fields: int = Field(default=30, ge=1, description="Questions or changes in a document.")
    max_cost: int = Field(
        default=50_000,
        ge=1,
        description="Points that an answer may cost: one for each object in it, a tenth for each value.",
    )
    max_watches: int = Field(
        default=watches.MOST,
        ge=1,
        description="Invoices that one key or customer may follow at once, on each server.",
    )
    rate_limit: str = Field(
        default="500/s burst 5000",
        description="Requests a second of a key or customer, and how many may come at once; `off` for none.",
    )
    rate_limit_shared: bool = Field(
        default=False,
        description="Whether all servers on one PostgreSQL count requests together, not each by itself.",
    )
    max_connections_per_address: int = Field(
        default=256,
        ge=1,
        description="Connections that one address may have open at once, on each server.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1 ::1",
        description="Addresses and networks of proxies: they have as many connections as they need, and "
        "the caller's address is taken from their `X-Forwarded-For`.",
    )
    introspection: bool = Field(
        default=True, description="Whether GraphQL tells its schema, and what a misspelled field might be."
    )
    persisted_documents: Path | None = Field(
        default=None,
        description="File of the only GraphQL documents that are executed, as graphql-codegen, "
        "relay-compiler or Apollo's tools write it.",
    )
    cors_origins: str = Field(
        default="",
        description="Origins whose pages may ask from a browser: `https://shop.example …`, or `*` for all.",
    )
    keep_webhook_deliveries_days: int = Field(
        default=30,
        ge=0,
        description="Days after which webhooks that arrived or were given up leave the log; 0 never.",
    )
    keep_customer_sessions_days: int = Field(
        default=30,
        ge=0,
        description="Days after which customer sessions that have expired are deleted; 0 never.",
    )
    metrics_token: str = Field(
        default="",
        repr=False,
        description="What `/metrics` asks for as `Authorization: Bearer …`. Default: nothing.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="DEBUG, INFO, WARNING or ERROR."
    )

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper_case(cls, level: str) -> str:
        return level.upper()

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, url: str) -> str:
        if url and not re.match(r"(postgresql|postgres)(\+psycopg)?://|sqlite:///", url):
            raise ValueError("it must begin with postgresql:// or sqlite:///")
        return re.sub(r"^postgres(?=:)", "postgresql", url)

    @field_validator("store")
    @classmethod
    def _check_store(cls, url: str) -> str:
        if url:
            from documents.s3_place import bucket_and_prefix

            bucket_and_prefix(url)
            if find_spec("obstore") is None:
                raise ValueError("it needs the extra s3: pip install 'invoicing-server[s3]'")
        return url

    @field_validator("store_endpoint")
    @classmethod
    def _check_store_endpoint(cls, endpoint: str, info: ValidationInfo) -> str:
        if endpoint:
            from documents.s3_place import check_endpoint

            check_endpoint(endpoint, allow_http=bool(info.data.get("store_allow_http")))
        return endpoint.rstrip("/")

    @field_validator("base_url")
    @classmethod
    def _check_base_url(cls, url: str) -> str:
        if url and not _is_base_url(url):
            raise ValueError("it must be a whole URL such as https://invoices.example, without ? or #")
        return url

    @field_validator("font_dir", "persisted_documents", mode="before")
    @classmethod
    def _none_if_empty(cls, path: Any) -> Any:
        return path or None

    @field_validator("font_dir")
    @classmethod
    def _check_folder(cls, folder: Path | None) -> Path | None:
        if folder is not None and not folder.is_dir():
            raise ValueError(f"{folder} is no folder")
        return folder

    @field_validator("persisted_documents")
    @classmethod
    def _check_manifest(cls, file: Path | None) -> Path | None:
        if file is not None:
            _read_manifest(file)
        return file

    @field_validator("cors_origins")
    @classmethod
    def _check_origins(cls, origins: str) -> str:
        for origin in origins.split():
            if origin != "*" and not _is_origin(origin):
                raise ValueError(
                    f"{origin} is no origin: it must look like https://shop.example, without a path"
                )
        return origins

    @field_validator("rate_limit")
    @classmethod
    def _check_rate(cls, rate: str) -> str:
        Rate.parse(rate)
        return rate

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, proxies: str) -> str:
        try:
            Proxies.parse(proxies)
        except ValueError as mistake:
            raise ValueError(
                f"{mistake}: name addresses or networks, such as 127.0.0.1 or 10.0.0.0/8, with blanks between"
            ) from mistake
        return proxies

    @field_validator("secret_key")
    @classmethod
    def _check_secret_length(cls, secret: str) -> str:
        if secret and len(secret) < _SHORTEST_SECRET:
            raise ValueError(f"it must have at least {_SHORTEST_SECRET} characters, or links can be forged")
        return secret

    @cached_property
    def database(self) -> str:
        if self.database_url:
            return self.database_url
        self.data_dir.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{self.data_dir.resolve() / 'invoicing.db'}"

    @property
    def is_embedded(self) -> bool:
        """Whether the database is the server's own file, which `serve` may migrate and fill."""
        return not self.database_url

    @cached_property
    def rate(self) -> Rate | None:
        return Rate.parse(self.rate_limit)

    @cached_property
    def proxies(self) -> Proxies:
        return Proxies.parse(self.trusted_proxies)

    @property
    def documents_dir(self) -> Path:
        """Where the PDFs are unless they are in object storage."""
        return self.data_dir / "documents"

    @cached_property
    def documents(self) -> Store:
        """The store of the PDFs."""
        return self.store_at(self.store)

    def store_at(self, url: str) -> Store:
        """The store at `s3://…`, which is reached as the settings say, or the folder for an empty text."""
        # Who needs no store, or the other one, does not load it.
        if not url:
            from documents.store import FileStore

            return FileStore(self.documents_dir)
        from documents.s3_place import S3Place, bucket_and_prefix
        from documents.s3_store import S3Store

        bucket, prefix = bucket_and_prefix(url)
        reached = self.store_endpoint, self.store_region, self.store_path_style
        return S3Store(S3Place(bucket, prefix, *reached, self.store_timeout))

    @property
    def rules(self) -> Rules:
        """What GraphQL documents may do."""
        # Most commands need no schema, and importing it takes as long as all the rest.
        from schema.execution.documents import Rules
        from schema.execution.limits import Limits

        limits = Limits(self.max_depth, self.max_aliases, self.max_root_fields, self.max_cost)
        return Rules(limits, self.introspection)

    @property
    def listed_documents(self) -> Mapping[str, str]:
        """All documents that are executed, by their ids; none where any may be."""
        return _read_manifest(self.persisted_documents) if self.persisted_documents else {}

    @property
    def retention(self) -> Retention:
        """How long what is over is kept."""
        kept = (self.keep_webhook_deliveries_days, self.keep_customer_sessions_days)
        return Retention(*(timedelta(days=days) if days else None for days in kept))

    @cached_property
    def gateways(self) -> Mapping[str, Gateway]:
        """The payment gateways that are enabled, by name."""
        return configured_gateways(
            sandbox=self.data_dir / "sandbox.db" if self.sandbox else None,
            stripe_key=self.stripe_secret_key,
            stripe_base=self.stripe_api_base,
        )

    @cached_property
    def secret(self) -> str:
        return self.secret_key or _read_or_make_secret(self.data_dir / "secret")

    @cached_property
    def keyring(self) -> Keyring:
        """What encrypts the secrets in the database."""
        return Keyring(self.secret, *self.old_secret_keys.split())


def _from_environment() -> dict[str, str]:
    """The values of variables, by the names of the settings. Their case does not matter."""
    found = {name.upper(): value for name, value in os.environ.items()}
    named = {name: f"INVOICING_{name.upper()}" for name in Settings.model_fields}
    return {name: found[variable] for name, variable in named.items() if variable in found}


def _read_or_make_secret(path: Path) -> str:
    """The secret in `path`. It is made on first use, by one of the processes that start at the same time.

    Raises OSError for a file that a power cut or a full disk has left without its content.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    new.touch(mode=0o600)
    with new.open("w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        path.hardlink_to(new)
    new.unlink()
    secret = path.read_text()
    if not secret.strip():
        raise OSError(
            f"{path} is empty, and with an empty secret links could be forged: put that of a backup there. "
            "Without one remove the file: links given out before open no more, and webhooks need new secrets."
        )
    return secret


def _is_base_url(text: str) -> bool:
    origin = re.match(r"https?://[^/]+", text, re.IGNORECASE)
    return origin is not None and _is_origin(origin[0].lower()) and re.search(r"[\s?#]", text) is None


def _read_manifest(file: Path) -> Mapping[str, str]:
    from server.graphql.manifests import read_manifest  # which imports the schema

    return read_manifest(file)


def _is_origin(text: str) -> bool:
    try:
        return _ORIGIN.fullmatch(text) is not None and urlsplit(text).port != 0
    except ValueError:  # the port is out of range
        return False
