"""dev.py keeps out of the way of what it starts."""

from __future__ import annotations

import ast
import fcntl
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEV = ROOT / "dev.py"
NPM_LOCKS = [
    ROOT / folder / "package-lock.json" for folder in ("graphiql", "tests/server/clients/typescript")
]

INVOICING = """\
#!/bin/sh
case "$1" in
  fail) exit 7 ;;
  wait) echo ready; read -r _ ;;
  *) pwd; echo "$INVOICING_DATA_DIR"; echo "$@" ;;
esac
"""
DOES_NOTHING = "#!/bin/sh\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose environment is complete but for the packages, and a machine without Node."""
    root = tmp_path / "checkout"
    (root / "graphiql").mkdir(parents=True)
    shutil.copy(DEV, root)
    for name in ("requirements.lock", "pyproject.toml"):
        (root / name).touch()
    for name, script in {"invoicing": INVOICING, "pip": DOES_NOTHING, "python": DOES_NOTHING}.items():
        write_program(root / ".venv" / "bin" / name, script)
    return root


def write_program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script)
    path.chmod(0o755)


def start(root: Path, *args: str, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(root / "dev.py"), *args],
        cwd=root.parent,
        env={"PATH": str(root / "tools"), **env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def dev(root: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    with start(root, *args, **env) as process:
        out, err = process.communicate(timeout=30)
    return subprocess.CompletedProcess(args, process.returncode, out, err)


def test_older_pythons_can_read_it_and_so_say_what_is_missing() -> None:
    ast.parse(DEV.read_text(), feature_version=(3, 6))


def test_help_names_every_command(checkout: Path) -> None:
    for args in ([], ["--help"]):
        shown = dev(checkout, *args)
        assert shown.returncode == 0
        assert all(f"dev.py {name}" in shown.stdout for name in ("serve", "run", "test", "bench", "setup"))
    assert dev(checkout, "sevre").returncode == 2


def test_stdout_is_the_commands_own(checkout: Path) -> None:
    shown = dev(checkout, "run", "key", "create", "--name", "my shop")
    assert shown.stdout.splitlines() == [
        str(checkout.parent),
        str(checkout / "data"),
        "key create --name my shop",
    ]
    assert shown.stderr.splitlines()[0] == "Installing requirements.lock"


def test_setting_up_is_done_once_and_again_when_the_lock_changed(checkout: Path) -> None:
    assert "Installing" in dev(checkout, "setup").stderr
    assert dev(checkout, "run", "status").stderr == ""
    (checkout / "requirements.lock").write_text("# another\n")
    assert "Installing" in dev(checkout, "run", "status").stderr


def test_serve_and_run_use_the_same_data(checkout: Path) -> None:
    serve, run = dev(checkout, "serve", "--port", "1"), dev(checkout, "run", "serve", "--port", "1")
    assert serve.stdout == run.stdout
    assert "elsewhere" in dev(checkout, "serve", INVOICING_DATA_DIR="elsewhere").stdout


def test_the_exit_code_is_the_commands_own(checkout: Path) -> None:
    assert dev(checkout, "run", "fail").returncode == 7


def test_signals_reach_the_command(checkout: Path) -> None:
    with start(checkout, "run", "wait") as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == -signal.SIGTERM


def test_the_second_setup_waits_for_the_first(checkout: Path) -> None:
    with (checkout / "dev.py").open() as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        second = start(checkout, "run", "status")
        assert second.stderr
        assert "Waiting" in second.stderr.readline()
        assert second.poll() is None
    out, _ = second.communicate(timeout=10)
    assert out.endswith("status\n")


@pytest.mark.parametrize("ci", [True, False])
@pytest.mark.parametrize("broken", ["sdk", "fuzz", "clients"])
def test_a_client_that_cannot_be_installed_is_an_error_in_ci_only(
    checkout: Path, broken: str, ci: bool
) -> None:
    for client in ("sdk", "fuzz", "clients"):
        (checkout / f"requirements-{client}.lock").touch()
        python = "#!/bin/sh\necho no such package; exit 1\n" if client == broken else DOES_NOTHING
        write_program(checkout / f".venv-{client}" / "bin" / "python", python)
        write_program(checkout / f".venv-{client}" / "bin" / "pip", DOES_NOTHING)
    for name in ("ruff", "mypy", "lint-imports", "pytest"):
        write_program(checkout / ".venv" / "bin" / name, DOES_NOTHING)
    tested = dev(checkout, "test", **({"CI": "true"} if ci else {}))
    assert "no such package" in tested.stderr
    assert tested.returncode == int(ci)


@pytest.mark.parametrize("ci", [True, False])
def test_a_failed_build_of_graphiql_is_an_error_in_ci_only(checkout: Path, ci: bool) -> None:
    for name in ("node", "npm"):
        write_program(checkout / "tools" / name, "#!/bin/sh\necho no such package; exit 1\n")
    env = {"CI": "true"} if ci else {}
    failed = dev(checkout, "run", "status", **env)
    assert "no such package" in failed.stderr
    assert failed.returncode == int(ci)
    assert ("no such package" in dev(checkout, "run", "status", **env).stderr) is ci
    assert "no such package" in dev(checkout, "setup", **env).stderr


def locked(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


def test_production_runs_the_versions_that_were_tested() -> None:
    everything, production = locked("requirements.lock"), locked("requirements-prod.lock")
    assert production.items() <= everything.items()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {re.split(r"[\[<>=~!;]", wanted)[0] for wanted in project["dependencies"]} <= production.keys()


def test_the_locks_name_no_registry() -> None:
    for lock in [*ROOT.glob("requirements*.lock"), *NPM_LOCKS]:
        text = lock.read_text()
        assert "--index-url" not in text
        assert "--find-links" not in text
        assert '"resolved"' not in text
