#!/usr/bin/env python3
"""Sets this checkout up and runs it, on a machine that has Python 3.11 and nothing else.

  python3 dev.py serve [ARGS...]    start the server (`invoicing serve ARGS`)
  python3 dev.py run ARGS...        any other command (`invoicing ARGS`)
  python3 dev.py test               install what is missing, then run every check and test, as CI does
  python3 dev.py test ARGS...       pytest ARGS, at once, with what is installed
  python3 dev.py lint               the static checks: ruff, mypy, import contracts, architecture picture
  python3 dev.py format             fix what ruff can fix, and draw the architecture picture again
  python3 dev.py bench [ARGS...]    the benchmarks
  python3 dev.py siege [ARGS...]    kills and other faults under load, on both databases; then what is left
  python3 dev.py setup              only what all of them do first: .venv, and GraphiQL where there is Node

The data is in ./data beside this file, unless INVOICING_DATA_DIR says otherwise.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

if sys.platform != "win32":
    import fcntl

if sys.version_info < (3, 11):  # noqa: UP036 - for whoever starts this with an older one
    sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
POLAR = ROOT / "tests" / "server" / "rest" / "polar" / "sdks"
APART = {
    **{name: ROOT / f"requirements-{name}.lock" for name in ("fuzz", "clients", "s3", "deploy")},
    **{f"polar-{lock.stem}": lock for lock in sorted(POLAR.glob("*.lock"))},
}
"""What some tests talk to the server through, each in an environment and with a lock of its own."""
TYPESCRIPT = {
    "the TypeScript client": ROOT / "tests" / "server" / "clients" / "typescript",
    "the tools of OpenAPI": ROOT / "tests" / "server" / "clients" / "openapi",
    "Polar's SDKs for TypeScript": POLAR / "typescript",
}
GRAPHIQL = ROOT / "graphiql"
PROCESSES = str((os.cpu_count() or 1) + 1)  # of pytest: many tests wait for processes of their own
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main(command: str = "help", *args: str) -> int:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each server that a test starts compiles 400 files
    if command == "setup":
        setup(retry=True)
    elif command == "serve":
        setup()
        invoicing("serve", *args)
    elif command == "run":
        setup()
        invoicing(*args)
    elif command == "test":
        return test_with(*args) if args else test_everything()
    elif command == "lint":
        say("Running the static checks; nothing is changed")
        use_installed()
        return run_checks(static_checks())
    elif command == "format":
        say("Fixing what ruff can fix, and drawing docs/architecture.svg")
        use_installed()
        return run_checks(fixes())
    elif command == "bench":
        setup()
        bench(*args)
    elif command == "siege":
        setup()
        become(tool("python"), "-m", "tools.siege", *args)
    else:
        print(str(__doc__).strip())
        return 0 if command in ("help", "--help", "-h") else 2
    return 0


def invoicing(*args: str) -> NoReturn:
    os.environ.setdefault("INVOICING_DATA_DIR", str(ROOT / "data"))
    become(tool("invoicing"), *args)


def test_everything() -> int:
    say("Installing what is missing, then running every check and test: about 20 minutes on two cores")
    setup(retry=True)
    install_clients()
    os.environ["INVOICING_TEST_ALL"] = "true"
    # A process keeps the tests of a module, and with them the servers that the module has started.
    tests = (tool("pytest"), "-n", PROCESSES, "--dist", "worksteal", "-rs")
    failed = run_checks({**static_checks(), "pytest": tests})
    absent = absent_programs()
    if absent:
        print(f"Skipped: the tests that need {' or '.join(absent)}, which this machine does not have.")
    return failed


def test_with(*args: str) -> NoReturn:
    say("Running pytest with these arguments; tests that need what is not installed are skipped")
    use_installed()
    become(tool("pytest"), *args)


def static_checks() -> dict[str, tuple[str, ...]]:
    return {
        "ruff check": (tool("ruff"), "check", "."),
        "ruff format": (tool("ruff"), "format", "--check", "."),
        "mypy": (tool("mypy"),),
        "lint-imports": (tool("lint-imports"), "--no-logo"),
        "architecture": (tool("python"), "-m", "tools.architecture", "--check"),
    }


def fixes() -> dict[str, tuple[str, ...]]:
    return {
        "ruff check": (tool("ruff"), "check", "--fix", "."),
        "ruff format": (tool("ruff"), "format", "."),
        "architecture": (tool("python"), "-m", "tools.architecture"),
    }


def run_checks(checks: dict[str, tuple[str, ...]]) -> int:
    """Runs all of them, also after one failed; returns 1 if any did."""
    failed = set()
    for name, check in checks.items():
        print(f"── {name}", flush=True)
        if subprocess.call(check, cwd=ROOT):  # noqa: S603
            failed.add(name)
    print()
    for name in checks:
        print(f"{name:<14}{'FAILED' if name in failed else 'ok'}")
    return 1 if failed else 0


def absent_programs() -> list[str]:
    """What the tests need and this script does not install."""
    present = {
        "Node": shutil.which("node"),
        "Chromium": any(map(shutil.which, BROWSERS)),
        "PostgreSQL": [*Path("/usr/lib/postgresql").glob("*/bin/initdb")],
        "nginx": shutil.which("nginx") or Path("/usr/sbin/nginx").exists(),
        "systemd": shutil.which("systemd-analyze"),
    }
    return [name for name, found in present.items() if not found]


def bench(*args: str) -> NoReturn:
    lock, home = ROOT / "requirements-bench.lock", ROOT / ".venv-bench"
    if lock.exists():
        with alone():
            install(lock, home)
    else:
        home = VENV
    if shutil.which("wrk") is None:
        if not os.access("/var/lib/dpkg", os.W_OK):  # no Debian, or not its root
            sys.exit("The benchmarks need wrk; most systems have a package of that name.")
        say("Installing wrk")
        quietly("apt-get", "update")
        quietly("apt-get", "install", "--yes", "wrk")
    become(tool("python", home), "-m", "bench", *args)


# ---------------------------------------------------------------- setting up


def setup(*, retry: bool = False) -> None:
    with alone():
        install(LOCK, VENV)
        build_graphiql(retry=retry)


def use_installed() -> None:
    """Sets up only where nothing is installed: who runs one test does not wait for anything else."""
    if not Path(tool("pytest")).exists():
        setup()
    elif read(VENV / ".installed") != project_digest(LOCK):
        say(f"{LOCK.name} or pyproject.toml has changed since; `python3 dev.py setup` installs it")


def project_digest(lock: Path) -> str:
    return digest(str(ROOT), lock, ROOT / "pyproject.toml")


def install(lock: Path, home: Path, *, project: bool = True) -> None:
    """The packages of the lock and this project, unless without it, in an environment of their own."""
    stamp, now = home / ".installed", project_digest(lock) if project else digest(str(ROOT), lock)
    if read(stamp) == now:
        return
    python = tool("python", home)
    if not all(Path(tool(name, home)).exists() for name in ("python", "pip")):
        say(f"Creating {home.name}")
        try:
            venv.create(home, clear=True, symlinks=os.name != "nt", with_pip=True)
        except subprocess.CalledProcessError:
            sys.exit(
                "This Python has no pip to give to a new environment (Debian: apt install python3-venv)."
            )
    say(f"Installing {lock.name}")
    pip = (python, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check")
    quietly(*pip, "--require-hashes", "-r", str(lock))
    if project:
        quietly(*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT))
    stamp.write_text(now)


def install_clients() -> None:
    """What some tests talk through. Its packages are not the server's to run with."""
    with alone():
        for name, lock in APART.items():
            install(lock, ROOT / f".venv-{name}", project=False)
        npm = shutil.which("npm") if shutil.which("node") else None
        if npm is not None:
            for name, folder in TYPESCRIPT.items():
                install_typescript(npm, name, folder)


