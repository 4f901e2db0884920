"""Polar's own client, asked line by line. The Python of .venv-sdk runs this; it knows nothing else of ours.

A line in is {"call": "orders.get", "token": "…", "given": {…}}, a line out what was answered or raised.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from polar_sdk import Polar, models


def main(server_url: str) -> None:
    for line in sys.stdin:
        print(json.dumps(outcome(server_url, **json.loads(line))), flush=True)


def outcome(server_url: str, call: str, token: str | None, given: dict[str, Any]) -> dict[str, Any]:
    if call.startswith("customer_portal."):
        given = {"security": {"customer_session": token}, **given}
    with Polar(server_url=server_url, access_token=token) as polar:
        method: Any = polar
        for name in call.split("."):
            method = getattr(method, name)
        try:
            return {"answer": plain(method(**given))}
        except models.PolarError as error:
            data = getattr(error, "data", None)
            return {
                "raised": type(error).__name__,
                "status": error.status_code,
                "body": json.loads(error.body),
                "data": type(data).__name__ if data is not None else None,
            }


def plain(answer: Any) -> Any:
    shown = getattr(answer, "result", answer)
    return shown.model_dump(mode="json") if hasattr(shown, "model_dump") else shown


if __name__ == "__main__":
    main(*sys.argv[1:])
