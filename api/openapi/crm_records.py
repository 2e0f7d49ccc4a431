"""CRM records as OpenAPI describes them: those to score, and those to write back."""

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
        "With `crm=hubspot`: a contact as HubSpot's API and workflows send it. `as_of`, `points` and `events` can be added.",
        {"id": {**_TEXT, "minLength": 1, "maxLength": 200, "pattern": "^[0-9A-Za-z_-]+$"}, "properties": _ANY},
        "id",
    ),
    "SalesforceRecord": _describe(
        "With `crm=salesforce`: a lead or contact as Salesforce's API sends it. `as_of`, `points` and `events` can be added.",
        {"Id": {**_TEXT, "minLength": 1, "maxLength": 200, "pattern": "^[0-9A-Za-z_-]+$"}, "attributes": _ANY},
        "Id",
    ),
    "HubSpotRecords": _describe(
        "With `crm=hubspot`: HubSpot contacts. The list can be called `results`, `inputs` or `leads`.",
        {"results": _list("HubSpotRecord", at_most=10_000)},
        "results",
    ),
    "SalesforceRecords": _describe(
        "With `crm=salesforce`: Salesforce leads or contacts. The list can be called `records` or `leads`.",
        {"records": _list("SalesforceRecord", at_most=10_000)},
        "records",
    ),
    "HubSpotProperties": _describe(
        "With `answer=properties`: the answer as HubSpot accepts it. Every value is a text, empty if there is none.",
        {"id": _TEXT, "properties": {"type": "object", "additionalProperties": _TEXT}},
        "id", "properties",
    ),
    "SalesforceFields": _describe(
        "With `answer=properties`: the answer as Salesforce accepts it, in custom fields, null or empty if there is none.",
        {"Id": _TEXT, "attributes": {"type": "object", "properties": {"type": _TEXT}, "required": ["type"]}},
        "Id", "attributes",
    ),
    "HubSpotAction": _describe(
        "With `crm=hubspot`: what a custom workflow action of HubSpot sends.",
        {
            "callbackId": _TEXT, "inputFields": _ANY,
            "object": _describe("The contact.", {"objectId": {"type": "integer"}, "properties": _ANY}, "objectId"),
        },
        "callbackId", "object",
    ),
    "HubSpotOutput": _describe(
        "With `answer=action`: what a custom workflow action of HubSpot takes.",
        {"outputFields": {"type": "object", "additionalProperties": _TEXT}},
        "outputFields",
    ),
    "HubSpotInputs": _describe(
        "With `answer=inputs`: the body of HubSpot's batch update in `inputs`; and in `refused` an error for each other record.",
        {"inputs": _list("HubSpotProperties"), "refused": _list("RefusedOut")},
        "inputs", "refused",
    ),
    "PropertiesOut": _describe(
        "An answer or an error for each record, in the order of the request.",
        {"answers": {"type": "array", "items": {"anyOf": [
            _refer("HubSpotProperties"), _refer("SalesforceFields"), _refer("RefusedOut"),
        ]}}},
        "answers",
    ),
}  # fmt: skip
REQUEST_SCHEMAS = {
    "score": ("LeadIn", "HubSpotRecord", "HubSpotAction", "SalesforceRecord"),
    "score_batch": ("BatchIn", "HubSpotRecords", "SalesforceRecords"),
}
RESPONSE_SCHEMAS = {
    "score": ("AnswerOut", "HubSpotProperties", "SalesforceFields", "HubSpotOutput"),
    "score_batch": ("BatchOut", "PropertiesOut", "HubSpotInputs"),
}


def add_records(operation: dict[str, Any]) -> None:
    """Add CRM records to the description of a path that accepts them."""
    name = operation["operationId"]
    if name in REQUEST_SCHEMAS:
        operation["requestBody"]["content"]["application/json"]["schema"] = {
            "anyOf": [_refer(kind) for kind in REQUEST_SCHEMAS[name]]
        }
        operation["responses"]["200"]["content"]["application/json"]["schema"] = {
            "anyOf": [_refer(kind) for kind in RESPONSE_SCHEMAS[name]]
        }
