"""Tools that some tests need. Without them the tests are skipped, but in the full run they fail."""

from __future__ import annotations

import os
import shutil
import sysconfig
from importlib.util import find_spec
from pathlib import Path

import pytest

from server.graphql.explorer import GRAPHIQL

ROOT = Path(__file__).parents[2]
PACKAGES = Path(sysconfig.get_path("purelib"))
SDKS = ROOT / "tests" / "server" / "rest" / "polar" / "sdks"
SDK_VERSIONS = sorted(lock.stem for lock in SDKS.glob("*.lock"))
"""Of Polar's SDK for Python; each is in an environment of its own."""
SCHEMATHESIS = ROOT / ".venv-fuzz" / "bin" / "schemathesis"
OBSTORE = find_spec("obstore")
MOTO = ROOT / ".venv-s3" / "bin" / "moto_server"
LINTERS = ROOT / ".venv-deploy" / "bin"
PYTHON_CLIENT = ROOT / ".venv-clients" / "bin"
TYPESCRIPT = ROOT / "tests" / "server" / "clients" / "typescript" / "node_modules"
OPENAPI = ROOT / "tests" / "server" / "clients" / "openapi" / "node_modules"
NODE = shutil.which("node")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
INITDB = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
POSTGRESQL = str(INITDB[-1].parent) if INITDB else None
"""The programs of Debian's, which has `pg_trgm`; the one among the packages has not."""


def sdk_python(version: str) -> Path:
    return ROOT / f".venv-polar-{version}" / "bin" / "python"


MACHINE = {
    "Node": NODE,
    "Chromium": CHROMIUM,
    "PostgreSQL": POSTGRESQL,
    "nginx": NGINX,
    "systemd": shutil.which("systemd-analyze"),
}
"""Programs of the machine, which CI has."""
INSTALLED = {
    **{f"Polar's SDK {version}": sdk_python(version) for version in SDK_VERSIONS},
    "Polar's SDKs for TypeScript": SDKS / "typescript" / "node_modules" / "@polar-sh",
    "Schemathesis": SCHEMATHESIS,
    "moto": MOTO,
    "obstore": Path(str(OBSTORE and OBSTORE.origin)),
    "linters of deployment files": LINTERS / "hadolint",
    "the Python client": PYTHON_CLIENT / "ariadne-codegen",
    "the tools of OpenAPI": OPENAPI / ".bin" / "redocly",
    "the Python client of OpenAPI": PYTHON_CLIENT / "openapi-python-client",
    "the TypeScript client": TYPESCRIPT / ".bin" / "tsc",
    "GraphiQL": GRAPHIQL / "index.html",
    "playwright-core": ROOT / "graphiql" / "node_modules" / "playwright-core",
    "fonts of other scripts": PACKAGES / "manimgx_fonts",
    "graphql-http": ROOT / "graphiql" / "node_modules" / "graphql-http",
}
"""Packages that `dev.py test` installs; some only if Node is there."""


def need(*names: str) -> None:
    """Skips the test if one of these is missing; in the full run and in CI it fails instead."""
    missing = [name for name in names if not (MACHINE[name] if name in MACHINE else INSTALLED[name].exists())]
    if not missing:
        return
    message = f"needs {', '.join(missing)} (`python3 dev.py test` installs all but {', '.join(MACHINE)})"
    is_full_run = os.environ.get("INVOICING_TEST_ALL") and not any(name in MACHINE for name in missing)
    if os.environ.get("CI") or is_full_run:
        pytest.fail(message)
    pytest.skip(message)
