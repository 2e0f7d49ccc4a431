"""The command about the decision: recommend a threshold, put a rule into service, go back to the one before."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from predictor.cli import console
from predictor.cli.options import ACTOR, MODELS, AsJson, Model, note_action, print_errors, print_json
from predictor.core.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from predictor.core.settings_sections import ThresholdSettings
    from predictor.scoring.scorer import Scorer


@print_errors
def threshold(
    model: Model = MODELS,
    policy: Annotated[
        str | None, typer.Option(help="band, capacity, value or precision; without it, the policy in service.")
    ] = None,
    leads_per_week: Annotated[
        float | None, typer.Option(help="Leads that sales can work in a week; means policy capacity.")
    ] = None,
    amount: Annotated[float | None, typer.Option(help="value: what an accepted lead is worth.")] = None,
    cost: Annotated[float | None, typer.Option(help="value: what it costs to work a lead.")] = None,
    precision: Annotated[float | None, typer.Option(help="The lowest conversion, from 0 to 1; means policy precision.")] = None,
    *,
    grades: Annotated[
        str | None, typer.Option(help="With --set: the lowest probability of each grade, as A=0.4,B=0.25,C=0.1.")
    ] = None,
    put: Annotated[bool, typer.Option("--set", help="Put this rule into service for the folder of bundles.")] = False,
    back: Annotated[bool, typer.Option("--rollback", help="Put the rule before the present one into service again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Recommend a threshold for another policy or capacity, or put it into service, without training again."""
    from predictor.scoring.threshold_advice import advise_threshold, describe_rule, load_scorer, read_threshold_settings

    given = {"policy": policy, "leads_per_week": leads_per_week, "amount": amount, "cost": cost, "precision": precision}
    changes = {name: value for name, value in given.items() if value is not None}
    given_rule = bool(changes) or put or back
    if back or put:
        if back and (put or changes or grades):
            raise SettingsError(
                "--rollback stands alone: it puts the rule before the present one into service. Leave the others out."
            )
        _roll_back(model) if back else _set_rule(model, changes, _read_grades(grades))
        changes = {}
    elif grades is not None:
        raise SettingsError("--grades needs --set, because grades are no recommendation. Add --set, or leave --grades out.")
    scorer = load_scorer(model)
    advice, columns = advise_threshold(scorer, changes)
    if as_json:
        print_json(
            {
                "serving": describe_serving(scorer),
                "recommended": asdict(advice),
                "decision": scorer.metrics.get("decision"),
                "table": columns,
            }
        )
        return
    console.show_findings(scorer.model_warnings)
    if back or put:
        console.out.print(
            f"In service now: {console.escape(describe_rule(scorer)['text'])}. A running server follows (serve.watch_s)."
        )
    settings = read_threshold_settings(scorer, changes)
    if advice.threshold is not None:
        console.show_thresholds(columns, advice.threshold, name=console.name_advice(advice, settings))
    console.show_threshold(advice, settings)
    if advice.policy == "value":
        _show_values(model, settings)
    if "decision" in scorer.metrics and not given_rule:  # it follows from the policy of the training, not from one that is tried
        console.show_decision(scorer.metrics["decision"])


def describe_serving(scorer: Scorer) -> dict[str, Any]:
    """The threshold in service, and the rule that it comes from."""
    from predictor.scoring.threshold_advice import describe_rule

    return {"threshold": scorer.threshold, "decided_by": describe_rule(scorer)}


def _show_values(model: Path, settings: ThresholdSettings) -> None:
    """Print what today's gate, the best gate, the learned points and the model bring on the test leads."""
    from predictor.report.compare.comparison import Comparison
    from predictor.report.compare.money import compute_values, list_choices
    from predictor.report.compare.threshold_steps import format_unit
    from predictor.scoring.bundle.files import load_bundle
    from predictor.scoring.bundle.registry import find_bundle

    bundle = load_bundle(find_bundle(model))
    if "comparison.json" not in bundle.files:
        return
    tables = Comparison.from_json(bundle.read_json("comparison.json")).tables
    values = compute_values(list_choices(tables), amount=settings.amount, cost=settings.cost)
    console.show_values(values, format_unit(tables["steps"]))


def _set_rule(model: Path, changes: Mapping[str, Any], grades: Mapping[str, float]) -> None:
    from predictor.scoring.bundle.decision_rules import DecisionRule
    from predictor.scoring.bundle.registry import find_bundle
    from predictor.scoring.scorer import Scorer
    from predictor.scoring.threshold_advice import imply_policy, set_rule

    bundle = find_bundle(model)
    models = bundle.absolute().parent
    rule = DecisionRule(threshold=changes, grades=grades, set_by=ACTOR)
    set_rule(models, Scorer.load(bundle), rule, now=datetime.now(UTC))
    note_action("rule set", models, rule=imply_policy(changes), grades=dict(grades))


def _roll_back(model: Path) -> None:
    from predictor.scoring.bundle.decision_rules import roll_back_rule
    from predictor.scoring.bundle.registry import find_bundle

    models = find_bundle(model).absolute().parent
    rule = roll_back_rule(models)
    note_action("rule rolled back", models, rule=None if rule is None else dict(rule.threshold))


def _read_grades(text: str | None) -> dict[str, float]:
    """The grades of the option; empty without it.

    >>> _read_grades("A=0.4, B=0.25,C=0.1")
    {'A': 0.4, 'B': 0.25, 'C': 0.1}
    """
    if text is None:
        return {}
    try:
        pairs = [part.split("=") for part in text.split(",")]
        return {name.strip(): float(value) for name, value in pairs}
    except ValueError:
        raise SettingsError(f"--grades must be written as A=0.4,B=0.25,C=0.1, but is '{text[:60]}'.") from None
