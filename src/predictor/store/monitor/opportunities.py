"""What came after acceptance: opportunities, their amounts by currency, and both by the source of the lead."""

from __future__ import annotations

from typing import Any

import pandas as pd

from predictor.model.metrics.intervals import wilson
from predictor.store.episodes import choose_scores
from predictor.store.monitor.weeks import find_weeks
from predictor.store.outcome_places import place_outcomes

NO_SOURCE, OTHER, NO_CURRENCY = "(none given)", "(other)", "(none given)"
_MOST_SOURCES = 20  # the rarer ones are one row
_COUNTS = ["scored", "handed_over", "accepted", "recycled", "opportunities"]


def find_opportunities(joined: pd.DataFrame, outcomes: pd.DataFrame, *, timezone: str) -> pd.DataFrame:
    """The opportunities of scored leads; those of other leads, or from before the first score, are left out.

    Args:
        joined: What `join_outcomes` gives.
        outcomes: Those that count: `lead_id`, `kind`, `occurred_at`, `amount`, `currency`.
        timezone: The timezone of the firm.

    Returns:
        A row an opportunity: `episode` (of `joined`), `amount`, `currency` (`(none given)` where it was left out).

    >>> at = lambda *days: pd.to_datetime([f"2026-03-{day:02}T12:00" for day in days], utc=True)
    >>> joined = pd.DataFrame({"lead_id": ["A"], "as_of": at(2), "episode": [7]})
    >>> outcomes = pd.DataFrame({"lead_id": ["A", "B"], "kind": "opportunity", "occurred_at": at(5, 5), "amount": [10.0, 20.0]})
    >>> find_opportunities(joined, outcomes.assign(currency=None), timezone="UTC").values.tolist()
    [[7, 10.0, '(none given)']]
    """
    opened = outcomes[outcomes["kind"].eq("opportunity")]
    placed = place_outcomes(opened, joined, timezone=timezone)
    facts = pd.DataFrame({
        "lead_id": placed["lead_id"], "at": placed["anchor"], "amount": opened["amount"],
        "currency": opened["currency"].astype(object).where(opened["currency"].notna(), NO_CURRENCY),
    })  # fmt: skip
    facts = facts[facts["at"].notna()].sort_values("at", kind="stable")
    starts = joined.drop_duplicates("episode")[["lead_id", "as_of", "episode"]]
    starts = starts[starts["lead_id"].isin(facts["lead_id"])]
    if facts.empty or starts.empty:
        return pd.DataFrame({"episode": [], "amount": [], "currency": []})
    facts = facts.astype({"lead_id": starts["lead_id"].dtype, "at": starts["as_of"].dtype})
    found = pd.merge_asof(facts, starts, left_on="at", right_on="as_of", by="lead_id")
    return found.loc[found["episode"].notna(), ["episode", "amount", "currency"]].reset_index(drop=True)


def compute_revenue(opportunities: pd.DataFrame) -> pd.DataFrame:
    """Opportunities of scored leads, and their amounts by currency.

    Args:
        opportunities: What `find_opportunities` gives.

    Returns:
        `currency` (`(none given)` where it was left out), `opportunities`, `with_amount`, `amount` (their sum).

    >>> compute_revenue(pd.DataFrame({"amount": [10.0, None], "currency": "EUR"})).values.tolist()
    [['EUR', 2, 1, 10.0]]
    """
    grouped = opportunities.groupby("currency")["amount"]
    return grouped.agg(opportunities="size", with_amount="count", amount="sum").reset_index()


def compute_sources(joined: pd.DataFrame, opportunities: pd.DataFrame) -> pd.DataFrame:
    """The funnel of each source, week by week, points and model together.

    Args:
        joined: What `join_outcomes` gives, with `source`.
        opportunities: What `find_opportunities` gives.

    Returns:
        A row for each `week` (its Monday, UTC) and `source`, rising: `scored`, `handed_over`, and of those `accepted`, `recycled`
        and `opportunities` (leads with one). Of the sources the 20 with the most leads, and `(other)`.
    """
    episodes = choose_scores(joined)
    source = episodes["source"].astype(object).where(episodes["source"].notna(), NO_SOURCE)
    kept = source.value_counts().index[:_MOST_SOURCES]
    got, accepted = episodes["handed_over"].astype(bool), episodes["accepted_at"].notna()
    table = pd.DataFrame({
        "week": find_weeks(episodes["as_of"]), "source": source.where(source.isin(kept), OTHER), "scored": 1, "handed_over": got,
        "accepted": got & accepted, "recycled": got & episodes["recycled"].astype(bool) & ~accepted,
        "opportunities": got & accepted & episodes["episode"].isin(opportunities["episode"]),
    })  # fmt: skip
    counted = table.groupby(["week", "source"], as_index=False)[_COUNTS].sum()
    return counted.astype(dict.fromkeys(_COUNTS, "int64"))


def add_opportunities(weeks: pd.DataFrame, joined: pd.DataFrame, opportunities: pd.DataFrame) -> pd.DataFrame:
    """What `compute_weeks` gives, with the accepted leads of each week that have an opportunity.

    These are `opportunities`, and `opportunity_share` (of those accepted), which has `_low` and `_high` (Wilson, 95 %).
    """
    episodes = choose_scores(joined)
    accepted = episodes["handed_over"].astype(bool) & episodes["accepted_at"].notna()
    with_one = episodes[accepted & episodes["episode"].isin(opportunities["episode"])]
    counted = find_weeks(with_one["as_of"]).value_counts()
    return _add_share(
        weeks.assign(opportunities=weeks["week"].map(counted).fillna(0).astype("int64")),
        "opportunity_share", "opportunities", "accepted",
    )  # fmt: skip


def sum_sources(sources: pd.DataFrame, *, newest: int = 4) -> pd.DataFrame:
    """The sources over all weeks, those with the most leads first.

    Args:
        sources: What `compute_sources` gives.
        newest: How many weeks are the newest ones, up to the last week of any source.

    Returns:
        `source`, the counts of `compute_sources`, `newest` (leads scored in the newest weeks), `conversion` (accepted of handed
        over) and `opportunity_share` (of accepted), each with `_low` and `_high` (Wilson, 95 %).

    >>> weeks = pd.to_datetime(["2026-01-05", "2026-03-02"])
    >>> counts = {"scored": 10, "handed_over": 5, "accepted": 2, "recycled": 1, "opportunities": 1}
    >>> table = sum_sources(pd.DataFrame({"week": weeks, "source": ["fair", "web"], **counts}))
    >>> table[["source", "scored", "newest", "conversion", "opportunity_share"]].values.tolist()
    [['fair', 10, 0, 0.4, 0.5], ['web', 10, 10, 0.4, 0.5]]
    """
    since = sources["week"].max() - pd.Timedelta(weeks=newest - 1)
    recent = sources["scored"].where(sources["week"] >= since, 0)
    table = sources.assign(newest=recent).groupby("source", as_index=False)[[*_COUNTS, "newest"]].sum()
    table = _add_share(
        _add_share(table, "conversion", "accepted", "handed_over"), "opportunity_share", "opportunities", "accepted"
    )
    return table.sort_values(["scored", "source"], ascending=[False, True], ignore_index=True)


def _add_share(table: pd.DataFrame, name: str, part: str, whole: str) -> pd.DataFrame:
    """The table with a share and its 95 % interval; missing where the whole is 0."""
    low, high = wilson(table[part], table[whole])
    share = (table[part] / table[whole]).where(table[whole] > 0)
    figures: dict[str, Any] = {name: share, f"{name}_low": low, f"{name}_high": high}
    return table.assign(**figures)
