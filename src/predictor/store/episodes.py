"""What became of scored leads: the one rule by which an outcome belongs to a score, and the training rows that it gives."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, count
from predictor.data.lead_keys import as_keys
from predictor.store.outcome_places import number_leads, place_outcomes

ACCEPTING = ("accepted", "opportunity")  # an opportunity is only opened for a lead that sales has accepted
_ORDER = ("as_of", "scored_at", "answer_id")  # of scores; the last two decide between scores of the same moment
_UTC = "datetime64[us, UTC]"


def join_outcomes(scores: pd.DataFrame, outcomes: pd.DataFrame, *, timezone: str) -> pd.DataFrame:
    """The scores with what became of their leads, oldest first. Training, funnel and realised results all use it.

    - An episode begins with a score. It ends where the lead is scored again after sales has sent it back.
    - An outcome belongs to the episode in which it happened: to the scores at or before it; or to the score that it names.
    - An outcome at midnight in the firm's timezone is a date without a time. It means the whole day; see `place_outcomes`.
    - That sales has contacted a lead is no outcome; see `monitor/response.py`.
    - An episode is accepted by its first acceptance. The next ones change nothing.
    - A score of a lead that sales has accepted, and not sent back since, is left out: its outcome was known already. A score that
      an outcome names begins an episode of its own even then.
    - Both lengths of a Salesforce id name one lead; the result has its key, of 15 characters.

    Args:
        scores: `lead_id`, `as_of`, `decision`, `explore`, and any other columns. With `scored_at` and `answer_id` the order of
            rows does not matter even where a lead was scored twice at the same moment.
        outcomes: Those that count, see `settle_outcomes`: `lead_id`, `kind`, `occurred_at`, and where known `episode` (the
            `as_of` of the score that it is about) and `told_at`.
        timezone: The timezone of the firm.

    Returns:
        The columns of `scores`, and: `episode` (a number); `handed_over` (whether sales got the lead by this score);
        `accepted_at` (never before `as_of`; missing where the episode was not accepted); `recycled`.

    >>> day = lambda n, hour=12: pd.Timestamp(f"2026-03-{n:02}T{hour:02}:00Z")
    >>> row = {"decision": "route_to_sales", "explore": False}
    >>> scores = pd.DataFrame([{"lead_id": lead, "as_of": day(n), **row} for lead, n in [("A", 1), ("B", 2), ("A", 8)]])
    >>> outcomes = pd.DataFrame([
    ...     {"lead_id": "A", "kind": "recycled", "occurred_at": day(5)},
    ...     {"lead_id": "B", "kind": "accepted", "occurred_at": day(2, hour=0)},
    ... ])
    >>> joined = join_outcomes(scores, outcomes, timezone="UTC")
    >>> joined["accepted_at"].dt.day.tolist(), joined["recycled"].tolist(), joined["episode"].nunique()
    ([nan, 2.0, nan], [True, False, False], 3)
    """
    order = [name for name in _ORDER if name in scores]
    scores = scores.assign(lead_id=as_keys(scores["lead_id"])).astype({"lead_id": "str", "as_of": _UTC})
    scores = scores.sort_values(order, kind="stable", ignore_index=True)
    outcomes = outcomes.assign(lead_id=as_keys(outcomes["lead_id"]))[outcomes["kind"].ne("contacted")]
    scored, reported = number_leads(scores["lead_id"], outcomes["lead_id"])
    has_outcome = np.isin(scored, reported)  # of the others nothing became: each lead is one episode
    numbered = outcomes.assign(lead=reported).astype({"kind": "str", "occurred_at": _UTC})
    facts = _find_facts(scores.assign(lead=scored)[has_outcome], numbered, timezone)
    episode, recycled, late = -scored, np.zeros(len(scores), dtype=bool), np.zeros(len(scores), dtype=bool)
    episode[has_outcome], recycled[has_outcome], late[has_outcome] = facts["episode"], facts["recycled"], facts["late"]
    accepted_at = facts["accepted_at"].reindex(scores.index)
    joined = scores.assign(
        episode=episode,
        handed_over=scores["explore"].astype(bool) | scores["decision"].eq("route_to_sales"),
        accepted_at=accepted_at.where(~(accepted_at < scores["as_of"]), scores["as_of"]),
        recycled=recycled,
    )
    return joined[~late]


def list_open(scores: pd.DataFrame, outcomes: pd.DataFrame, *, timezone: str) -> pd.DataFrame:
    """The latest score of each open lead, oldest first. Sales has neither accepted nor recycled such a lead since.

    Args:
        scores: As `Database.load_scores` gives them.
        outcomes: As `Database.load_outcomes` gives them.
        timezone: The timezone of the firm.
    """
    ordered = scores.sort_values(list(_ORDER), kind="stable")
    latest = ordered[~as_keys(ordered["lead_id"]).duplicated(keep="last")]
    joined = join_outcomes(scores, outcomes, timezone=timezone)
    is_open = joined.loc[joined["accepted_at"].isna() & ~joined["recycled"].astype(bool), "answer_id"]
    return latest[latest["answer_id"].isin(is_open)]


def _find_facts(scores: pd.DataFrame, outcomes: pd.DataFrame, timezone: str) -> pd.DataFrame:
    """What became of each score of leads with outcomes: `episode`, `accepted_at`, `recycled`, and whether it came too `late`.

    Args:
        scores: Oldest first, with the number `lead`.
        outcomes: Likewise numbered.
        timezone: The timezone of the firm.
    """
    timeline = _make_timeline(scores, outcomes, timezone)
    accepting, recycled = timeline["kind"].isin(ACCEPTING), timeline["kind"].eq("recycled")
    lead, is_score = timeline["lead"], timeline["kind"].eq("score")
    returned = recycled[~accepting].groupby(lead[~accepting]).shift(fill_value=False).reindex(timeline.index, fill_value=False)
    known = accepting.groupby(lead).cumsum() > 0
    again = returned | (_find_named(timeline) & known)
    episode = _follow_names(timeline, (~lead.duplicated() | (is_score & again)).cumsum())
    facts = pd.DataFrame({
        "episode": episode,
        "accepted_at": timeline["occurred_at"].where(accepting).groupby(episode).transform("first"),
        "recycled": recycled.groupby(episode).transform("any"),
        "late": accepting.groupby(episode).cumsum() > 0,
    })  # fmt: skip
    return facts.sort_index().iloc[: len(scores)].set_axis(scores.index)


def _find_named(timeline: pd.DataFrame) -> pd.Series:
    """Whether a row is a score that an outcome names."""
    named = timeline.loc[timeline["about"].notna(), ["lead", "about"]]
    if named.empty:
        return pd.Series(data=False, index=timeline.index)
    places = pd.MultiIndex.from_frame(timeline[["lead", "at"]])
    return pd.Series(places.isin(pd.MultiIndex.from_frame(named)), timeline.index) & timeline["kind"].eq("score")


def _follow_names(timeline: pd.DataFrame, episode: pd.Series) -> pd.Series:
    """The episodes, where an outcome that names a score belongs to the episode of that score."""
    named = timeline[["lead", "about"]].reset_index(names="row").dropna()
    if named.empty:
        return episode
    of_scores = timeline.assign(episode=episode)[timeline["kind"].eq("score")].drop_duplicates(["lead", "at"])
    found = named.merge(of_scores, left_on=["lead", "about"], right_on=["lead", "at"])
    return episode.mask(episode.index.isin(found["row"]), found.set_index("row")["episode"].reindex(episode.index))


def choose_scores(joined: pd.DataFrame) -> pd.DataFrame:
    """The score by which each episode counts: the first that handed the lead to sales, or the first if none did.

    Args:
        joined: Rows of `join_outcomes`: all of them, or those of one model.

    Returns:
        A row an episode, oldest first.
    """
    order = np.argsort(~joined["handed_over"].to_numpy(dtype=bool), kind="stable")
    first = ~pd.Series(joined["episode"].to_numpy()[order]).duplicated().to_numpy()
    return joined.iloc[np.sort(order[first])]


def _make_timeline(scores: pd.DataFrame, outcomes: pd.DataFrame, timezone: str) -> pd.DataFrame:
    """Scores and outcomes lead by lead, in order of time; at the same moment the score is first. Scores are numbered from 0.

    `about` is the `as_of` of the score that an outcome names; missing for all other rows.
    """
    moments = scores["as_of"]
    score_rows = pd.DataFrame({"lead": scores["lead"], "kind": "score", "at": moments, "occurred_at": moments})
    placed = place_outcomes(outcomes, scores, timezone=timezone).assign(lead=outcomes["lead"], kind=outcomes["kind"])
    named = outcomes["episode"].notna() if "episode" in outcomes else pd.Series(data=False, index=outcomes.index)
    outcome_rows = placed.assign(about=placed["anchor"].where(named)).drop(columns=["anchor", "lead_id"])
    timeline = pd.concat([score_rows.astype({"kind": "str"}), outcome_rows], ignore_index=True)
    return timeline.sort_values(["lead", "at"], kind="stable")


@dataclass(frozen=True)
class Episodes:
    """The episodes to train on, and how many are left out.

    Attributes:
        frame: `lead_id`, `mql_at` (the moment of the score), `sql_at`, `sample_weight` (how many leads it counts as) and
            `features`.
        left_out: Reason -> number of episodes, or of scores after acceptance.
    """

    frame: pd.DataFrame
    left_out: Counter[str] = field(default_factory=Counter)

    @property
    def explored(self) -> int:
        """How many were handed over at random."""
        return int((self.frame["sample_weight"] > 1).sum())

    @property
    def held_back(self) -> int:
        """How many the model held back."""
        return self.left_out["held back"] + self.left_out["held back, accepted anyway"]


def compute_episodes(scores: pd.DataFrame, outcomes: pd.DataFrame, *, timezone: str) -> Episodes:
    """The episodes to train on, a row each, oldest first.

    Only leads that sales got are used. A lead that was held back has no honest outcome, even if it was accepted later. A lead
    that was handed over at random counts for the similar leads that were held back, so its weight is 1 / `explore_rate`.

    Args:
        scores: What `Database.load_scores` gives, with features.
        outcomes: What `Database.load_outcomes` gives.
        timezone: The timezone of the firm, see `join_outcomes`.

    >>> day = lambda n: pd.Timestamp(f"2026-03-{n:02}T12:00Z")
    >>> row = {"explore": False, "explore_rate": None, "features": {"size": 1.0}}
    >>> held, routed = {**row, "decision": "nurture"}, {**row, "decision": "route_to_sales"}
    >>> scores = pd.DataFrame([
    ...     {"lead_id": "A", "as_of": day(1), **held}, {"lead_id": "A", "as_of": day(2), **routed},
    ...     {"lead_id": "A", "as_of": day(3), **routed}, {"lead_id": "B", "as_of": day(4), **held},
    ... ])
    >>> outcomes = pd.DataFrame([{"lead_id": "A", "kind": "accepted", "occurred_at": day(9)}])
    >>> episodes = compute_episodes(scores, outcomes, timezone="UTC")
    >>> episodes.frame[["lead_id", "mql_at", "sql_at"]].astype("str").values.tolist()
    [['A', '2026-03-02 12:00:00+00:00', '2026-03-09 12:00:00+00:00']]
    >>> dict(episodes.left_out)
    {'held back': 1}
    """
    joined = join_outcomes(scores, outcomes, timezone=timezone)
    chosen = choose_scores(joined)
    has_features = chosen["features"].map(lambda features: isinstance(features, dict) and bool(features)).astype(bool)
    frame = chosen[chosen["handed_over"] & has_features]
    rate = frame["explore_rate"].astype(float).where(frame["explore"].astype(bool), 1.0)
    held_back = ~chosen["handed_over"]
    accepted = chosen["accepted_at"].notna()
    left_out = {
        "held back": held_back & ~accepted,
        "held back, accepted anyway": held_back & accepted,
        "without features": chosen["handed_over"] & ~has_features,
        "explored without a rate": ~(rate > 0),
    }
    numbers = {reason: int(rows.sum()) for reason, rows in left_out.items()}
    numbers["scored after acceptance"] = len(scores) - len(joined)
    training = pd.DataFrame({
        "lead_id": frame["lead_id"], "mql_at": frame["as_of"], "sql_at": frame["accepted_at"],
        "sample_weight": 1 / rate.where(rate > 0, 1.0), "features": frame["features"],
    })  # fmt: skip
    return Episodes(training.sort_values(["mql_at", "lead_id"], kind="stable", ignore_index=True), +Counter(numbers))


def check_episodes(episodes: Episodes) -> tuple[Finding, ...]:
    """Findings about which episodes are used for training and which are left out, with counts."""
    frame, left_out = episodes.frame, episodes.left_out
    explored = episodes.explored
    weight = frame["sample_weight"][frame["sample_weight"] > 1].sum()
    share = f", {explored:,} of them at random, with a weight of {weight:,.0f} leads" if explored else ""
    what = f"Training uses {count(len(frame), 'episode')} of the store: those that were handed to sales{share}."
    findings = [Finding("STORE001", "tip", what, do="")]
    if held_back := episodes.held_back:
        accepted = left_out["held back, accepted anyway"]
        what = (
            f"The model held back {count(held_back, 'episode')}, which training leaves out ({accepted:,} were accepted anyway)."
        )
        if not explored:
            what += " All figures are of leads that were handed over, more of whom are accepted than of all."
        do = "A lead that is held back has no honest outcome: hand some over at random, or train from the tables of the CRM."
        findings.append(Finding("STORE002", "tip" if explored else "warning", what, do="" if explored else do))
    if without_rate := left_out["explored without a rate"]:
        what = (
            f"{count(without_rate, 'episode')} were handed over at random at a rate that was not stored, and count as one each."
        )
        findings.append(Finding("STORE003", "warning", what, do="Store the rate with the score."))
    if without_features := left_out["without features"]:
        what = (
            f"{count(without_features, 'episode')} were stored without features by an earlier version. Training leaves them out."
        )
        findings.append(Finding("STORE004", "tip", what, do=""))
    if late := left_out["scored after acceptance"]:
        what = f"{count(late, 'score')} came after sales had accepted the lead, and are left out."
        findings.append(Finding("STORE005", "tip", what, do=""))
    return tuple(findings)
