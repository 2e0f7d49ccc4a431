"""What sales and marketing have agreed on, week by week: was it kept? And the leads that wait for sales now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from predictor.core.settings_sections import AgreementSettings
from predictor.model.metrics.intervals import wilson
from predictor.store.database import Database
from predictor.store.episodes import choose_scores, join_outcomes
from predictor.store.monitor.weeks import fill_weeks, find_weeks
from predictor.store.outcome_history import settle_outcomes
from predictor.store.outcome_places import place_outcomes
from predictor.store.schema import TOUCHING

KEPT, BROKEN, OPEN, NOT_AGREED = "kept", "broken", "open", ""
_SOON = 0.25  # of the agreed hours: a lead with less time left is due soon
_BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
_HOUR_S, _UTC = 3600.0, "datetime64[us, UTC]"
_WEEK = pd.Timedelta(days=7)


def find_contacts(joined: pd.DataFrame, outcomes: pd.DataFrame, *, timezone: str) -> pd.DataFrame:
    """The leads that sales got, and when it first did something about each.

    Args:
        joined: What `join_outcomes` gives.
        outcomes: Those that count: `lead_id`, `kind`, `occurred_at`. A report that the lead was contacted, accepted or sent back
            shows that sales has seen it. A date without a time means that day, and counts from its beginning.
        timezone: The timezone of the firm.

    Returns:
        A row an episode that sales got, oldest first, with the columns of `joined`, `contacted_at` (missing where nothing was
        reported) and `hours` (0 or more).
    """
    episodes = choose_scores(joined)
    episodes = episodes.assign(until=episodes.groupby("lead_id")["as_of"].shift(-1))
    episodes = episodes[episodes["handed_over"].astype(bool)].sort_values("as_of", kind="stable")
    touching = outcomes[outcomes["kind"].isin(TOUCHING)]
    placed = place_outcomes(touching, joined, timezone=timezone)[["lead_id", "occurred_at", "at"]]
    placed = placed.sort_values("at", kind="stable")
    if episodes.empty or placed.empty:
        return episodes.drop(columns="until").assign(contacted_at=pd.Series(pd.NaT, episodes.index, dtype=_UTC), hours=np.nan)
    placed = placed.astype({"lead_id": episodes["lead_id"].dtype, "at": episodes["as_of"].dtype})
    found = pd.merge_asof(episodes, placed, left_on="as_of", right_on="at", by="lead_id", direction="forward")
    too_late = found["at"] >= found["until"]
    contacted_at = found["occurred_at"].mask(too_late)
    hours = (contacted_at - found["as_of"]).dt.total_seconds() / _HOUR_S
    return found.drop(columns=["at", "occurred_at", "until"]).assign(contacted_at=contacted_at, hours=hours.clip(lower=0.0))


def compute_agreement(
    contacts: pd.DataFrame, *, agreement: AgreementSettings, now: pd.Timestamp, horizon_days: float | None = None
) -> pd.DataFrame:
    """Whether the agreement was kept in each week. A week in which sales got no lead has a row too.

    Args:
        contacts: What `find_contacts` gives.
        agreement: What was agreed on.
        now: The moment up to which outcomes are known.
        horizon_days: Days after which a lead that sales has said nothing about counts as not accepted; None for never.

    Returns:
        A row a week, rising: `week` (its Monday, UTC), `handed_over` and `volume`; `on_time`, `late`, `waiting` (not contacted,
        and still in time), `hours` (median until the first contact) and `response`; `accepted`, `conversion` and `acceptance`.
        `volume`, `response` and `acceptance` are `kept`, `broken`, `open` where that can still change, or empty where it was not
        agreed on or there was no lead. A share is broken where its interval (Wilson, 95 %) lies below what was agreed.
    """
    limit = agreement.response_hours
    passed = (now - contacts["as_of"]).dt.total_seconds() / _HOUR_S
    touched = contacts["contacted_at"].notna()
    on_time = touched & (contacts["hours"] <= limit)
    horizon = np.inf if horizon_days is None else 24 * horizon_days
    rows = pd.DataFrame({
        "week": find_weeks(contacts["as_of"]), "handed_over": 1, "on_time": on_time,
        "late": (touched & ~on_time) | (~touched & (passed > limit)), "waiting": ~touched & (passed <= limit),
        "accepted": contacts["accepted_at"].notna(),
        "undecided": contacts["accepted_at"].isna() & ~contacts["recycled"].astype(bool) & (passed <= horizon),
    })  # fmt: skip
    counts = ["handed_over", "on_time", "late", "waiting", "accepted", "undecided"]
    weeks = rows.groupby("week")[counts].sum().astype(dict.fromkeys(counts, "int64"))
    weeks["hours"] = contacts["hours"].groupby(rows["week"]).median()
    weeks = fill_weeks(weeks, counts, last=find_weeks(pd.Series([now])).iloc[0] - _WEEK if agreement.leads_per_week else None)
    weeks["conversion"] = (weeks["accepted"] / weeks["handed_over"]).where(weeks["handed_over"] > 0)
    over = np.array([monday + _WEEK <= now.tz_convert("UTC").tz_localize(None) for monday in weeks.index], dtype=bool)
    _, high = wilson(weeks["accepted"], weeks["handed_over"])
    missed, wanted = weeks["handed_over"] < agreement.leads_per_week, high < agreement.acceptance
    weeks["volume"] = _judge(bool(agreement.leads_per_week), broken=missed & over, pending=missed & ~over)
    none, undecided = weeks["handed_over"] == 0, weeks.pop("undecided") > 0
    response = _judge(bool(limit), broken=weeks["late"] > 0, pending=weeks["waiting"] > 0)
    acceptance = _judge(bool(agreement.acceptance), broken=wanted & ~undecided, pending=undecided)
    weeks["response"], weeks["acceptance"] = (np.where(none, NOT_AGREED, judged) for judged in (response, acceptance))
    return weeks.reset_index()


def list_waiting(contacts: pd.DataFrame, joined: pd.DataFrame, *, agreement: AgreementSettings, now: datetime) -> pd.DataFrame:
    """The leads that sales got and has not touched, those worth most first: by probability x amount where amounts are known.

    Args:
        contacts: What `find_contacts` gives.
        joined: What `join_outcomes` gives, with `probability` and `grade`, and `amount` where the settings name one.
        agreement: What was agreed on.
        now: The moment of the list.

    Returns:
        `lead_id`, `probability`, `grade` and `amount` of its newest score; `value` (probability x amount; a lead without one
        counts with the median of the others, missing where none has one), `handed_over_at`, `waiting_hours`, `due_at` and
        `hours_left` (below 0 where it is late; both missing where no time was agreed on), `due_soon` (less than a quarter of
        the agreed time is left) and `overdue`.
    """
    latest = joined.drop_duplicates("episode", keep="last").set_index("episode")
    waiting = contacts[contacts["contacted_at"].isna()].set_index("episode")
    newest = latest.reindex(waiting.index)
    amount = newest["amount"] if "amount" in newest else pd.Series(np.nan, waiting.index)
    hours = (pd.Timestamp(now) - waiting["as_of"]).dt.total_seconds() / _HOUR_S
    agreed = agreement.response_hours if agreement.response_hours > 0 else np.nan
    left = agreed - hours
    table = pd.DataFrame({
        "lead_id": waiting["lead_id"], "probability": newest["probability"], "grade": newest["grade"], "amount": amount,
        "value": newest["probability"] * amount.fillna(amount.median()), "handed_over_at": waiting["as_of"],
        "waiting_hours": hours, "due_at": waiting["as_of"] + pd.to_timedelta(pd.Series(agreed, waiting.index), unit="h"),
        "hours_left": left, "due_soon": (left >= 0) & (left < _SOON * agreed), "overdue": left < 0,
    })  # fmt: skip
    order = ["value", "probability", "handed_over_at", "lead_id"]
    return table.sort_values(order, ascending=[False, False, True, True], ignore_index=True)


def list_queue(
    database: Database, *, timezone: str, agreement: AgreementSettings, now: datetime, horizon_days: float | None = None
) -> pd.DataFrame:
    """The leads of a store that wait for sales; see `list_waiting`.

    Args:
        database: Scores and outcomes.
        timezone: The timezone of the firm.
        agreement: What was agreed on.
        now: The moment of the list.
        horizon_days: Days after which a lead that sales has said nothing about counts as not accepted, and waits no more; None
            for never.

    Raises:
        StoreError: The database cannot be read.
    """
    since = _BEGINNING if horizon_days is None else now - timedelta(days=horizon_days)
    history = database.read_leads(database.list_untouched(since), features=bool(agreement.amount_column))
    scores = history.scores
    if agreement.amount_column:
        scores = scores.assign(amount=[_read_amount(features, agreement.amount_column) for features in scores["features"]])
    outcomes = settle_outcomes(history.reports, scores, timezone=timezone)
    joined = join_outcomes(scores, outcomes, timezone=timezone)
    contacts = find_contacts(joined, outcomes, timezone=timezone)
    return list_waiting(contacts[contacts["as_of"] >= since], joined, agreement=agreement, now=now)


def _read_amount(features: object, name: str) -> float:
    """What a lead may bring; NaN where that is not known, or no amount."""
    value = features.get(name) if isinstance(features, dict) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 else np.nan


def _judge(agreed: bool, *, broken: pd.Series | np.ndarray, pending: pd.Series | np.ndarray) -> np.ndarray:
    return np.select([~np.full(len(broken), agreed), broken, pending], [NOT_AGREED, BROKEN, OPEN], KEPT)
