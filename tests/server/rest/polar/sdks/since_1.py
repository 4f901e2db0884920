"""Polar's client since 1.0, which has a module for each version of Polar's API. Else as before_1.py."""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys
from functools import cache
from typing import Any

from polar import PolarClientError


def main(address: str) -> None:
    for line in sys.stdin:
        print(json.dumps(outcome(address, **json.loads(line))), flush=True)


def outcome(
    address: str, call: str, token: str | None, id: str | None, given: dict[str, Any], version: str
) -> dict[str, Any]:
    method: Any = client(address, token, version)
    for name in call.split("."):
        method = getattr(method, name)
    try:
        return {"answer": plain(method(*([id] if id else []), **given))}
    except PolarClientError as error:
        body = json.loads(error.error) if isinstance(error.error, str) else plain(error.error)
        return {"raised": type(error).__name__, "status": error.status_code, "body": body}


@cache
def client(address: str, token: str | None, version: str) -> Any:
    module = importlib.import_module(f"polar.v{version.replace('-', '_')}")
    return module.Polar(access_token=token or "", base_url=address)


def plain(answer: Any) -> Any:
    return None if answer is None else dataclasses.asdict(answer)


if __name__ == "__main__":
    main(*sys.argv[1:])
