"""What the files in deploy/ run and set, whatever form they have."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
KUBERNETES: list[dict[str, Any]] = [
    document
    for file in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for document in yaml.safe_load_all(file.read_text())
]
BACKUP = DEPLOY / "kubernetes" / "backup.yaml"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def of_kind(*kinds: str) -> list[dict[str, Any]]:
    return [document for document in KUBERNETES if document["kind"] in kinds]


def pods() -> Iterator[dict[str, Any]]:
    for document in of_kind("Deployment", "Job", "CronJob"):
        spec = document["spec"]
        yield spec.get("jobTemplate", {"spec": spec})["spec"]["template"]["spec"]


def ours() -> dict[str, dict[str, Any]]:
    """The services of the compose file that run our image."""
    return {name: each for name, each in COMPOSE["services"].items() if each["image"] == "invoicing"}


def run_by_image() -> list[str]:
    """What the image does when nothing is said: its CMD."""
    (command,) = re.findall(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    arguments: list[str] = yaml.safe_load(command)
    return arguments


def commands() -> Iterator[tuple[str, list[str]]]:
    """Where it stands, and the arguments of `invoicing`."""
    yield "Dockerfile", run_by_image()
    for name, service in ours().items():
        yield f"compose.yaml {name}", service["command"]
    for pod in pods():
        if "args" in pod["containers"][0]:
            yield f"kubernetes {pod['containers'][0]['name']}", pod["containers"][0]["args"]
    for file in (ROOT / "Dockerfile", DEPLOY / "compose.yaml", BACKUP, *UNITS):
        for found in re.findall(
            r"(?:/bin/invoicing|exec \S+ invoicing|FILE invoicing) ([^'\n]+)", file.read_text()
        ):
            arguments = re.sub(r"\$\(.*?\)", "DAY", found.replace("%i", "8000"))
            yield file.name, shlex.split(arguments, comments=True)


def names_of_backups() -> Mapping[str, str]:
    """How each file names the folder of a backup: the format of `date`."""
    files = [BACKUP, DEPLOY / "systemd" / "invoicing-backup.service"]
    found = {file.name: re.findall(r"\$\(date \+(\S+)\)", file.read_text()) for file in files}
    return {name: written.replace("%%", "%") for name, (written,) in found.items()}


def set_by(file: Path) -> list[str]:
    """The variables INVOICING_… that a file names."""
    return re.findall(r"\bINVOICING_[A-Z_]*[A-Z]", file.read_text())
