"""The threshold that another policy would choose, from the table that a bundle keeps; and a policy put into service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from predictor.core.errors import BundleError, SettingsError
from predictor.core.settings import make_settings
from predictor.core.settings_sections import ThresholdSettings
from predictor.core.wording import format_band, format_exact_percent, format_rounded, format_threshold
from predictor.model.threshold.recommend import Recommendation, recommend_none, recommend_threshold
from predictor.model.threshold.table import export_thresholds, import_thresholds, with_value
from predictor.scoring.bundle.decision_rules import DecisionRule, find_rule, save_rule
from predictor.scoring.bundle.registry import find_bundle
from predictor.scoring.scorer import Scorer

_IMPLIED = {"leads_per_week": "capacity", "precision": "precision"}  # numbers that only one policy uses


def load_scorer(folder: Path) -> Scorer:
    """The scorer of a bundle, or of the champion of a folder, with the rule of decision that was set for the folder.

    Raises:
        BundleError: There is no such bundle, it cannot be used, or the rule does not fit it.
    """
    bundle = find_bundle(folder)
    return apply_rule(Scorer.load(bundle), find_rule(bundle.absolute().parent))


def set_rule(
    models: Path, scorer: Scorer, rule: DecisionRule, *, now: datetime, expected: Sequence[DecisionRule] | None = None
) -> Scorer:
    """Put a rule of decision into service for a folder of bundles; returns the scorer with it.

    Args:
        models: The folder.
        scorer: Of the bundle that serves.
        rule: The rule. A number that only one policy uses implies it.
        now: The moment, with a timezone.
        expected: The rules that the caller has read; None if any will do.

    Raises:
        RulesChangedError: The rules of the folder are not the expected ones.
        SettingsError: A setting is unknown or out of range, or the bundle cannot keep the policy.
        BundleError: The disk refuses.
    """
    trained = apply_rule(scorer, None)
    rule = replace(rule, threshold=imply_policy(rule.threshold))
    if rule.grades:
        make_settings({"grades": dict(rule.grades)}, source="The rule of decision")
    advise_threshold(trained, rule.threshold)
    return apply_rule(trained, save_rule(models, rule, now=now, expected=expected))


def apply_rule(scorer: Scorer, rule: DecisionRule | None) -> Scorer:
    """The scorer with a rule of decision, None for that of its training; its probabilities are the same.

    Raises:
        BundleError: The bundle cannot keep the rule, as a capacity if its leads have no dates.
    """
    scorer = scorer.decide_as_trained()
    if rule is None:
        return scorer
    try:
        advice, _ = advise_threshold(scorer, rule.threshold)
        grades = make_settings({"grades": dict(rule.grades)}, source="The rule of decision").grades if rule.grades else None
    except SettingsError as error:
        do = "Set another rule with `predictor threshold --set`, or go back with `predictor threshold --rollback`."
        raise BundleError(f"The rule of decision does not fit bundle '{scorer.version}': {error} {do}") from error
    return scorer.decide_by(rule, advice.serving, None if grades is None else grades.model_dump())


def advise_threshold(scorer: Scorer, differences: Mapping[str, Any]) -> tuple[Recommendation, dict[str, list[float | None]]]:
    """The threshold that a policy recommends, and the table it is taken from, by column; none of a model without a signal.

    Args:
        scorer: The bundle.
        differences: Settings of section threshold that differ from those in service; empty for these. A number that only one
            policy uses implies it.

    Raises:
        SettingsError: A setting is unknown or out of range, or the policy needs one that is missing.
    """
    settings = read_threshold_settings(scorer, differences)
    if not scorer.recommends:
        return recommend_none(settings.policy), {column: [] for column in scorer.threshold_table}
    table = with_value(import_thresholds(scorer.threshold_table), settings.amount, settings.cost)
    return recommend_threshold(table, settings), export_thresholds(table)


def read_threshold_settings(scorer: Scorer, differences: Mapping[str, Any]) -> ThresholdSettings:
    """The settings of section threshold that are in service, with differences.

    Raises:
        SettingsError: As for `advise_threshold`.
    """
    section = list_settings(scorer) | imply_policy(differences)
    return make_settings({"threshold": section}, source="The question").threshold


def imply_policy(differences: Mapping[str, Any]) -> dict[str, Any]:
    """The differences with the policy that a number of them implies.

    Raises:
        SettingsError: The number is of another policy, and would be ignored in silence.

    >>> imply_policy({"leads_per_week": 50})
    {'leads_per_week': 50, 'policy': 'capacity'}
    """
    implied = dict(differences)
    for name, policy in _IMPLIED.items():
        if implied.get(name) is not None and implied.setdefault("policy", policy) != policy:
            text = f"'{name}' is of policy '{policy}', but the policy is '{implied['policy']}'. Leave one of them out."
            raise SettingsError(text)
    return implied


def describe_rule(scorer: Scorer) -> dict[str, Any]:
    """The rule that decides: its policy, the same in words, and when and by whom it was set; null if training set it."""
    section = make_settings({"threshold": list_settings(scorer)}, source="The rule of decision").threshold
    rule = scorer.rule
    return {
        "policy": section.policy,
        "text": _describe_policy(section) + _describe_segments(scorer),
        "set_at": None if rule is None else rule.set_at,
        "set_by": None if rule is None else rule.set_by,
    }


def _describe_segments(scorer: Scorer) -> str:
    """The segments with thresholds of their own; empty for none, and where a rule that was set decides about all alike."""
    segments = () if scorer.segments is None or scorer.rule is not None else scorer.segments.segments
    own = [f"{one.name} {format_threshold(one.threshold)}" for one in segments if one.threshold is not None]
    return f"; segments with thresholds of their own: {', '.join(own)}" if own else ""


def list_settings(scorer: Scorer) -> dict[str, Any]:
    """The settings of section threshold that are in service."""
    return scorer.settings.threshold.model_dump(mode="json") | (dict(scorer.rule.threshold) if scorer.rule else {})


def _describe_policy(settings: ThresholdSettings) -> str:
    return {
        "band": f"Conversion of {format_band(settings.band)}",
        "capacity": f"At most {format_rounded(settings.leads_per_week)} leads a week",
        "value": f"Most value: {format_rounded(settings.amount)} for an SQL, {format_rounded(settings.cost)} to work a lead",
        "precision": f"Conversion of at least {format_exact_percent(settings.precision)}",
    }[settings.policy]
