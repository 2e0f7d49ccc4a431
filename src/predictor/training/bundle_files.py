"""What training found, as the files of a bundle: text and JSON, and no row of a lead."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from predictor.core.settings import Settings
from predictor.data.sets import join_members
from predictor.features.feature import Feature
from predictor.model.calibrated_model import CalibratedModel
from predictor.model.conversion_by_value import compute_conversion_by_value
from predictor.model.fit_engagement import fit_side_grades
from predictor.model.sample import Sample
from predictor.model.threshold.recommend import Recommendation
from predictor.model.threshold.table import export_thresholds
from predictor.model.verdict import Verdict
from predictor.points.rule import EventCondition
from predictor.points.rulebook import RuleBook
from predictor.scoring.bundle.files import Bundle
from predictor.scoring.golden import read_golden_lead
from predictor.scoring.scorer import Scorer

_GOLDEN_ROWS = 8
_GOLDEN_MOMENT = datetime(2026, 1, 15, 12, tzinfo=UTC)
_QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)  # not the ends: those may be one firm's own


def make_bundle_files(
    calibrated: CalibratedModel,
    sample: Sample,
    *,
    settings: Settings,
    book: RuleBook | None,
    thresholds: pd.DataFrame,
    advice: Recommendation,
) -> dict[str, str]:
    """The files that scoring needs: model, calibrator, threshold, features, evidence, settings, rule book and reference."""
    files = {
        calibrated.model.file: calibrated.model.to_text(),
        "calibrator.json": calibrated.calibrator.to_text(),
        "threshold.json": dump({"recommended": asdict(advice), "table": export_thresholds(thresholds)}),
        "features.json": dump(sample.features.to_json()),
        "evidence.json": dump(compute_conversion_by_value(sample).to_json()),
        "config.toml": settings.to_toml(),
        "reference.json": dump(describe_sample(sample, calibrated)),
    }
    return files | ({"rule_book.toml": book.text} if book is not None else {})


def dump(content: object) -> str:
    r"""JSON as bundles hold it: NaN, which JSON does not have, is refused.

    >>> dump({"a": 1})
    '{\n "a": 1\n}\n'
    """
    return json.dumps(content, indent=1, allow_nan=False, default=_plain) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON")


def make_metrics(
    verdict: Verdict, *, champion: str, horizon: float | None, pending: int, fit: Mapping[str, Any]
) -> dict[str, Any]:
    """Content of `metrics.json`: the figures of the forward test, and what the final model was fitted on.

    `calibration` is of the chosen: `verdict` (calibrated, slightly off, rank only, too few leads), `faults`, `text`, `do` (what
    to do; empty for nothing), `n`, `base_rate`, `promised` (mean probability), `chance` (where 99 % of base rates would lie,
    were the probabilities right), `ece` beside `noise` (`mean`, `high`: what right probabilities would show on average, and
    exceed in 5 % of samples), `line` (`intercept`, `slope`, each with `_interval`, 95 %), `brier` (`score` = `miscalibration`
    - `discrimination` + `uncertainty`). `held_out`: whether the test leads were drawn at random, because nothing says which lead
    came first.
    """
    return {
        "champion": champion,
        "test": verdict.test,
        "intervals": verdict.intervals,
        "differences": {name: asdict(difference) for name, difference in verdict.differences.items()},
        "threshold": {"recommended": asdict(verdict.recommended), "realised": verdict.realised and asdict(verdict.realised)},
        "calibration": verdict.calibration.to_figures()
        | {"do": verdict.calibration_warning.do if verdict.calibration_warning is not None else ""},
        "gate": None if verdict.gate is None else asdict(verdict.gate),
        "verdict": verdict.text,
        "held_out": verdict.held_out,
        "fit": dict(fit),
        "horizon_days": horizon,
        "pending": pending,
    }


def describe_sample(sample: Sample, calibrated: CalibratedModel) -> dict[str, Any]:
    """The distribution of the training leads, feature by feature, and of their probabilities; for drift.

    `probability` are those by models that had not seen the lead, `fitted_probability` those by the model that serves.
    """
    drawn = sample.take(sample.draw_representative())
    features = {
        feature.name: _describe_column(feature, drawn.matrix[:, position])
        for position, feature in enumerate(sample.features.features)
    }
    predicted = sample.take(calibrated.positions).draw_representative()
    quantiles = np.quantile(calibrated.out_of_fold[predicted], _QUANTILES).tolist()
    fitted = np.quantile(calibrated.predict(drawn.matrix), _QUANTILES).tolist()
    described = {"n": len(drawn), "quantiles": list(_QUANTILES), "probability": quantiles}
    return described | {"fitted_probability": fitted, "features": features}


def describe_sides(final: CalibratedModel, sample: Sample, book: RuleBook | None) -> dict[str, list[float]]:
    """What `reference.json` keeps to grade fit and engagement: the limits of each, by the leads that the model was fitted on."""
    leads = sample.training
    return fit_side_grades(final.model, leads.matrix[leads.draw_representative()], sample.features, book).to_json()


def _describe_column(feature: Feature, values: np.ndarray) -> dict[str, Any]:
    held = values[~np.isnan(values)]
    described: dict[str, Any] = {"missing": float(np.isnan(values).mean())}
    if feature.kind in ("category", "member"):  # of a member the shares of 0 and 1
        counts = np.bincount(held.astype(int), minlength=len(feature.categories) + 1)
        return described | {"shares": (counts / max(len(held), 1)).tolist()}
    return described | {"quantiles": [_round(value) for value in np.quantile(held, _QUANTILES)] if len(held) else None}


def _round(value: float) -> float:
    """Three digits, so that no quantile is one lead's own value.

    >>> _round(4917012345678.0)
    4920000000000.0
    """
    return float(f"{value:.3g}")


def make_golden(files: Mapping[str, str], seed: int) -> str:
    """Synthetic leads with their answers, a line each: what a loaded bundle must say again.

    Args:
        files: The files that scoring needs, and `metrics.json`.
        seed: Of the leads, which are drawn from the reference and are nobody's.
    """
    scorer = Scorer(Bundle("golden", dict(files), {}))
    reference = json.loads(files["reference.json"])["features"]
    draw = np.random.default_rng(seed)
    lines = []
    for number in range(_GOLDEN_ROWS):
        lead = _draw_lead(scorer, reference, draw, number)
        answer = scorer.score_lead(read_golden_lead(lead), reasons=0)
        lines.append(json.dumps({"lead": lead, "probability": answer.probability, "decision": answer.decision}))
    return "\n".join(lines) + "\n"


def _draw_lead(scorer: Scorer, reference: Mapping[str, Any], draw: np.random.Generator, number: int) -> dict[str, Any]:
    """The first lead is empty; the others take values from the reference."""
    attributes = {}
    for feature in scorer.features.features:
        value = None if feature.column else _draw_value(feature, reference[feature.name], draw)
        if number and feature.is_attribute and value is not None:
            attributes[feature.name] = value
    if number:
        attributes |= {column: value for column in scorer.features.sets if (value := _draw_set(column, scorer, reference, draw))}
    for name in scorer.settings.roles.points:
        attributes[name] = float(draw.integers(0, 30))
    events = [_draw_event(kind, draw) for kind in _event_types(scorer) if number and draw.random() < 0.5]
    as_of = _GOLDEN_MOMENT.isoformat()
    lead = {"lead_id": f"golden-{number}", "as_of": as_of, "attributes": attributes, "points": None, "events": events}
    if number % 2 and scorer.features.uses_episodes:
        reason = draw.choice([*scorer.settings.serve.reasons, "never seen"])
        recycled_at = _GOLDEN_MOMENT - timedelta(days=int(draw.integers(1, 400)))
        lead["earlier_episodes"] = [{"recycled_at": recycled_at.isoformat(), "recycle_reason": str(reason)}]
    return lead


def _draw_set(column: str, scorer: Scorer, reference: Mapping[str, Any], draw: np.random.Generator) -> str | None:
    """A set of members as the training data hold them, each by itself, or of one that they do not hold."""
    members = [feature for feature in scorer.features.features if feature.kind == "member" and feature.column == column]
    if draw.random() < reference[members[0].name]["missing"]:
        return None
    drawn = [feature.categories[0] for feature in members if draw.random() < reference[feature.name]["shares"][1]]
    return join_members(drawn or ["never seen"])


def _draw_value(feature: Feature, described: Mapping[str, Any], draw: np.random.Generator) -> Any:  # noqa: ANN401
    """A value that the training data hold; None at the rate at which it was missing."""
    if draw.random() < described["missing"]:
        return None
    if feature.kind == "category":
        code = int(draw.integers(len(feature.categories) + 1))
        return feature.categories[code] if code < len(feature.categories) else "never seen"
    quantiles = described["quantiles"]
    value = float(quantiles[int(draw.integers(len(quantiles)))]) if quantiles else 0.0
    return (_GOLDEN_MOMENT - timedelta(days=value)).isoformat() if feature.kind == "days_since" else value


def _event_types(scorer: Scorer) -> list[str]:
    rules = scorer.book.rules if scorer.book is not None else ()
    in_rules = {kind for rule in rules if isinstance(rule.condition, EventCondition) for kind in rule.condition.types}
    return sorted(in_rules | set(scorer.features.featured_types or ()))


def _draw_event(kind: str, draw: np.random.Generator) -> dict[str, str]:
    moment = _GOLDEN_MOMENT - timedelta(hours=int(draw.integers(-48, 24 * 100)))
    return {"occurred_at": moment.isoformat(), "event_type": kind}
