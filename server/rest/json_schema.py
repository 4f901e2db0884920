"""Short ways to write JSON Schemas and other objects of OpenAPI."""

from __future__ import annotations

from typing import Any

Part = dict[str, Any]


def value(type: str, description: str, **more: Any) -> Part:
    return {"type": type, "description": description, **more}


def string(description: str, **more: Any) -> Part:
    return value("string", description, **more)


def money(description: str) -> Part:
    """An amount in minor units."""
    return value("integer", description, format="int64")


def instant(description: str) -> Part:
    return string(description, format="date-time")


def nullable(schema: Part) -> Part:
    """The schema, or null."""
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    options = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **options}


def array(items: Part, description: str, **more: Any) -> Part:
    return value("array", description, items=items, **more)


def ref(name: str) -> Part:
    return {"$ref": f"#/components/schemas/{name}"}


def response_object(description: str, /, **fields: Part) -> Part:
    """An object that we send: it has all of these fields, and no others."""
    return value("object", description, properties=fields, required=list(fields), additionalProperties=False)


def request_object(description: str, /, *required: str, **fields: Part) -> Part:
    """An object that callers send. Other fields than these are ignored."""
    more = {"required": list(required)} if required else {}
    return value("object", description, properties=fields, **more)


def json_content(schema: Part, example: Any = None) -> Part:
    return {"application/json": {"schema": schema} | ({} if example is None else {"example": example})}


def request_body(schema: Part, example: Any = None, *, required: bool = True) -> Part:
    return {"required": required, "content": json_content(schema, example)}


def response(description: str, schema: Part, example: Any = None) -> Part:
    return {"description": description, "content": json_content(schema, example)}


def path_parameter(name: str, description: str) -> Part:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
    }
