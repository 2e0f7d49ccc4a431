"""The description of the API: examples of every request and error, what keys open, and the same in OpenAPI 3.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ..http.auth import ACCESS
from .crm_records import SCHEMAS, add_records
from .examples import ERRORS, REQUESTS

_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key made with `predictor keys add`."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key in a header of its own."},
}
_UNDER_KEYS = {
    401: "No key came, or one that is not known.",
    403: "The key does not open this.",
}
_WITH_BODY = {
    408: "The request did not come whole in time.",
    413: "The body is too large.",
}
_OPENAPI = dict[str, Any]
_NULL = {"type": "null"}


def describe(app: FastAPI) -> _OPENAPI:
    """The OpenAPI 3.1 document of an app, made once."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        document["components"]["securitySchemes"] = _SCHEMES
        document["components"]["schemas"] |= SCHEMAS
        access = {path.replace(":path", ""): need for path, need in ACCESS.items()}
        for path, operations in document["paths"].items():
            for operation in operations.values():
                _complete(operation, access[path])
        app.openapi_schema = document
    return app.openapi_schema


def _complete(operation: _OPENAPI, access: str) -> None:
    """Add what FastAPI does not know: keys, limits, an example for each error."""
    responses = operation["responses"]
    add_records(operation)
    if access != "open":
        operation["security"] = [{"bearer": []}, {"key": []}]
        scope = "any key" if access == "any" else f"a key of scope `{access}`"
        operation["description"] += f"\n\nNeeds {scope}, unless the server has no keys and is asked on loopback."
        told = {401: _UNDER_KEYS[401]} if access == "any" else _UNDER_KEYS
        for status, text in told.items():
            responses[str(status)] = _tell_error(text)
        responses.setdefault("503", _tell_error("The keys cannot be read."))
    responses["500"] = _tell_error("A fault of the server.")
    if "requestBody" in operation:
        for status, text in _WITH_BODY.items():
            responses[str(status)] = _tell_error(text)
    for name, example in REQUESTS.get(operation["operationId"], {}).items():
        content = operation["requestBody"]["content"]["application/json"]
        content.setdefault("examples", {})[name] = example
    for status, response in responses.items():
        if int(status) >= 400:
            response["content"]["application/json"]["examples"] = ERRORS[int(status)]
    operation["responses"] = dict(sorted(responses.items()))


def _tell_error(text: str) -> _OPENAPI:
    return {"description": text, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorOut"}}}}


def to_30(document: Mapping[str, Any]) -> _OPENAPI:
    """An OpenAPI 3.1 document as 3.0.3, which says the same in older words.

    >>> to_30({"openapi": "3.1.0", "x": {"type": ["string", "null"], "examples": ["a"]}})
    {'openapi': '3.0.3', 'x': {'type': 'string', 'nullable': True, 'example': 'a'}}
    """
    converted: _OPENAPI = _convert(_inline(dict(document), document.get("components", {}).get("schemas", {})))
    return converted | {"openapi": "3.0.3"}


def _inline(node: Any, schemas: Mapping[str, Any]) -> Any:  # noqa: ANN401  JSON
    """The document with what may be a named schema or null holding that schema itself: 3.0 can say `nullable` only there."""
    if isinstance(node, list):
        return [_inline(entry, schemas) for entry in node]
    if not isinstance(node, dict):
        return node
    choices = node.get("anyOf")
    if isinstance(choices, list) and len(choices) == 2 and _NULL in choices and "$ref" in (only := _without_null(choices)[0]):
        node = {**node, "anyOf": [schemas[only["$ref"].rpartition("/")[2]], _NULL]}
    return {key: _inline(value, schemas) for key, value in node.items()}


def _without_null(choices: list[_OPENAPI]) -> list[_OPENAPI]:
    return [choice for choice in choices if choice != _NULL]


def _convert(node: Any, name: str = "") -> Any:  # noqa: ANN401  JSON
    if isinstance(node, list):
        return [_convert(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    if name in {"properties", "examples", "schemas", "paths", "responses", "securitySchemes", "example"}:  # names, no schema
        inner = "" if name not in {"examples", "example"} else name
        return node if inner else {key: _convert(value) for key, value in node.items()}
    content = _convert_schema({key: value for key, value in node.items() if key not in {"contentMediaType", "$schema"}})
    return {key: _convert(value, key) for key, value in content.items()}


def _convert_schema(schema: _OPENAPI) -> _OPENAPI:
    """One schema, its own words; what is no schema has none of them."""
    schema = _convert_null(schema)
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if isinstance(schema.get("examples"), list):  # of a schema; those of a request or an answer are named
        schema["example"] = schema.pop("examples")[0]
    for bound, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(bound), (int, float)) and not isinstance(schema[bound], bool):
            schema[limit], schema[bound] = schema[bound], True
    if "prefixItems" in schema:
        kinds = schema.pop("prefixItems")
        schema["items"] = kinds[0] if all(kind == kinds[0] for kind in kinds) else {"anyOf": kinds}
    if schema.get("additionalProperties") is True and "properties" in schema:
        del schema["additionalProperties"]  # which is what 3.0 takes it for; importers stumble over the word
    return schema


def _convert_null(schema: _OPENAPI) -> _OPENAPI:
    """`null` among the types of a schema as `nullable`."""
    schema = dict(schema)
    kinds = schema.get("type")
    if isinstance(kinds, list):
        schema = {key: value for key, value in schema.items() if key != "type"}
        schema["anyOf"] = [{"type": kind} for kind in kinds]
    choices = schema.get("anyOf")
    if isinstance(choices, list):
        left, rest = _without_null(choices), {key: value for key, value in schema.items() if key != "anyOf"}
        if len(left) < len(choices):
            left = [_make_nullable(left[0]), *left[1:]]  # one is enough; beside `anyOf` the word has no meaning
        return {**left[0], **rest} if len(left) == 1 else {**rest, "anyOf": left}
    if "$ref" in schema and len(schema) > 1:  # in 3.0 nothing may stand beside a $ref
        return {**{key: value for key, value in schema.items() if key != "$ref"}, "allOf": [{"$ref": schema["$ref"]}]}
    return schema


def _make_nullable(schema: _OPENAPI) -> _OPENAPI:
    listed = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, **listed, "nullable": True}
