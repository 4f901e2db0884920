"""The clock of a process, set forward or back while it runs, where there is a C compiler."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime
from pathlib import Path

_SOURCE = Path(__file__).with_name("clock.c")
COMPILER = shutil.which("cc")


def environment(folder: Path, name: str) -> dict[str, str]:
    """What a process has to be started with so that `set_clock` works."""
    if COMPILER is None:
        return {}
    library = folder / "clock.so"
    if not library.exists():
        subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-o", library, _SOURCE, "-ldl"], check=True)  # noqa: S603
    _file(folder, name).write_bytes(bytes(8))
    return {"LD_PRELOAD": str(library), "SIEGE_CLOCK": str(_file(folder, name))}


def set_clock(folder: Path, name: str, seconds: int) -> None:
    """So many seconds off what is right, from now on."""
    with _file(folder, name).open("r+b") as file:
        file.write(seconds.to_bytes(8, "little", signed=True))


def zone_at_noon(now: datetime) -> str:
    """A time zone in which it is about noon: some hours forward or back stay within the day."""
    ahead = 12 - now.hour
    return f"Etc/GMT{'-' if ahead > 0 else '+'}{abs(ahead)}" if ahead else "Etc/GMT"


def _file(folder: Path, name: str) -> Path:
    return folder / f"clock-{name}"
