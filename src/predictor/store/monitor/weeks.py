"""Week by week: what sales got and what became of it, and what was promised beside what came true."""

from __future__ import annotations

import numpy as np
import pandas as pd

from predictor.model.label import compute_outcomes
from predictor.model.metrics.intervals import wilson
from predictor.store.episodes import choose_scores

Band = tuple[float, float]
_DAY_S = 86_400.0


def compute_weeks(joined: pd.DataFrame, *, horizon_days: float | None, observed_until: pd.Timestamp, band: Band) -> pd.DataFrame:
    """What sales got in each week, by points or model, and what became of it.

    An episode counts once, in the week of the score that `choose_scores` gives. A week without a score has a row too.

    Args:
        joined: What `join_outcomes` gives.
        horizon_days: Days within which acceptance counts; None where that is not limited, and no week is ever complete.
        observed_until: The moment up to which outcomes are known.
        band: The wanted conversion of the leads handed over.

    Returns:
        A row a week, rising: `week` (its Monday, UTC), `scored`, `handed_over`, `accepted`, `recycled` and `open` (of those
        handed over), `conversion` with `conversion_low` and `conversion_high` (Wilson, 95 %), `days_to_sql` (median) and
        `days_to_sql_90` (90 % took no longer), `verdict`: `too loose`, `in band` or `too tight`, where the interval leaves the
        band out, `open` where the outcome of a lead is not known yet, or `` where sales got none.

    >>> from predictor.store.episodes import join_outcomes
    >>> at = lambda *days: pd.to_datetime([f"2026-03-{day:02}T12:00" for day in days], utc=True)
    >>> scores = pd.DataFrame({"lead_id": ["A", "B", "C"], "as_of": at(2, 2, 9), "decision": "route_to_sales", "explore": False})
    >>> outcomes = pd.DataFrame({"lead_id": ["A"], "kind": ["accepted"], "occurred_at": at(5)})
    >>> joined = join_outcomes(scores, outcomes, timezone="UTC")
    >>> weeks = compute_weeks(joined, horizon_days=5, observed_until=at(10)[0], band=(0.2, 0.3))
    >>> weeks[["handed_over", "accepted", "days_to_sql", "verdict"]]
       handed_over  accepted  days_to_sql  verdict
    0            2         1          3.0  in band
    1            1         0          NaN     open
    """
    episodes = choose_scores(joined)
    got, accepted = episodes["handed_over"].astype(bool), episodes["accepted_at"].notna()
    recycled = episodes["recycled"].astype(bool) & ~accepted
    table = pd.DataFrame({
        "week": find_weeks(episodes["as_of"]), "scored": 1, "handed_over": got, "accepted": got & accepted,
        "recycled": got & recycled, "open": got & ~accepted & ~recycled,
        "known": _find_known(episodes, horizon_days, observed_until),
    })  # fmt: skip
    counts = ["scored", "handed_over", "accepted", "recycled", "open"]
    weeks = table.groupby("week")[counts].sum().astype(dict.fromkeys(counts, "int64"))
    taken = (episodes["accepted_at"] - episodes["as_of"])[got].dt.total_seconds() / _DAY_S
    taken_by_week = taken.groupby(table["week"])
    low, high = wilson(weeks["accepted"], weeks["handed_over"])
    share = (weeks["accepted"] / weeks["handed_over"]).where(weeks["handed_over"] > 0)
    weeks = weeks.assign(
        conversion=share, conversion_low=low, conversion_high=high,
        days_to_sql=taken_by_week.median(), days_to_sql_90=taken_by_week.quantile(0.9),
    )  # fmt: skip
    complete = table["known"].where(got, other=True).groupby(table["week"]).all()
    return fill_weeks(weeks.assign(verdict=_judge(weeks, complete, band)), counts).reset_index()


