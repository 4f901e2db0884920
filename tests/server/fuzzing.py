"""What schemathesis has to be told of this server, in its own environment: scalars, and what is a fault."""

from __future__ import annotations

import json
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes, scalar

WHOLE = st.integers(-(2**53), 2**53)
DECIMAL = st.decimals(-(10**9), 10**9, places=6).map(lambda number: f"{number:f}")

scalar("Money", WHOLE.map(nodes.Int))
for name in ("Quantity", "UnitPrice"):
    scalar(name, st.one_of(WHOLE.map(nodes.Int), DECIMAL.map(nodes.Float), DECIMAL.map(nodes.String)))
scalar("Currency", st.sampled_from(["EUR", "USD", "JPY", "KWD", "XXX", "eur", ""]).map(nodes.String))


def no_internal_error(_: Any, answer: Any, __: Any) -> None:
    """Its own check takes every refusal that leaves no data for a fault: all of them are, to GraphQL, 200."""
    errors = json.loads(answer.text).get("errors", [])
    codes = [error["extensions"]["code"] for error in errors]  # each has one
    assert answer.status_code < 500
    assert "INTERNAL_SERVER_ERROR" not in codes


schemathesis.check(no_internal_error)
