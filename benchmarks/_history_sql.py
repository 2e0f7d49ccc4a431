"""The features of `history.py` as an expert writes them by hand in DuckDB's SQL for these very data, which are plain ASCII."""

from __future__ import annotations

TYPES = ("page_view", "pricing_page_view", "email_click")
WINDOWS = (7, 30, 90)

_WEEK = "ORDER BY at_us RANGE BETWEEN 604800000000 PRECEDING AND CURRENT ROW"
_KINDS = """
    count(*) FILTER ({asked} AND age <= 604800000000),
    count(*) FILTER ({asked} AND age <= 2592000000000),
    count(*) FILTER ({asked} AND age <= 7776000000000),
    count(*) FILTER ({asked}),
    min(age) FILTER ({asked}) / 86400e6,
    max(age) FILTER ({asked}) / 86400e6,
    count(DISTINCT date) FILTER ({asked}),
    count(DISTINCT asset) FILTER ({asked}),
    coalesce(max({week}) FILTER ({asked}), 0),
    count(*) FILTER ({asked} AND age <= 604800000000) / 7
        - count(*) FILTER ({asked} AND age > 604800000000 AND age <= 2592000000000) / 23,
    coalesce(sum(value) FILTER ({asked}), 0),
    max(value) FILTER ({asked}),"""
_FIRST = """
    min({'at': at_us, 'text': campaign}) FILTER (campaign IS NOT NULL).text,
    min({'at': at_us, 'text': kind}).text,"""


def write_sql(events: str) -> str:
    """One statement: a row of the table `leads`, then the features of `list_event_features(TYPES, WINDOWS)` in their order.

    Args:
        events: The Parquet files.
    """
    features = _KINDS.format(asked="TRUE", week="week_any") + _FIRST
    features += "".join(_KINDS.format(asked=f"kind = '{kind}'", week="week_kind") for kind in TYPES)
    return f"""
WITH events AS (
    SELECT DISTINCT lead_id, at_us, nullif(lower(trim(event_type)), '') AS kind, nullif(lower(trim(asset)), '') AS asset,
        nullif(lower(trim(campaign)), '') AS campaign, CASE WHEN isfinite(value) THEN value END AS value
    FROM '{events}'
), marked AS (
    SELECT *, at_us // 86400000000 AS date,
        count(*) OVER (PARTITION BY lead_id, kind {_WEEK}) AS week_kind,
        count(*) OVER (PARTITION BY lead_id {_WEEK}) AS week_any
    FROM events WHERE kind IS NOT NULL
), seen AS (
    SELECT leads.row, marked.*, as_of_us - at_us AS age
    FROM leads JOIN marked ON leads.lead_id = marked.lead_id AND at_us <= as_of_us
)
SELECT row, {features}
FROM seen GROUP BY row"""  # noqa: S608  the events are a file of this benchmark