def install_typescript(npm: str, name: str, folder: Path) -> None:
    stamp = folder / "node_modules" / ".installed"
    now = digest(folder / "package.json", folder / "package-lock.json")
    if read(stamp) == now:
        return
    say(f"Installing {name}")
    quietly(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=folder)
    stamp.write_text(now)


def build_graphiql(*, retry: bool) -> None:
    """Without Node the server shows a smaller page of its own. What failed is tried again by `setup` only."""
    npm = shutil.which("npm") if shutil.which("node") else None
    sources = [*GRAPHIQL.glob("*.*"), *GRAPHIQL.glob("src/*")]
    stamp, now = VENV / ".graphiql", digest(str(npm is None), *sorted(filter(Path.is_file, sources)))
    built = (GRAPHIQL / "dist" / "index.html").exists() and (GRAPHIQL / "node_modules").exists()
    if (built and read(stamp) == now) or (not retry and read(stamp) == now + " failed"):
        return
    if npm is None:
        say("GraphiQL is not built, since there is no Node; /graphql shows a smaller page")
        stamp.write_text(now + " failed")
        return
    say("Building GraphiQL")
    try:
        quietly(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts", cwd=GRAPHIQL)
        quietly(npm, "run", "build", cwd=GRAPHIQL)
        stamp.write_text(now)
    except subprocess.CalledProcessError as error:
        if os.environ.get("CI"):
            raise
        say(f"{last_lines(error.output)}\nGraphiQL could not be built; /graphql shows a smaller page")
        stamp.write_text(now + " failed")


# ---------------------------------------------------------------- tools


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Two at a time would break each other's environment: the second waits. The lock is on this very file."""
    with Path(__file__).open() as this:
        if sys.platform != "win32":
            try:
                fcntl.flock(this, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Waiting for another dev.py to finish setting up")
                fcntl.flock(this, fcntl.LOCK_EX)
        yield


def become(*command: str) -> NoReturn:
    """Gives this process to the command: signals reach it, its exit code is ours."""
    if sys.platform == "win32":  # where exec returns to the shell at once
        sys.exit(subprocess.call(command))  # noqa: S603
    os.execv(command[0], command)  # noqa: S606


def quietly(*command: str, cwd: Path = ROOT) -> None:
    """Runs a command whose output matters only when it fails."""
    subprocess.run(  # noqa: S603
        command, cwd=cwd, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def last_lines(output: str) -> str:
    return "\n".join(output.strip().splitlines()[-20:])


def say(message: str) -> None:
    """On stderr: stdout belongs to the command."""
    print(message, file=sys.stderr, flush=True)


def tool(name: str, home: Path = VENV) -> str:
    return str(home / "Scripts" / f"{name}.exe" if os.name == "nt" else home / "bin" / name)


def digest(*parts: str | Path) -> str:
    """A path stands for the file's content."""
    contents = (part.encode() if isinstance(part, str) else part.read_bytes() for part in parts)
    return hashlib.sha256(b"\0".join(contents)).hexdigest()


def read(stamp: Path) -> str:
    return stamp.read_text() if stamp.exists() else ""


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except subprocess.CalledProcessError as error:
        sys.exit(f"{last_lines(error.output)}\nThis failed: {' '.join(error.cmd)}")
    except KeyboardInterrupt:
        sys.exit(130)
