"""The records of a CRM and what is written back into them, as OpenAPI describes them."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_ANY = {"type": "object", "additionalProperties": True}


def _describe(description: str, properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object", "description": description, "properties": properties, "required": list(required),
        "additionalProperties": True,
    }  # fmt: skip


def _refer(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(name: str, *, at_most: int | None = None) -> dict[str, Any]:
    return {"type": "array", "items": _refer(name)} | ({} if at_most is None else {"maxItems": at_most})


SCHEMAS: dict[str, Any] = {
    "HubSpotRecord": _describe(
        "A contact as HubSpot's API and workflows give it, with `crm=hubspot`; `as_of`, `points` and `events` may stand beside.",
        {"id": {**_TEXT, "minLength": 1, "maxLength": 200, "pattern": "^[0-9A-Za-z_-]+$"}, "properties": _ANY},
        "id",
    ),
    "SalesforceRecord": _describe(
        "A lead or contact as Salesforce's API gives it, with `crm=salesforce`; `as_of`, `points` and `events` may stand beside.",
        {"Id": {**_TEXT, "minLength": 1, "maxLength": 200, "pattern": "^[0-9A-Za-z_-]+$"}, "attributes": _ANY},
        "Id",
    ),
    "HubSpotRecords": _describe(
        "Contacts of HubSpot, with `crm=hubspot`; `inputs` and `leads` are taken as well as `results`.",
        {"results": _list("HubSpotRecord", at_most=10_000)},
        "results",
    ),
    "SalesforceRecords": _describe(
        "Records of Salesforce, with `crm=salesforce`; `leads` is taken as well as `records`.",
        {"records": _list("SalesforceRecord", at_most=10_000)},
        "records",
    ),
    "HubSpotProperties": _describe(
        "The answer as HubSpot takes it back, with `answer=properties`: every value a text, empty where there is none.",
        {"id": _TEXT, "properties": {"type": "object", "additionalProperties": _TEXT}},
        "id", "properties",
    ),
    "SalesforceFields": _describe(
        "The answer as Salesforce takes it back, with `answer=properties`: custom fields, null or empty where there is none.",
        {"Id": _TEXT, "attributes": {"type": "object", "properties": {"type": _TEXT}, "required": ["type"]}},
        "Id", "attributes",
    ),
    "PropertiesOut": _describe(
        "One answer or one error for each record, in the order they came.",
        {"answers": {"type": "array", "items": {"anyOf": [
            _refer("HubSpotProperties"), _refer("SalesforceFields"), _refer("RefusedOut"),
        ]}}},
        "answers",
    ),
}  # fmt: skip
TAKEN = {
    "score": ("LeadIn", "HubSpotRecord", "SalesforceRecord"),
    "score_batch": ("BatchIn", "HubSpotRecords", "SalesforceRecords"),
}
GIVEN = {
    "score": ("AnswerOut", "HubSpotProperties", "SalesforceFields"),
    "score_batch": ("BatchOut", "PropertiesOut"),
}


def add_records(operation: dict[str, Any]) -> None:
    """Let the description of a path say that records come and go too, where they do."""
    name = operation["operationId"]
    if name in TAKEN:
        operation["requestBody"]["content"]["application/json"]["schema"] = {"anyOf": [_refer(kind) for kind in TAKEN[name]]}
        operation["responses"]["200"]["content"]["application/json"]["schema"] = {"anyOf": [_refer(kind) for kind in GIVEN[name]]}
