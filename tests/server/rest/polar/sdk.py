"""Polar's SDKs, each in a process of its own that is asked line by line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from server.rest.polar.versions import VERSIONS
from tests.server.rest.polar.shop import Shop
from tests.support.client import Client
from tests.support.installed import SDKS, need, sdk_python


class Kind(NamedTuple):
    """A release of an SDK, and the version of Polar's API that it is asked to speak where it has several."""

    language: str
    release: str
    version: str | None = None

    def __str__(self) -> str:
        return "-".join(filter(None, self))

    @property
    def is_before_versions(self) -> bool:
        return self in BEFORE_VERSIONS

    @property
    def can_be_without_token(self) -> bool:
        return (self.language, self.release) != ("python", "1.0")

    @property
    def command(self) -> list[str]:
        program = "since_1" if self.release.startswith("1.") else "before_1"
        if self.language == "typescript":
            return ["node", str(SDKS / "typescript" / f"{program}.js")]
        return [str(sdk_python(self.release)), str(SDKS / f"{program}.py")]

    def need(self) -> None:
        if self.language == "typescript":
            need("Node", "Polar's SDKs for TypeScript")
        else:
            need(f"Polar's SDK {self.release}")


BEFORE_VERSIONS = [Kind("python", "0.28"), Kind("python", "0.29")]
KINDS = [
    *BEFORE_VERSIONS,
    Kind("python", "0.32"),
    *(Kind("python", "1.0", version) for version in VERSIONS),
    Kind("typescript", "0.49"),
    *(Kind("typescript", "1.0", version) for version in VERSIONS),
]


@dataclass(frozen=True, slots=True)
class Sdk:
    """A client in its process, and the shop that it asks."""

    kind: Kind
    process: subprocess.Popen[str]
    shop: Shop

    def ask(self, asker: Client, call: str, id: str | None = None, **given: Any) -> Any:
        told = self.outcome(asker, call, id, **given)
        assert "answer" in told, told
        return told["answer"]

    def refused(self, asker: Client, call: str, id: str | None = None, **given: Any) -> tuple[str, int, Any]:
        """The name of the exception, the status, and the body as the client read it."""
        told = self.outcome(asker, call, id, **given)
        assert "raised" in told, told
        return told["raised"], told["status"], told["body"]

    def outcome(self, asker: Client, call: str, id: str | None = None, **given: Any) -> dict[str, Any]:
        asked = {"call": call, "token": asker.token, "id": id, "given": given}
        if self.kind.version:
            asked["version"] = self.kind.version
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the client has ended"
        told: dict[str, Any] = json.loads(line)
        return told


@contextmanager
def started(kind: Kind, address: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*kind.command, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.terminate()
