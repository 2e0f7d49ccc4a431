"""What HubSpot itself sends: the body of a custom workflow action, and the changes that its webhooks report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_STAGES = {  # lifecycle stage -> the property that holds the date of its beginning
    "salesqualifiedlead": "hs_lifecyclestage_salesqualifiedlead_date",
    "opportunity": "hs_lifecyclestage_opportunity_date",
}


def open_action(content: object) -> object:
    """The record in the body of a custom workflow action, with its input fields among the properties; anything else as it is.

    >>> open_action({"callbackId": "ap-1", "object": {"objectId": 51, "properties": {"industry": "RETAIL"}},
    ...     "inputFields": {"numemployees": "420"}})
    {'id': 51, 'properties': {'industry': 'RETAIL', 'numemployees': '420'}}
    """
    if not isinstance(content, Mapping) or "callbackId" not in content:
        return content
    found = content.get("object")
    if not isinstance(found, Mapping):
        return content
    parts = (found.get("properties"), content.get("inputFields") or content.get("fields"))
    properties = {name: value for part in parts if isinstance(part, Mapping) for name, value in part.items()}
    return {"id": found.get("objectId"), "properties": properties}


def open_change(record: object) -> object:
    """The record in a change that a webhook reports, dated by the change; anything else as it is.

    >>> open_change({"objectId": 51, "subscriptionType": "contact.propertyChange", "propertyName": "lifecyclestage",
    ...     "propertyValue": "salesqualifiedlead", "occurredAt": 1782834000000})
    {'id': 51, 'properties': {'hs_lifecyclestage_salesqualifiedlead_date': 1782834000000}}
    """
    if not isinstance(record, Mapping) or "propertyName" not in record or "properties" in record:
        return record
    name, value, moment = (record.get(key) for key in ("propertyName", "propertyValue", "occurredAt"))
    properties: dict[str, Any] = {str(name): value}
    if name == "lifecyclestage":
        properties = {_STAGES[value]: moment} if isinstance(value, str) and value in _STAGES else {}
    return {"id": record.get("objectId"), "properties": properties}
