"""Scored leads afterwards: what came of them, whether probabilities came true, and whether leads are still similar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from predictor.core.settings_sections import AgreementSettings
from predictor.data.lead_keys import as_keys
from predictor.scoring.coverage import Coverage
from predictor.scoring.sales_context import find_source_column
from predictor.scoring.scorer import Scorer
from predictor.store.database import Database
from predictor.store.episodes import join_outcomes
from predictor.store.monitor.advice import Advised, Total, advise
from predictor.store.monitor.drift import compute_drift
from predictor.store.monitor.expected import LevelError, choose_pending, compute_expected, estimate_metrics, sum_up
from predictor.store.monitor.funnel import compute_funnel
from predictor.store.monitor.opportunities import add_opportunities, compute_revenue, compute_sources, find_opportunities
from predictor.store.monitor.realised import compute_realised
from predictor.store.monitor.response import compute_agreement, find_contacts
from predictor.store.monitor.unlike import compute_unlike
from predictor.store.monitor.ways import compute_exploration, compute_reasons, compute_ways
from predictor.store.monitor.weeks import compute_promises, compute_weeks, label_mature

_NEWEST = 5000  # scores whose features are compared with those of the training
_NEWEST_KNOWN = 500  # leads whose outcome is known, judged apart where there are twice as many
_SURE = 0.00125  # four questions, each with two ends: without a reason, one look in a hundred advises to act


@dataclass(frozen=True, kw_only=True)
class Monitored:
    """What the store says about a bundle that serves.

    Attributes:
        bundle: Its version.
        until: The moment up to which outcomes are known.
        tables: Name -> table; see `monitor_store`.
        advice: What to do about it.
        band: The wanted conversion of the leads handed over.
        horizon_days: Days within which acceptance counts; None where outcomes have no dates.
    """

    bundle: str
    until: datetime
    tables: dict[str, pd.DataFrame]
    advice: Advised
    band: tuple[float, float]
    horizon_days: float | None


def monitor_store(store: Database, scorer: Scorer, *, now: datetime, agreement: AgreementSettings) -> Monitored:
    """The tables about a bundle's scores, and what they advise.

    Of all models: `funnel`, `weeks`, `sources` (if a feature names the source), `agreement`, `reasons` (of leads sent back) and
    `revenue`. Of the bundle's own scores: `drift` and `unlike` (of the newest ones), `ways` (beside points and challenger), and
    if the bundle has a horizon, `realised`, `promises`, `exploration`, `expected` (of leads whose outcome is not known yet) and
    `expected_metrics`.

    Args:
        store: Scores and outcomes.
        scorer: The bundle that is judged. An outcome at midnight in the timezone of its training means that day.
        now: The moment up to which outcomes are known.
        agreement: What sales and marketing have agreed on.

    Raises:
        StoreError: The database cannot be read.
        ScoringError: A stored feature is not of the type that the bundle needs.
    """
    timezone, band = scorer.settings.data.timezone, scorer.settings.threshold.band
    scores = store.load_served(source=find_source_column(scorer.reference["features"]))
    outcomes = store.load_outcomes(timezone=timezone, scores=scores)
    joined = join_outcomes(scores, outcomes, timezone=timezone)
    contacts = find_contacts(joined, outcomes, timezone=timezone)
    opportunities = find_opportunities(joined, outcomes, timezone=timezone)
    known = outcomes[as_keys(outcomes["lead_id"]).isin(joined["lead_id"]).to_numpy()]
    joined = joined.drop(columns=["lead_id", "scored_at"])  # texts of a million leads, which nothing below needs
    until, horizon, error = pd.Timestamp(now), scorer.metrics["horizon_days"], LevelError.from_metrics(scorer.metrics)
    own = joined[joined["model"] == scorer.version]
    tables = {
        "funnel": compute_funnel(joined),
        "weeks": add_opportunities(
            compute_weeks(joined, horizon_days=horizon, observed_until=until, band=band), joined, opportunities
        ),
        "agreement": compute_agreement(contacts, agreement=agreement, now=until, horizon_days=horizon),
        "reasons": compute_reasons(known),
        "revenue": compute_revenue(opportunities),
    }
    if "source" in joined:
        tables["sources"] = compute_sources(joined, opportunities)
    mature = own.iloc[:0].assign(outcome=0.0)
    if horizon is not None:
        mature = label_mature(own, horizon_days=horizon, observed_until=until)
        episodes, pending = choose_pending(own, horizon_days=horizon, observed_until=until)
        tables["realised"] = compute_realised(own, horizon_days=horizon, observed_until=until)
        tables["promises"] = compute_promises(own, horizon_days=horizon, observed_until=until)
        tables["exploration"] = compute_exploration(mature)
        tables["expected"] = compute_expected(episodes, pending=pending, error=error)
        tables["expected_metrics"] = estimate_metrics(episodes.loc[pending, "probability"].to_numpy(dtype=float), error)
    tables["ways"] = compute_ways(mature)
    tables |= _compare_with_training(store, scorer, scores)
    newest = mature.sort_values("as_of", kind="stable").tail(_NEWEST_KNOWN) if len(mature) >= 2 * _NEWEST_KNOWN else None
    looks = _sum_up(mature, error), None if newest is None else _sum_up(newest, error)
    advice = advise(tables, *looks, relied_on=_list_relied_on(scorer.metrics))
    return Monitored(bundle=scorer.version, until=now, tables=tables, advice=advice, band=band, horizon_days=horizon)


def _compare_with_training(store: Database, scorer: Scorer, scores: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """`drift` of the newest probabilities, and of the features where these were stored; then also `unlike`."""
    reference, probability = scorer.reference, scores.loc[scores["model"] == scorer.version, "probability"].tail(_NEWEST)
    newest = store.load_newest_features(scorer.version, most=_NEWEST)
    if newest.empty or not reference["features"]:
        return {"drift": compute_drift(reference, probability)}
    matrix = scorer.encode_stored(list(zip(newest["features"], newest["as_of"], strict=True)))
    drift = compute_drift(reference, probability, pd.DataFrame(matrix, columns=list(scorer.features.names)))
    described = {feature.name: feature for feature in scorer.features.features}
    drift = drift.assign(**{
        name: [getattr(described[what], name) if what in described else what.capitalize() for what in drift["what"]]
        for name in ("label", "group")
    })  # fmt: skip
    coverage = Coverage(reference.get("coverage"), scorer.features)
    return {"drift": drift, "unlike": compute_unlike(matrix, newest["as_of"], coverage)}


def _list_relied_on(metrics: dict[str, Any]) -> frozenset[str]:
    """The groups of features that the model relies on, as the forward test showed; `Probability` sums up all of them."""
    importance = metrics.get("importance") or ()
    return frozenset({"Probability", *(row["group"] for row in importance if row["rise"] > row["spread"])})


def _sum_up(mature: pd.DataFrame, error: LevelError) -> Total:
    probability, outcome = (mature[name].to_numpy(dtype=float) for name in ("probability", "outcome"))
    return sum_up(probability, outcome, error, tail=_SURE)
