"""Synthetic examples of every request and every error."""

from __future__ import annotations

from typing import Any

from ..http.errors import find_title

_LEAD = {
    "lead_id": "A17",
    "as_of": "2026-03-31T14:05:00Z",
    "attributes": {"industry": "Software", "employees": 250, "country": "Germany", "seniority": "VP", "source": "Webinar"},
    "points": 65,
    "events": [
        {
            "occurred_at": "2026-03-29T16:20:00Z",
            "event_type": "content_download",
            "asset": "Buyer's guide",
            "campaign": "Spring 2026",
        },
        {"occurred_at": "2026-03-30T09:12:00Z", "event_type": "pricing_page_view"},
    ],
}


HUBSPOT = {
    "id": "51",
    "properties": {
        "email": "a.byron@engine.example", "industry": "COMPUTER_SOFTWARE", "numemployees": "420", "country": "Germany",
        "seniority": "vp", "hs_analytics_source": "ORGANIC_SEARCH", "createdate": "2026-06-24T08:12:00.000Z", "jobtitle": None,
    },
}  # fmt: skip
SALESFORCE = {
    "attributes": {"type": "Lead", "url": "/services/data/v62.0/sobjects/Lead/00Q000000000061AAA"},
    "Id": "00Q000000000061AAA", "Company": "Werk Example", "LeadSource": "Webinar", "Industry": "Manufacturing",
    "NumberOfEmployees": 640, "Country": "Germany", "CreatedDate": "2026-06-30T15:40:00.000+0000",
}  # fmt: skip


def _name(summary: str, value: object) -> dict[str, Any]:
    return {"summary": summary, "value": value}


REQUESTS: dict[str, dict[str, Any]] = {
    "score": {
        "lead": _name("A lead", _LEAD),
        "least": _name("A lead with only its id", {"lead_id": "A17"}),
        "hubspot": _name("A HubSpot contact, with crm=hubspot", HUBSPOT),
        "salesforce": _name("A Salesforce lead, with crm=salesforce", SALESFORCE),
    },
    "score_batch": {
        "leads": _name("Two leads", {"leads": [_LEAD, {"lead_id": "A18", "attributes": {"industry": "Retail"}}]}),
        "hubspot": _name("HubSpot contacts, with crm=hubspot", {"results": [HUBSPOT]}),
        "salesforce": _name("Salesforce leads, with crm=salesforce", {"records": [SALESFORCE]}),
    },
    "save_outcomes": {
        "outcomes": _name(
            "Two outcomes",
            {
                "outcomes": [
                    {"lead_id": "A17", "kind": "accepted", "occurred_at": "2026-04-07T10:00:00Z"},
                    {"lead_id": "A18", "kind": "recycled", "occurred_at": "2026-04-09", "reason": "budget"},
                ]
            },
        ),
    },
    "set_threshold": {
        "capacity": _name("Sales can work 50 leads a week", {"policy": "capacity", "leads_per_week": 50}),
        "band": _name("A conversion of 20 to 30 %", {"policy": "band", "band": [0.2, 0.3]}),
    },
    "save_outcome": {
        "accepted": _name(
            "Sales accepted the lead", {"lead_id": "A17", "kind": "accepted", "occurred_at": "2026-04-07T10:00:00Z"}
        ),
        "recycled": _name(
            "Sales sent it back", {"lead_id": "A17", "kind": "recycled", "occurred_at": "2026-04-09", "reason": "timing"}
        ),
        "withdrawn": _name("Taken back", {"lead_id": "A17", "kind": "withdrawn", "withdraws": "accepted"}),
        "opportunity": _name(
            "An opportunity was opened", {"lead_id": "A17", "kind": "opportunity", "occurred_at": "2026-05-02", "amount": 12000}
        ),
    },
}


def _fault(code: str, text: str) -> dict[str, Any]:
    return _name(code, {"error": {"code": code, "text": text}})


def _make_problem(status: int, example: dict[str, Any]) -> dict[str, Any]:
    """The example of an error as problem details."""
    fault = example["value"]["error"]
    problem = {"type": "about:blank", "title": find_title(status), "status": status}
    return {**example, "value": problem | {"detail": fault["text"], "code": fault["code"]} | example["value"]}


_FAULTS: dict[int, dict[str, Any]] = {
    400: {
        "json": _fault(
            "API001",
            "The body is not valid JSON: expected value at line 1 column 1. Send JSON in UTF-8, without NaN and Infinity.",
        ),
    },
    415: {
        "type": _fault("API015", "The body must be JSON. Send it as JSON with Content-Type: application/json."),
    },
    401: {
        "no_key": _fault(
            "API008",
            "A key is needed, but none came. Send a key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'. The server's "
            "operator makes keys with `predictor keys`.",
        ),
    },
    403: {
        "other_scope": _fault(
            "API009",
            "The key 'crm' opens 'score', but this needs 'admin'. Ask the server's operator for another key.",
        ),
    },
    404: {
        "no_outcome": _fault("API003", "There is no outcome with this id. Send the 'outcome_id' of an answer."),
        "no_report": _fault("API005", "Bundle 'lightgbm-20261001T060000Z' has no report. Train again to get one."),
        "no_path": _fault("API003", "DELETE on this path does not exist. See /docs for every path."),
    },
    409: {
        "no_rule": _fault(
            "API014", "No rule was set, so there is none to go back from. The rule of the training decides."
        ),
    },
    408: {
        "slow": _fault(
            "API012", "The request was not complete within 30 seconds. Send it again, in parts if it is large."
        ),
    },
    412: {
        "changed": _fault(
            "API017", "The rule of decision is not the one that you have read. Send GET /v1/threshold again, then decide."
        ),
    },
    413: {
        "large": _fault(
            "API011", "The body must be at most 32 megabytes. Send fewer leads, or fewer events of each, at a time."
        ),
    },
    422: {
        "field": _fault("API002", "'lead_id' must be a text, but a number came. See /docs for every field."),
        "value": _fault("LEAD022", "Attribute 'employees' must be a number, but this text is no number. Send a number."),
    },
    429: {
        "wrong_keys": _fault("API016", "Too many wrong keys came from this address. Wait 60 seconds, and check the key."),
    },
    500: {
        "fault": _fault(
            "API007", "The server failed, not the request. Its log says where; tell the server's operator."
        ),
    },
    503: {
        "no_model": _fault(
            "API004",
            "This server has no model and cannot score. 'models' names no champion, so no model serves. It has no bundle. Train "
            "first: `predictor train`. It serves as soon as there is one.",
        ),
        "no_store": _fault(
            "API006", "The spool of scores and outcomes cannot be used: No space left on device. Then send it again."
        ),
        "no_keys": _fault(
            "API010", "This server cannot read its keys, so it answers nobody. Ask its operator to fix the file of keys."
        ),
    },
}  # fmt: skip
ERRORS = {
    status: {name: _make_problem(status, example) for name, example in examples.items()} for status, examples in _FAULTS.items()
}
