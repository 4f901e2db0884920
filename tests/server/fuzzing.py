"""What schemathesis has to be told of this server, in its own environment: a scalar, and what is a fault."""

from __future__ import annotations

import json
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes, scalar

scalar("Money", st.integers(-(2**53), 2**53).map(nodes.Int))


def no_internal_error(_: Any, answer: Any, __: Any) -> None:
    """Its own check takes every refusal that leaves no data for a fault: all of them are, to GraphQL, 200."""
    errors = json.loads(answer.text).get("errors", [])
    codes = [error["extensions"]["code"] for error in errors]  # each has one
    assert answer.status_code < 500
    assert "INTERNAL_SERVER_ERROR" not in codes


schemathesis.check(no_internal_error)