def compute_promises(joined: pd.DataFrame, *, horizon_days: float, observed_until: pd.Timestamp) -> pd.DataFrame:
    """The mean probability of each week's leads beside the share that was accepted, whoever got them; mature leads only.

    Args:
        joined: What `join_outcomes` gives, with `probability`. Take the rows of one model to judge it.
        horizon_days: Days after `as_of` within which acceptance counts; > 0.
        observed_until: The moment up to which outcomes are known.

    Returns:
        A row a week, rising: `week`, `leads`, `promised`, `realised`, `realised_low` and `realised_high` (Wilson, 95 %), and
        `verdict`: `as promised`, or `less` or `more` where the promise lies outside. Empty where no score is mature.
    """
    mature = label_mature(joined, horizon_days=horizon_days, observed_until=observed_until)
    grouped = mature.groupby(find_weeks(mature["as_of"]).rename("week"))
    weeks = grouped.agg(leads=("outcome", "size"), promised=("probability", "mean"), accepted=("outcome", "sum")).reset_index()
    low, high = wilson(weeks["accepted"], weeks["leads"])
    realised = weeks.pop("accepted") / weeks["leads"]
    weeks = weeks.assign(realised=realised, realised_low=low, realised_high=high)
    return weeks.assign(verdict=judge_promises(weeks))


def judge_promises(table: pd.DataFrame) -> np.ndarray:
    """Whether what came is what was promised, a word a row: `as promised`, or `less` or `more` beyond chance.

    Args:
        table: `promised`, `realised_low` and `realised_high`.
    """
    less, more = table["realised_high"] < table["promised"], table["realised_low"] > table["promised"]
    return np.select([less, more], ["less", "more"], "as promised")


def label_mature(joined: pd.DataFrame, *, horizon_days: float, observed_until: pd.Timestamp) -> pd.DataFrame:
    """The episodes whose outcome is known, by the score that `choose_scores` gives, with `outcome` (1.0 or 0.0)."""
    episodes = choose_scores(joined)
    labels = _label(episodes, horizon_days, observed_until)
    return episodes.assign(outcome=labels["outcome"])[labels["mature"]]


def find_weeks(moments: pd.Series) -> pd.Series:
    """The Monday of each moment's week, UTC, without a timezone."""
    days = moments.dt.tz_convert("UTC").dt.tz_localize(None).dt.normalize()
    mondays: pd.Series = days - pd.to_timedelta(days.dt.day_of_week, unit="D")
    return mondays


def fill_weeks(weeks: pd.DataFrame, counts: list[str], *, last: pd.Timestamp | None = None) -> pd.DataFrame:
    """A row for each week from the first on, also for those in which there was nothing.

    Args:
        weeks: A row a Monday, which is the index.
        counts: Columns that are 0 in a week without anything; texts are empty there, and other figures missing.
        last: The last Monday; None for that of the table.

    >>> weeks = pd.DataFrame({"scored": [3, 4], "verdict": "open"}, index=pd.to_datetime(["2026-03-02", "2026-03-16"]))
    >>> fill_weeks(weeks, ["scored"])["scored"].tolist()
    [3, 0, 4]
    """
    if weeks.empty:
        return weeks
    end = weeks.index.max() if last is None else max(last, weeks.index.max())
    every = pd.date_range(weeks.index.min(), end, freq="7D", name=weeks.index.name).astype(weeks.index.dtype)
    texts = [str(name) for name in weeks if name not in counts and not pd.api.types.is_numeric_dtype(weeks[name])]
    filled = weeks.reindex(every).fillna(dict.fromkeys(counts, 0) | dict.fromkeys(texts, ""))
    return filled.astype({name: weeks[name].dtype for name in counts})


def _find_known(episodes: pd.DataFrame, horizon_days: float | None, observed_until: pd.Timestamp) -> pd.Series:
    """Whether the outcome of an episode cannot change any more."""
    if horizon_days is None:
        return pd.Series(data=False, index=episodes.index)
    return _label(episodes, horizon_days, observed_until)["mature"]


def _label(episodes: pd.DataFrame, horizon_days: float, observed_until: pd.Timestamp) -> pd.DataFrame:
    moments = episodes.rename(columns={"as_of": "mql_at", "accepted_at": "sql_at"})
    return compute_outcomes(moments, horizon_days=horizon_days, observed_until=observed_until)


def _judge(weeks: pd.DataFrame, complete: pd.Series, band: Band) -> np.ndarray:
    """Where a week's conversion lies beside the band."""
    none, pending = weeks["handed_over"].eq(0), ~complete.reindex(weeks.index)
    loose, tight = weeks["conversion_high"] < band[0], weeks["conversion_low"] > band[1]
    return np.select([none, pending, loose, tight], ["", "open", "too loose", "too tight"], "in band")
