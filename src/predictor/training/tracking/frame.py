"""A table of leads in, a table of answers out: how the registered model reads and answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd

from predictor.core.errors import PredictorError, ScoringError
from predictor.data.accounts import ACCOUNT_NAMES
from predictor.data.parse import ISO_HINT, read_moment, to_moment
from predictor.data.values import Event, to_number
from predictor.features.accounts import ACCOUNT_TIMES, AccountEpisode
from predictor.features.earlier_episodes import Episode
from predictor.scoring.answer import Lead
from predictor.scoring.scorer import SEGMENT_COLUMNS, Scorer

NUMBERS = ("probability", "low", "high", "threshold", "points")
ANSWERS = ("lead_id", "probability", "low", "high", "threshold", "decision", "grade", "points", "points_decision", "warnings")
_EARLIER, _ACCOUNT = "earlier_episodes", "account_episodes"
_FACTS = ("lead_id", "as_of", "mql_at", "events", _EARLIER, _ACCOUNT)


def name_inputs(scorer: Scorer) -> list[str]:
    """What a table may carry beside `lead_id`: `as_of` or `mql_at`, the attributes of the bundle, and lists as JSON."""
    mail = ("email", "email_domain") if "email_domain_kind" in scorer.attributes else ()
    attributes = [*scorer.attributes, *scorer.settings.roles.points, *mail]
    features = scorer.features
    past = [*([_EARLIER] if features.uses_episodes else []), *([_ACCOUNT, *ACCOUNT_NAMES] if features.uses_accounts else [])]
    return list(dict.fromkeys(["as_of", "mql_at", *attributes, "events", *past]))


def name_outputs(scorer: Scorer) -> tuple[str, ...]:
    """The columns of the answers: those of a bundle with segments say which segment and what decided."""
    return ANSWERS if scorer.segments is None else (*ANSWERS, *SEGMENT_COLUMNS)


def tabulate_golden(golden: str, columns: Sequence[str]) -> pd.DataFrame:
    """The synthetic leads of a bundle as a table to score, under those columns; events as JSON.

    >>> line = '{"lead": {"lead_id": "golden-0", "as_of": "2026-01-15", "attributes": {"x": 1.0}, "events": []}}'
    >>> tabulate_golden(line, ["as_of", "x", "y", "events"])
        lead_id       as_of    x     y events
    0  golden-0  2026-01-15  1.0  None     []
    """
    leads = [json.loads(line)["lead"] for line in golden.splitlines()]
    lists = [{name: json.dumps(lead.get(name, [])) for name in ("events", _EARLIER, _ACCOUNT)} for lead in leads]
    rows = [{**lead["attributes"], **lead, **texts} for lead, texts in zip(leads, lists, strict=True)]
    return pd.DataFrame({name: [row.get(name) for row in rows] for name in ["lead_id", *columns]}, dtype=object)


def score_frame(scorer: Scorer, frame: pd.DataFrame, *, now: datetime) -> pd.DataFrame:
    """The answers about a table of leads, one row each, in its order; a row that cannot be scored says why in `warnings`.

    Args:
        scorer: The bundle that answers.
        frame: `lead_id`; `as_of` (a date, in the zone of the settings where it carries none); `events` (JSON, a list of
            events, or nothing), `earlier_episodes` and `account_episodes` (likewise); every other column is an attribute.
        now: The moment that stands where a row has neither `as_of` nor `mql_at`.

    Returns:
        lead_id, probability, low, high, threshold, decision, grade, points, points_decision, warnings; of a bundle with segments
        segment and segment_decides too.
    """
    rows = [_score_row(scorer, row, now) for row in frame.to_dict("records")]
    columns = {name: [row.get(name) for row in rows] for name in name_outputs(scorer)}
    answers = pd.DataFrame(columns, index=frame.index, dtype=object)
    return answers.astype(dict.fromkeys(NUMBERS, "float64"))


def _score_row(scorer: Scorer, row: Mapping[Any, Any], now: datetime) -> dict[str, Any]:
    try:
        answer = scorer.score_lead(read_lead(scorer, row, now), reasons=0)
    except (PredictorError, TypeError, ValueError, OverflowError) as error:
        return {"lead_id": row.get("lead_id"), "warnings": str(error)}
    points = answer.points
    return {
        "lead_id": answer.lead_id,
        "probability": answer.probability,
        "low": answer.interval[0],
        "high": answer.interval[1],
        "threshold": answer.threshold,
        "decision": answer.decision,
        "grade": answer.grade,
        "points": points.total if points is not None and points.total is not None else np.nan,
        "points_decision": points.decision if points is not None else None,
        "warnings": " ".join(str(warning) for warning in answer.warnings),
        "segment": None if answer.segment is None else answer.segment.name,
        "segment_decides": None if answer.segment is None else answer.segment.decides,
    }


def read_lead(scorer: Scorer, row: Mapping[Any, Any], now: datetime) -> Lead:
    """The lead of one row.

    Raises:
        ScoringError: No `lead_id`, `as_of` is no date, or `events` or `earlier_episodes` holds no list of them.
    """
    missing = scorer.features.is_missing
    if missing(row.get("lead_id")):
        raise ScoringError("LEAD001 The row has no lead_id. Send the CRM's key of every lead.")
    named = next((name for name in ("as_of", "mql_at") if not missing(row.get(name))), None)
    as_of = None if named is None else _read_moment(scorer, named, row[named])
    events = () if missing(row.get("events")) else tuple(_read_events(scorer, row["events"]))
    attributes = {str(name): value for name, value in row.items() if name not in _FACTS}
    earlier = () if missing(row.get(_EARLIER)) else tuple(_read_episodes(scorer, row[_EARLIER]))
    others = () if missing(row.get(_ACCOUNT)) else tuple(_read_account_episodes(scorer, row[_ACCOUNT]))
    return Lead(
        lead_id=_name_lead(row["lead_id"]),
        as_of=as_of or now,
        attributes=attributes,
        points=None,
        events=events,
        earlier_episodes=earlier,
        account_episodes=others,
    )


def _name_lead(key: Any) -> str:  # noqa: ANN401  a cell of any table
    """The key as text; pandas makes whole numbers floats where one is missing."""
    return f"{key:.0f}" if isinstance(key, float) and key.is_integer() else str(key)


def _read_events(scorer: Scorer, content: Any) -> Iterable[Event]:  # noqa: ANN401  a cell of any table
    do = 'Send [{"occurred_at": "2026-03-31T14:05:00Z", "event_type": "pricing_page_view"}], or leave it out.'
    for event in _read_list("events", content, do):
        missing = [name for name in ("occurred_at", "event_type") if event.get(name) is None]
        if missing:
            raise ScoringError(f"LEAD025 Each of the events must have {' and '.join(missing)}, but one has not. {do}")
        moment = _read_moment(scorer, "occurred_at", event["occurred_at"])
        if moment is None:
            raise ScoringError(f"LEAD025 Each of the events must have occurred_at, but one has no date. {do}")
        value = scorer.reader.read_field("value", event.get("value"))
        yield Event(
            occurred_at=moment,
            event_type=event["event_type"],
            asset=event.get("asset"),
            campaign=event.get("campaign"),
            value=None if value is None else to_number(value),
        )


def _read_episodes(scorer: Scorer, content: Any) -> Iterable[Episode]:  # noqa: ANN401  a cell of any table
    do = 'Send [{"recycled_at": "2026-03-31T14:05:00Z", "recycle_reason": "timing"}], or leave it out.'
    for episode in _read_list(_EARLIER, content, do):
        moments = {name: _read_moment(scorer, name, episode.get(name)) for name in ("sql_at", "recycled_at")}
        reason = episode.get("recycle_reason")
        yield Episode(**moments, recycle_reason=None if reason is None else str(reason))


def _read_account_episodes(scorer: Scorer, content: Any) -> Iterable[AccountEpisode]:  # noqa: ANN401  a cell of any table
    do = 'Send [{"mql_at": "2026-03-31T14:05:00Z", "sql_at": "2026-04-02"}], or leave it out.'
    for episode in _read_list(_ACCOUNT, content, do):
        moments = {name: _read_moment(scorer, name, episode.get(name)) for name in ACCOUNT_TIMES}
        if (mql_at := moments.pop("mql_at")) is None:
            raise ScoringError(f"LEAD025 Each of the account episodes must have mql_at, but one has not. {do}")
        yield AccountEpisode(mql_at=mql_at, **moments)


def _read_list(name: str, content: Any, do: str) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401  a cell of any table
    """The entries of a list of events or episodes."""
    try:
        entries = json.loads(content) if isinstance(content, str) else content
    except ValueError:
        raise ScoringError(f"LEAD025 '{name}' must be JSON, but cannot be read. {do}") from None
    if not isinstance(entries, (list, tuple, np.ndarray)) or not all(isinstance(entry, Mapping) for entry in entries):
        raise ScoringError(f"LEAD025 '{name}' must be a list of {name.replace('_', ' ')}, but is not. {do}")
    return list(entries)


def _read_moment(scorer: Scorer, name: str, value: Any) -> datetime | None:  # noqa: ANN401
    """The moment of a cell; None where it means 'not known'."""
    plain = scorer.reader.read_field(name, value)
    if plain is None:
        return None
    try:
        moment = read_moment(pd.Timestamp(plain).to_pydatetime() if isinstance(plain, (date, np.datetime64)) else plain)
        if moment is not None:
            return to_moment(moment, scorer.settings.data.timezone).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        pass
    raise ScoringError(f"LEAD003 '{name}' must be a date, but is none. {ISO_HINT}, or leave it out.")
