"""dev.py keeps out of the way of what it starts."""

from __future__ import annotations

import ast
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.installed import INSTALLED, MACHINE, SDKS, need
from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[1]
DEV = ROOT / "dev.py"
NPM_LOCKS = [
    ROOT / folder / "package-lock.json"
    for folder in (
        "graphiql",
        "tests/server/clients/typescript",
        "tests/server/clients/openapi",
        "tests/server/rest/polar/sdks/typescript",
    )
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
TELLS_ITSELF = '#!/bin/sh\necho "${0##*/}" "$@"; pwd; echo "all: $INVOICING_TEST_ALL"\n'
FAILS = "#!/bin/sh\necho no such package; exit 1\n"
APART = {
    "fuzz": "requirements-fuzz.lock",
    "clients": "requirements-clients.lock",
    "s3": "requirements-s3.lock",
    "deploy": "requirements-deploy.lock",
    "polar-1.0": "tests/server/rest/polar/sdks/1.0.lock",
}
COMMANDS = ("serve", "run", "test", "lint", "format", "bench", "siege", "setup")


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


@pytest.fixture
def installed(checkout: Path) -> Path:
    """A checkout in which everything was installed, whose programs tell how they were called."""
    for name, lock in APART.items():
        (checkout / lock).parent.mkdir(parents=True, exist_ok=True)
        (checkout / lock).touch()
        for program in ("python", "pip"):
            write_program(checkout / f".venv-{name}" / "bin" / program, DOES_NOTHING)
    for name in ("ruff", "mypy", "lint-imports", "pytest"):
        write_program(checkout / ".venv" / "bin" / name, TELLS_ITSELF)
    assert dev(checkout, "setup").returncode == 0
    return checkout


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
        out, err = process.communicate(timeout=PATIENCE)
    return subprocess.CompletedProcess(args, process.returncode, out, err)


def test_older_pythons_can_read_it_and_so_say_what_is_missing() -> None:
    ast.parse(DEV.read_text(), feature_version=(3, 6))


def test_help_names_every_command(checkout: Path) -> None:
    for args in ([], ["--help"]):
        shown = dev(checkout, *args)
        assert shown.returncode == 0
        assert all(f"dev.py {name}" in shown.stdout for name in COMMANDS)
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
        assert process.wait(timeout=PATIENCE) == -signal.SIGTERM


def test_the_second_setup_waits_for_the_first(checkout: Path) -> None:
    with (checkout / "dev.py").open() as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        second = start(checkout, "run", "status")
        assert second.stderr
        assert "Waiting" in second.stderr.readline()
        assert second.poll() is None
    out, _ = second.communicate(timeout=PATIENCE)
    assert out.endswith("status\n")


def test_without_arguments_every_check_runs_and_every_test_is_wanted(installed: Path) -> None:
    tested = dev(installed, "test")
    assert tested.returncode == 0
    assert "every check and test" in tested.stderr.splitlines()[0]
    for program in (
        "ruff check .",
        "ruff format --check .",
        "mypy",
        "lint-imports --no-logo",
        f"pytest -n {(os.cpu_count() or 1) + 1} --dist worksteal -rs",
    ):
        assert program in tested.stdout.splitlines()
    assert "all: true" in tested.stdout.splitlines()
    assert re.search(r"^Skipped: .* Node or Chromium", tested.stdout, re.MULTILINE)


def test_one_check_that_failed_is_told_after_all_of_them_ran(installed: Path) -> None:
    write_program(installed / ".venv" / "bin" / "mypy", FAILS)
    for command in ("lint", "test"):
        checked = dev(installed, command)
        assert checked.returncode == 1
        assert re.search(r"^mypy +FAILED$", checked.stdout, re.MULTILINE)
        assert re.search(r"^lint-imports +ok$", checked.stdout, re.MULTILINE)


def test_with_arguments_it_is_pytest_alone_and_nothing_is_installed(installed: Path) -> None:
    (installed / "requirements.lock").write_text("# another\n")
    tested = dev(installed, "test", "-k", "refund or credit", "tests/invoicing")
    assert tested.stdout.splitlines() == [
        "pytest -k refund or credit tests/invoicing",
        str(installed.parent),
        "all: ",
    ]
    told = tested.stderr.splitlines()
    assert "pytest" in told[0]
    assert "requirements.lock" in told[1]
    assert "dev.py setup" in told[1]
    assert len(told) == 2


def test_where_nothing_is_installed_a_single_test_installs_first(checkout: Path) -> None:
    write_program(checkout / "written-by-pip", TELLS_ITSELF)
    install = f'#!/bin/sh\n/bin/cp "{checkout}/written-by-pip" "{checkout}/.venv/bin/pytest"\n'
    write_program(checkout / ".venv" / "bin" / "python", install)
    tested = dev(checkout, "test", "-k", "refund")
    assert "Installing requirements.lock" in tested.stderr.splitlines()
    assert tested.stdout.splitlines()[0] == "pytest -k refund"


def test_the_static_checks_alone_change_nothing(installed: Path) -> None:
    linted = dev(installed, "lint")
    assert linted.returncode == 0
    assert len(linted.stderr.splitlines()) == 1
    assert {"ruff check .", "ruff format --check .", "mypy"} <= set(linted.stdout.splitlines())
    assert "── pytest" not in linted.stdout


def test_format_fixes_what_can_be_fixed(installed: Path) -> None:
    formatted = dev(installed, "format")
    assert formatted.returncode == 0
    assert len(formatted.stderr.splitlines()) == 1
    assert {"ruff check --fix .", "ruff format ."} <= set(formatted.stdout.splitlines())


@pytest.mark.parametrize("broken", APART)
def test_a_client_that_cannot_be_installed_is_an_error(installed: Path, broken: str) -> None:
    (installed / APART[broken]).write_text("# another\n")
    write_program(installed / f".venv-{broken}" / "bin" / "python", FAILS)
    tested = dev(installed, "test")
    assert "no such package" in tested.stderr
    assert tested.returncode == 1


@pytest.mark.parametrize("everything", ["CI", "INVOICING_TEST_ALL"])
def test_what_is_not_installed_is_skipped_but_never_in_the_full_run(
    monkeypatch: pytest.MonkeyPatch, everything: str
) -> None:
    monkeypatch.setitem(INSTALLED, "Polar's SDK 1.0", Path("not-installed"))
    for name in ("CI", "INVOICING_TEST_ALL"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(pytest.skip.Exception, match="Polar's SDK"):
        need("Polar's SDK 1.0")
    monkeypatch.setenv(everything, "true")
    with pytest.raises(pytest.fail.Exception, match="Polar's SDK"):
        need("Polar's SDK 1.0")


def test_a_machine_without_node_runs_the_rest_and_ci_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MACHINE, "Node", None)
    monkeypatch.setitem(INSTALLED, "GraphiQL", Path("not-built"))
    monkeypatch.setenv("INVOICING_TEST_ALL", "true")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="Node"):
        need("Node", "GraphiQL")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="Node"):
        need("Node", "GraphiQL")


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


def test_commit_hooks_run_what_is_installed_here_and_fetch_nothing() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    assert re.findall(r"repo: (.*)", hooks) == ["local"]
    assert set(re.findall(r"language: (.*)", hooks)) == {"system"}
    programs = re.findall(r"entry: \.venv/bin/([\w-]+)", hooks)
    assert len(programs) == hooks.count("entry:") == 3
    assert set(programs) <= locked("requirements.lock").keys()


def test_the_locks_name_no_registry() -> None:
    for lock in [*ROOT.glob("requirements*.lock"), *SDKS.glob("*.lock"), *NPM_LOCKS]:
        text = lock.read_text()
        assert "--index-url" not in text
        assert "--find-links" not in text
        assert '"resolved"' not in text
