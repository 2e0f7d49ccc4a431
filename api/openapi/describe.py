"""The OpenAPI document: FastAPI's, plus keys, limits and examples of every request and error; and the same in OpenAPI 3.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ..http.auth import ACCESS, find_access
from ..http.entity_tags import TAGGED
from ..http.errors import PROBLEM_JSON
from .crm_records import SCHEMAS, add_records
from .examples import ERRORS, REQUESTS

_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key made with `predictor keys add`."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key in its own header."},
}
_KEY_ERRORS = {
    401: "There is no key, or it is not known.",
    403: "The key does not open this path.",
    429: "Too many wrong keys came from this address.",
}
_BODY_ERRORS = {
    400: "The body is not JSON.",
    408: "The request was not complete in time.",
    413: "The body is too large.",
    415: "The body does not say that it is JSON.",
}
_OPENAPI = dict[str, Any]
_NULL = {"type": "null"}


def make_openapi(app: FastAPI) -> _OPENAPI:
    """The OpenAPI 3.1 document of an app, made once."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        document["components"]["securitySchemes"] = _SCHEMES
        document["components"]["schemas"] |= SCHEMAS
        names = {path.replace(":path", ""): path for path in ACCESS}
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                _complete_operation(operation, find_access(names[path], method))
                if method == "get" and path in TAGGED:
                    operation["responses"]["304"] = {"description": "The client has the current answer (`If-None-Match`)."}
        app.openapi_schema = document
    return app.openapi_schema


def _complete_operation(operation: _OPENAPI, access: str) -> None:
    """Add what FastAPI does not know: keys, limits, and examples."""
    responses = operation["responses"]
    add_records(operation)
    if access != "open":
        operation["security"] = [{"bearer": []}, {"key": []}]
        scope = "any key" if access == "any" else f"a key of scope `{access}`"
        operation["description"] += f"\n\nNeeds {scope}. A server without keys answers on loopback only, and needs none."
        for status, text in _KEY_ERRORS.items():
            if status != 403 or access != "any":
                responses[str(status)] = _make_error_response(text)
        responses.setdefault("503", _make_error_response("The keys cannot be read."))
    responses["500"] = _make_error_response("The server failed.")
    if "requestBody" in operation:
        for status, text in _BODY_ERRORS.items():
            responses[str(status)] = _make_error_response(text)
    for name, example in REQUESTS.get(operation["operationId"], {}).items():
        content = operation["requestBody"]["content"]["application/json"]
        content.setdefault("examples", {})[name] = example
    for status, response in responses.items():
        if int(status) >= 400:
            (content,) = response["content"].values()
            response["content"] = {PROBLEM_JSON: content | {"examples": ERRORS[int(status)]}}
    operation["responses"] = dict(sorted(responses.items()))


def _make_error_response(text: str) -> _OPENAPI:
    return {"description": text, "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/ErrorOut"}}}}


def to_openapi_30(document: Mapping[str, Any]) -> _OPENAPI:
    """An OpenAPI 3.1 document in version 3.0.3.

    >>> to_openapi_30({"openapi": "3.1.0", "x": {"type": ["string", "null"], "examples": ["a"]}})
    {'openapi': '3.0.3', 'x': {'type': 'string', 'nullable': True, 'example': 'a'}}
    """
    converted: _OPENAPI = _convert(_inline(dict(document), document.get("components", {}).get("schemas", {})))
    return converted | {"openapi": "3.0.3"}


def _inline(node: Any, schemas: Mapping[str, Any]) -> Any:  # noqa: ANN401  JSON
    """The document with each choice of a named schema or null replaced by that schema itself, as `nullable` of 3.0 needs it."""
    if isinstance(node, list):
        return [_inline(entry, schemas) for entry in node]
    if not isinstance(node, dict):
        return node
    choices = node.get("anyOf")
    if isinstance(choices, list) and len(choices) == 2 and _NULL in choices and "$ref" in (choice := _without_null(choices)[0]):
        node = {**node, "anyOf": [schemas[choice["$ref"].rpartition("/")[2]], _NULL]}
    return {key: _inline(value, schemas) for key, value in node.items()}


def _without_null(choices: list[_OPENAPI]) -> list[_OPENAPI]:
    return [choice for choice in choices if choice != _NULL]


def _convert(node: Any, name: str = "") -> Any:  # noqa: ANN401  JSON
    if isinstance(node, list):
        return [_convert(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    if name in {
        "properties",
        "examples",
        "schemas",
        "paths",
        "responses",
        "securitySchemes",
        "example",
    }:  # maps of names
        inner = "" if name not in {"examples", "example"} else name
        return node if inner else {key: _convert(value) for key, value in node.items()}
    content = _convert_schema({key: value for key, value in node.items() if key not in {"contentMediaType", "$schema"}})
    return {key: _convert(value, key) for key, value in content.items()}


def _convert_schema(schema: _OPENAPI) -> _OPENAPI:
    """The keywords of one schema; other objects have none of these."""
    schema = _convert_null(schema)
    if "const" in schema:
        schema["enum"] = [schema.pop("const")]
    if isinstance(schema.get("examples"), list):  # of a schema; a request or response has named examples
        schema["example"] = schema.pop("examples")[0]
    for bound, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(bound), (int, float)) and not isinstance(schema[bound], bool):
            schema[limit], schema[bound] = schema[bound], True
    if "prefixItems" in schema:
        kinds = schema.pop("prefixItems")
        schema["items"] = kinds[0] if all(kind == kinds[0] for kind in kinds) else {"anyOf": kinds}
    if schema.get("additionalProperties") is True and "properties" in schema:
        del schema["additionalProperties"]  # the default in 3.0; some importers fail on the keyword
    return schema


def _convert_null(schema: _OPENAPI) -> _OPENAPI:
    """A schema with `null` among its types, as `nullable`."""
    schema = dict(schema)
    kinds = schema.get("type")
    if isinstance(kinds, list):
        schema = {key: value for key, value in schema.items() if key != "type"}
        schema["anyOf"] = [{"type": kind} for kind in kinds]
    choices = schema.get("anyOf")
    if isinstance(choices, list):
        types, rest = _without_null(choices), {key: value for key, value in schema.items() if key != "anyOf"}
        if len(types) < len(choices):
            types = [_make_nullable(types[0]), *types[1:]]  # one is enough; beside `anyOf` the keyword has no meaning
        return {**types[0], **rest} if len(types) == 1 else {**rest, "anyOf": types}
    if "$ref" in schema and len(schema) > 1:  # in 3.0 a $ref allows no other keyword beside it
        return {**{key: value for key, value in schema.items() if key != "$ref"}, "allOf": [{"$ref": schema["$ref"]}]}
    return schema


def _make_nullable(schema: _OPENAPI) -> _OPENAPI:
    values = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, **values, "nullable": True}
