"""What cannot be run here is read by the linter of its own trade."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.commands import DEPLOY, ROOT
from tests.support.installed import LINTERS, need
from tests.support.patience import PATIENCE

MANIFESTS = [
    str(file) for file in sorted((DEPLOY / "kubernetes").glob("*.yaml")) if file.stem != "kustomization"
]
LINTED = {
    "hadolint": [str(ROOT / "Dockerfile")],
    "yamllint": ["--strict", "--config-file", str(DEPLOY / "yamllint.yaml"), str(DEPLOY)],
    "check-jsonschema": ["--builtin-schema", "vendor.compose-spec", str(DEPLOY / "compose.yaml")],
    "kubernetes-validate": ["--strict", *MANIFESTS],
    "caddy": ["validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")],
}


@pytest.mark.parametrize("linter", LINTED)
def test_a_linter_finds_nothing(linter: str, tmp_path: Path) -> None:
    need("linters of deployment files")
    done = subprocess.run(
        [LINTERS / linter, *LINTED[linter]],
        env={**os.environ, "HOME": str(tmp_path)},  # Caddy keeps its data there
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_caddyfile_is_formatted() -> None:
    need("linters of deployment files")
    file = (DEPLOY / "Caddyfile").read_text()
    done = subprocess.run(
        [LINTERS / "caddy", "fmt", "-"], input=file, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.stdout == file


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    need("systemd")
    program = tmp_path / "invoicing"
    program.symlink_to(sys.executable)  # only whether it can be run is looked at
    for unit in (DEPLOY / "systemd").glob("*.[st]*"):
        name = unit.name.replace("@", "@8000")
        text = unit.read_text().replace("/opt/invoicing/bin/invoicing", str(program))
        (tmp_path / name).write_text(text)
    units = [str(unit) for unit in tmp_path.glob("*.[st]*")]
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, timeout=PATIENCE
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def test_kustomize_puts_the_manifests_together() -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("needs kubectl")
    command = ["kubectl", "kustomize", str(DEPLOY / "kubernetes")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert "image: registry.example/invoicing:" in done.stdout
    assert "invoicing-migrate" in done.stdout
