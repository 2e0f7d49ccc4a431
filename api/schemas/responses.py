"""Responses that paths declare beside the one that is hoped for."""

from __future__ import annotations

from typing import Any

from .answers import ErrorOut

WRONG: dict[int | str, dict[str, Any]] = {422: {"model": ErrorOut, "description": "The request is wrong; the text says where."}}
NO_LEAD: dict[int | str, dict[str, Any]] = {404: {"model": ErrorOut, "description": "No id can hold a line break."}}
UNREADY: dict[int | str, dict[str, Any]] = {
    503: {"model": ErrorOut, "description": "No model serves, or what came cannot be kept."}
}
ERROR_JSON = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorOut"}}}  # a page else makes its errors pages too
NO_PAGE: dict[int | str, dict[str, Any]] = {
    404: {"content": ERROR_JSON, "description": "This bundle has no report."},
    503: {"content": ERROR_JSON, "description": "No model serves."},
}
METRICS = {"description": "The figures.", "content": {"text/plain": {"schema": {"type": "string"}}}}
