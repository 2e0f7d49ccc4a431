"""The OpenAPI document: every path, every error, an example of each, and the same in OpenAPI 3.0."""

import jsonschema
import pytest
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from api.http.auth import ACCESS, find_access
from api.openapi.describe import to_openapi_30

PATHS = {
    "/v1/score",
    "/v1/score/batch",
    "/v1/outcomes",
    "/v1/outcomes/batch",
    "/v1/outcomes/{outcome_id}",
    "/v1/leads/{lead_id}",
    "/v1/leads/{lead_id}/history",
    "/v1/accounts/{account_id}",
    "/v1/model",
    "/v1/threshold",
    "/report",
    "/monitor",
    "/v1/monitor",
    "/v1/queue",
    "/metrics",
    "/health/live",
    "/health/ready",
}


@pytest.fixture
def page(client):
    return client.get("/openapi.json").json()


def list_operations(page):
    return [(path, method, operation) for path, operations in page["paths"].items() for method, operation in operations.items()]


def test_every_path_is_described_and_errors_have_one_shape(page):
    assert set(page["paths"]) == PATHS
    assert "HTTPValidationError" not in page["components"]["schemas"]
    for _, _, operation in list_operations(page):
        assert operation["description"]
        for status, response in operation["responses"].items():
            if status >= "4":
                [schema] = [content["schema"] for content in response["content"].values()]
                assert schema == {"$ref": "#/components/schemas/ErrorOut"}
    fields = page["components"]["schemas"]["LeadIn"]["properties"]
    assert all(field.get("description") for field in fields.values())


def test_every_possible_error_is_declared(page):
    names = {path.replace(":path", ""): path for path in ACCESS}
    for path, method, operation in list_operations(page):
        expected, access = {"200"}, find_access(names[path], method)
        if access != "open":
            expected |= {"401", "503"} | ({"403"} if access != "any" else set())
            assert access == "any" or f"scope `{access}`" in operation["description"]
            assert operation["security"] == [{"bearer": []}, {"key": []}]
        if "requestBody" in operation:
            expected |= {"400", "408", "413", "415", "422"}
        assert expected <= set(operation["responses"]), path


def list_examples(page):
    for path, method, operation in list_operations(page):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for name, example in content.get("examples", {}).items():
            yield f"{method} {path} {name}", content["schema"], example["value"]
        for status, response in operation["responses"].items():
            for described in response.get("content", {}).values():
                for name, example in described.get("examples", {}).items():
                    yield f"{method} {path} {status} {name}", described["schema"], example["value"]
    for name, schema in page["components"]["schemas"].items():
        for example in schema.get("examples", []):
            yield name, schema, example


def test_every_example_follows_its_schema(page):
    examples = list(list_examples(page))
    for where, schema, value in examples:
        rules = {"$ref": schema["$ref"]} if "$ref" in schema else schema
        faults = list(jsonschema.Draft202012Validator({**rules, "components": page["components"]}).iter_errors(value))
        assert not faults, f"{where}: {faults[0].message}"
    assert {where.split()[2] for where, _, _ in examples if where.startswith("post /v1/score ")} >= {"lead", "422", "413", "401"}


def test_every_example_of_a_request_is_answered(client, page):
    for path, method, operation in list_operations(page):
        for name, example in (
            operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("examples", {}).items()
        ):
            response = client.request(method, path, json=example["value"], params=make_query(name))
            assert response.status_code == 200, (path, name, response.text)


def make_query(name):
    """The query that an example needs."""
    return {"crm": name} if name in {"hubspot", "salesforce"} else {}


def test_both_documents_are_valid(client, page):
    OpenAPIV31SpecValidator(page).validate()
    older = client.get("/openapi-3.0.json").json()
    assert older["openapi"] == "3.0.3"
    OpenAPIV30SpecValidator(older).validate()


def find_keywords(node, keywords):
    if isinstance(node, dict):
        for key, value in node.items():
            if key in keywords:
                yield key
            if key not in {"example", "examples", "properties"}:
                yield from find_keywords(value, keywords)
            elif key == "properties":
                for inner in value.values():
                    yield from find_keywords(inner, keywords)
    elif isinstance(node, list):
        for entry in node:
            yield from find_keywords(entry, keywords)


def test_the_older_document_has_no_newer_keyword(client):
    older = client.get("/openapi-3.0.json").json()
    assert not list(find_keywords(older, {"const", "prefixItems", "$defs", "contentMediaType"}))
    assert "'null'" not in str(older)


def test_both_documents_mean_the_same(client, page, lead):
    """Both documents accept a valid answer, and both refuse invalid ones."""
    older, answer = client.get("/openapi-3.0.json").json(), client.post("/v1/score", json=lead).json()
    newer = jsonschema.Draft202012Validator({"$ref": "#/components/schemas/AnswerOut", "components": page["components"]})
    other = OAS30Validator({"$ref": "#/components/schemas/AnswerOut", "components": older["components"]})
    invalid = [
        answer | {"probability": 2}, answer | {"decision": "maybe"}, answer | {"interval": ["low", "high"]},
        answer | {"points": 3}, answer | {"grade": None},
        {name: value for name, value in answer.items() if name != "grade"},
    ]  # fmt: skip
    unknown = answer | {"points": None}
    for validator in (newer, other):
        assert validator.is_valid(answer)
        assert validator.is_valid(unknown)
        assert not any(validator.is_valid(content) for content in invalid)


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ({"anyOf": [{"type": "number", "minimum": 0}, {"type": "null"}]}, {"type": "number", "minimum": 0, "nullable": True}),
        ({"anyOf": [{"$ref": "#/components/schemas/y"}, {"type": "null"}]}, {"type": "object", "nullable": True}),
        (
            {"anyOf": [{"enum": ["a"], "type": "string"}, {"type": "null"}]},
            {"enum": ["a", None], "type": "string", "nullable": True},
        ),
        (
            {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]},
            {"anyOf": [{"type": "string", "nullable": True}, {"type": "number"}]},
        ),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"exclusiveMinimum": 0, "type": "number"}, {"exclusiveMinimum": True, "type": "number", "minimum": 0}),
        ({"const": "live", "type": "string"}, {"type": "string", "enum": ["live"]}),
        (
            {"type": "array", "prefixItems": [{"type": "number"}, {"type": "number"}], "minItems": 2},
            {"type": "array", "minItems": 2, "items": {"type": "number"}},
        ),
        ({"$ref": "#/x", "description": "y"}, {"description": "y", "allOf": [{"$ref": "#/x"}]}),
        ({"properties": {"const": {"const": 1}}}, {"properties": {"const": {"enum": [1]}}}),
        (
            {"properties": {"examples": {"type": "string", "examples": ["a", "b"]}}},
            {"properties": {"examples": {"type": "string", "example": "a"}}},
        ),
    ],
)
def test_each_keyword_is_converted(newer, older):
    assert (
        to_openapi_30({"components": {"schemas": {"x": newer, "y": {"type": "object"}}}})["components"]["schemas"]["x"] == older
    )
