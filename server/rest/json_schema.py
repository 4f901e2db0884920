"""JSON Schemas and the parts of OpenAPI, in few words."""

from __future__ import annotations

from typing import Any

Part = dict[str, Any]


def of(type: str, description: str, **more: Any) -> Part:
    return {"type": type, "description": description, **more}


def string(description: str, **more: Any) -> Part:
    return of("string", description, **more)


def money(description: str) -> Part:
    """An amount in minor units."""
    return of("integer", description, format="int64")


def instant(description: str) -> Part:
    return string(description, format="date-time")


def optional(schema: Part) -> Part:
    """The same, or null."""
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    options = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **options}


def array(items: Part, description: str, **more: Any) -> Part:
    return of("array", description, items=items, **more)


def ref(name: str) -> Part:
    return {"$ref": f"#/components/schemas/{name}"}


def answered(description: str, /, **fields: Part) -> Part:
    """An object of ours: all fields are there, and no others."""
    return of("object", description, properties=fields, required=list(fields), additionalProperties=False)


def asked(description: str, /, *needed: str, **fields: Part) -> Part:
    """An object of the caller's: what it has beyond these fields is not read."""
    required = {"required": list(needed)} if needed else {}
    return of("object", description, properties=fields, **required)


def json(schema: Part, example: Any = None) -> Part:
    return {"application/json": {"schema": schema} | ({} if example is None else {"example": example})}


def body(schema: Part, example: Any = None, *, required: bool = True) -> Part:
    return {"required": required, "content": json(schema, example)}


def response(description: str, schema: Part, example: Any = None) -> Part:
    return {"description": description, "content": json(schema, example)}


def in_path(name: str, description: str) -> Part:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
    }
