"""Polar's client of before 1.0, asked line by line: `python before_1.py ADDRESS`. It knows no code of ours.

A line in is {"call": "orders.get", "token": "…", "id": "…", "given": {…}}, a line out what was answered or
raised.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import Any

from polar_sdk import Polar, models


def main(address: str) -> None:
    for line in sys.stdin:
        print(json.dumps(outcome(address, **json.loads(line))), flush=True)


def outcome(
    address: str, call: str, token: str | None, id: str | None, given: dict[str, Any]
) -> dict[str, Any]:
    method: Any = client(address, token)
    for name in call.split("."):
        method = getattr(method, name)
    try:
        return {"answer": plain(method(**arguments(call, token, id, given)))}
    except models.PolarError as error:
        data = getattr(error, "data", error)
        name = type(data).__name__.removesuffix("Data")  # some calls have one class of two kinds of data
        return {"raised": name, "status": error.status_code, "body": json.loads(error.body)}


@cache
def client(address: str, token: str | None) -> Polar:
    return Polar(server_url=address, access_token=token)


def arguments(call: str, token: str | None, id: str | None, given: dict[str, Any]) -> dict[str, Any]:
    if call == "customer_sessions.create":
        return {"request": given}
    if call.endswith(".update"):
        given = {"customer_order_update" if call.startswith("customer_portal.") else "order_update": given}
    session = {"security": {"customer_session": token}} if call.startswith("customer_portal.") else {}
    return {**session, **given, **({"id": id} if id else {})}


def plain(answer: Any) -> Any:
    shown = getattr(answer, "result", answer)
    return shown.model_dump(mode="json") if hasattr(shown, "model_dump") else shown


if __name__ == "__main__":
    main(*sys.argv[1:])
