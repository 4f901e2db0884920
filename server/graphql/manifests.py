"""The file of persisted documents, as the tools write it that find the operations of a program.

Two forms are read: `{id: document}`, which the client preset of GraphQL Code Generator and relay-compiler
write, and the manifest of Apollo's tools, which says its name in `format`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from schema.execution.operations import operations_in

APOLLO = "apollo-persisted-query-manifest"


def read_manifest(file: Path) -> Mapping[str, str]:
    """The documents by their ids. Raises ValueError, whose sentence says what is wrong with the file."""
    try:
        content = orjson.loads(file.read_bytes())
    except OSError as failure:
        raise ValueError(f"{file} cannot be read: {failure.strerror}") from failure
    except orjson.JSONDecodeError as failure:
        raise ValueError(f"{file} is not JSON") from failure
    documents = _documents(content)
    if not documents:
        raise ValueError(
            f"{file} holds no persisted documents: it must be {{id: document}}, as graphql-codegen and "
            "relay-compiler write it, or Apollo's persisted query manifest"
        )
    return documents


def _documents(content: Any) -> Mapping[str, str]:
    """Nothing if it is in neither form."""
    if not isinstance(content, dict):
        return {}
    if content.get("format") == APOLLO:
        content = _by_id(content.get("operations"))
    return content if all(map(_is_document, content.values())) else {}


def _by_id(operations: Any) -> dict[str, Any]:
    if not isinstance(operations, list) or not all(isinstance(each, dict) for each in operations):
        return {}
    return {str(each.get("id")): each.get("body") for each in operations}


def _is_document(text: Any) -> bool:
    """Whether it looks like GraphQL. Whether it fits the schema is said when it is asked for."""
    return isinstance(text, str) and any(operations_in(text))
