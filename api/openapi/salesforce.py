"""The serving model as an OpenAPI 3.0 document for Salesforce's External Services: each field has a name and a type.

Names are valid in Apex, and descriptions shorter than its limit, as the schema requirements of External Services have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from predictor.core.cell_formats import SET_FORMATS, YES_NO_FORMATS
from predictor.core.errors import list_names
from predictor.data.crm.field_maps import normal_name, read_map
from predictor.scoring.scorer import Scorer
from predictor.store.schema import OutcomeKind

_LONGEST = 1000  # characters of a description; External Services takes 1,333
_NAME = re.compile(r"[A-Za-z]\w{0,79}", re.ASCII)
_TEXT, _NUMBER, _FLAG, _MOMENT = (
    {"type": "string"}, {"type": "number", "format": "double"}, {"type": "boolean"}, {"type": "string", "format": "date-time"},
)  # fmt: skip
_ANSWER = {
    "probability": (_NUMBER, "The probability that sales accepts the lead, from 0 to 1."),
    "low": (_NUMBER, "The lower end of the interval of the probability."),
    "high": (_NUMBER, "The upper end of the interval of the probability."),
    "threshold": (_NUMBER, "The probability from which a lead goes to sales."),
    "decision": (_TEXT, "route_to_sales or nurture."),
    "explore": (_FLAG, "True if the lead goes to sales at random, although it is below the threshold."),
    "grade": (_TEXT, "A, B, C or D."),
    "fit_grade": (_TEXT, "A, B or C: what the attributes of the lead add; null if that is not known."),
    "engagement_grade": (_TEXT, "1 to 4, 1 the highest: what its events add; null if the model looks at none."),
    "points": (_NUMBER, "The points of the rule book or of the CRM; null if there are none."),
    "points_decision": (_TEXT, "The decision by the points; null if there is no gate."),
    "reasons": (_TEXT, "The strongest reasons, a line each."),
    "activities": (_TEXT, "What the lead read or attended, newest first, a line each."),
    "warnings": (_TEXT, "What was not used or not understood, a line each."),
    "model": (_TEXT, "The version of the model."),
    "scored_at": (_MOMENT, "When the lead was scored."),
}


def make_salesforce_document(scorer: Scorer, *, version: str, server: str) -> dict[str, Any]:
    """The document about scoring one lead and reporting an outcome.

    Args:
        scorer: The model whose fields it describes.
        version: Of this program.
        server: The URL of the server, which the Named Credential replaces.
    """
    left_out = list_names(name for name in _list_attributes(scorer) if _name_field(name) is None)
    text = f"Lead scoring by the model {scorer.version}. Fetch this document again when another model uses other fields."
    if left_out:
        text += f" Left out, because Apex has no such names: {left_out}."
    return {
        "openapi": "3.0.3",
        "info": {"title": "Lead conversion predictor", "version": version, "description": text[:_LONGEST]},
        "servers": [{"url": server}],
        "paths": {
            "/v1/score": {"post": _describe_score()},
            "/v1/outcomes": {"post": _describe_outcomes()},
        },
        "components": {
            "schemas": {
                "Lead": _describe_lead(scorer), "RecordType": _make_object({"type": _TEXT}), "Event": _describe_event(),
                "Score": _describe_answer(), "Outcome": _describe_outcome(), "SavedOutcome": _make_object({
                    "outcome_id": _TEXT | {"description": "Identifies the outcome."},
                    "kind": _TEXT, "repeated": _FLAG | {"description": "True if the same was known already."},
                }),
            },
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"bearer": []}],
    }  # fmt: skip


def _describe_score() -> dict[str, Any]:
    queries = {"crm": "salesforce", "answer": "properties"}
    parameters = [
        {"name": name, "in": "query", "required": True, "schema": {"type": "string", "enum": [value], "default": value},
         "description": f"Always {value}."}
        for name, value in queries.items()
    ]  # fmt: skip
    return {
        "operationId": "scoreLead", "summary": "Score one lead", "parameters": parameters,
        "description": "The probability that sales accepts the lead, and what to do with it, as fields to save in the lead.",
        "requestBody": _make_body("Lead"), "responses": _make_responses("Score"),
    }  # fmt: skip


def _describe_outcomes() -> dict[str, Any]:
    return {
        "operationId": "saveOutcome", "summary": "Report what became of a lead",
        "description": "Send this when sales has accepted a lead, sent it back, or opened an opportunity.",
        "requestBody": _make_body("Outcome"), "responses": _make_responses("SavedOutcome"),
    }  # fmt: skip


def _make_body(name: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": _refer(name)}}}


def _make_responses(name: str) -> dict[str, Any]:
    content = {"application/json": {"schema": _refer(name)}}
    return {
        "200": {"description": "The answer.", "content": content},
        "default": {"description": "Problem details (RFC 9457): detail says what is wrong and what to do."},
    }


def _refer(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _make_object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties} | ({"required": list(required)} if required else {})


def _list_attributes(scorer: Scorer) -> list[str]:
    """What the model reads of a lead: attributes and points of the CRM."""
    used = [feature.attribute for feature in scorer.features.features if feature.attribute is not None]
    conditions = (rule.condition for rule in scorer.book.rules) if scorer.book is not None else ()
    of_rules = [getattr(condition, "attribute", None) for condition in conditions]
    return [name for name in dict.fromkeys([*used, *of_rules, *scorer.reader.points]) if name]


def _name_field(name: str) -> str | None:
    """The name of an attribute as a field of Salesforce; None if Apex cannot have such a name."""
    if name in {"email_domain", "email_domain_kind"}:
        return "Email"
    known = read_map("salesforce").fields.get(normal_name(name))
    field = known.names[0] if known is not None else re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
    is_same = known is not None or normal_name(field) == normal_name(name)
    return field if is_same and _NAME.fullmatch(field) else None


def _describe_lead(scorer: Scorer) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "Id": _TEXT | {"description": "The id of the lead or contact, with 15 or 18 characters."},
        "attributes": _refer("RecordType"),
        "as_of": _MOMENT | {"description": "The moment that the score is for; now if it is left out."},
    }
    for name, schema in _list_fields(scorer):
        properties.setdefault(name, schema)
    if scorer.features.event_features or scorer.book is not None:
        properties["events"] = {"type": "array", "items": _refer("Event"), "description": "What the lead did, in any order."}
    return _make_object(properties, "Id")


def _list_fields(scorer: Scorer) -> Iterator[tuple[str, dict[str, Any]]]:
    features = {feature.name: feature for feature in scorer.features.features}
    formats = scorer.features.attribute_formats
    for name in _list_attributes(scorer):
        field, feature, column_format = _name_field(name), features.get(name), formats.get(name)
        if field is None:
            continue
        kind = _TEXT
        if column_format in YES_NO_FORMATS:
            kind = _FLAG
        elif name in scorer.reader.points or (feature is not None and feature.kind == "number"):
            kind = _NUMBER
        elif feature is not None and feature.kind == "days_since":
            kind = _MOMENT
        text = f"{feature.label if feature is not None else name}; several values are separated by semicolons."
        text = text if column_format in SET_FORMATS else text.partition(";")[0]
        yield field, {**kind, "nullable": True, "description": text[:_LONGEST]}


def _describe_event() -> dict[str, Any]:
    return _make_object(
        {
            "occurred_at": _MOMENT | {"description": "When it happened."},
            "event_type": _TEXT | {"description": "What happened, as webinar_attended."},
            "asset": _TEXT | {"description": "The page, paper, webinar or form."},
            "campaign": _TEXT | {"description": "The campaign that led to it."},
            "value": _NUMBER | {"description": "A number that belongs to it."},
        },
        "occurred_at", "event_type",
    )  # fmt: skip


def _describe_answer() -> dict[str, Any]:
    names = read_map("salesforce").answer
    fields = {
        names[key]: {**kind, "nullable": True, "description": text} for key, (kind, text) in _ANSWER.items()
    }  # fmt: skip
    return _make_object({"Id": _TEXT, "attributes": _refer("RecordType"), **fields}, "Id")


def _describe_outcome() -> dict[str, Any]:
    return _make_object(
        {
            "lead_id": _TEXT | {"description": "The id of the lead, as it was scored."},
            "kind": _TEXT | {"enum": list(get_args(OutcomeKind))},
            "occurred_at": _MOMENT | {"description": "When it happened."},
            "reason": _TEXT | {"description": "Why sales sent it back."},
            "amount": _NUMBER | {"description": "The amount of an opportunity."},
            "currency": _TEXT | {"description": "Its currency, as EUR."},
        },
        "lead_id", "kind",
    )  # fmt: skip
