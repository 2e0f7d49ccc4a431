"""What to do on Monday: three lines for each kind of decision."""

from __future__ import annotations

import math

from predictor.core.wording import format_percent, format_rounded, format_share, format_threshold
from predictor.report.compare.compared_leads import MODEL, POINTS
from predictor.report.decision.evidence import FEWEST, Evidence, Kind
from predictor.report.decision.figures import are_same, describe_load, format_leads, format_rule, format_sqls
from predictor.report.decision.sentences import describe_unproven

_WATCH = "When the outcomes of these leads are known, compare again: `predictor monitor` shows whether the gain holds."
_SET = "`predictor threshold --set --leads-per-week"
_AGAIN = "Train again when more outcomes are known."
_GIVE_MORE = "Give the training more of what is known of leads before sales gets them, such as events and firm data."


def list_steps(kind: Kind, evidence: Evidence) -> tuple[str, str, str]:
    """What to do on Monday, in three lines."""
    if kind == "use_model":
        return _list_model_steps(evidence)
    if kind == "use_learned_points":
        gate = "the gate of the file" if evidence.learned_gate is None else f"their gate: {format_rule(evidence.learned_gate)}"
        return ("Enter the numbers of `learned_points.toml` in the rules of your CRM.", f"Set {gate}.", _WATCH)
    if kind == "change_gate" and evidence.advised is not None and evidence.today is not None:
        new, unit = evidence.advised.handed, evidence.tested.unit
        before = format_leads(evidence.today.handed.leads)
        expect = f"Tell sales to expect {describe_load(new.leads, unit)} instead of {before}."
        share = format_share(new.conversion, new.low, new.high)
        check = f"Compare again later: of the leads handed over, {share} should become SQLs."
        return (f"In the CRM, set {format_rule(evidence.advised.gate)}.", expect, check)
    return (_describe_keeping(evidence), _describe_waiting(kind, evidence), _AGAIN)


def _list_model_steps(evidence: Evidence) -> tuple[str, str, str]:
    model, today, weekly = evidence.model, evidence.today, evidence.tested.unit == "a week"
    as_many = f"{_SET} {format_rounded(today.handed.leads)}`" if today is not None and today.handed.leads else f"{_SET} N`"
    if not model.may_serve:
        why = f"its probabilities are {describe_unproven(evidence)}"
        promote = f"Let it serve: `predictor models promote NAME`. It does not by itself: {why}."
        return ("Work leads in the order of the model, the best first.", promote, _WATCH)
    if not model.reaches:
        first = f"Hand over as many leads as {'today' if evidence.volume.source == 'gate' else 'sales can work'}, the best first"
        why = f"{evidence.wanted} is too much"
        agree = f"Agree with sales on a conversion that these leads reach, and set it in `[threshold]`: {why}."
        return (f"{first}: {as_many}." if weekly else f"{first}.", agree, _WATCH)
    if MODEL not in evidence.proposals or model.threshold == 0:
        limit = (
            f"If sales cannot work them all, hand over the best: {as_many}."
            if weekly
            else "If that is too many, hand over the best."
        )
        why = f"all together convert at {format_percent(evidence.tested.load.conversion)}, so none is left out"
        return (f"Work leads in the order of the model, the best first: {why}.", limit, _WATCH)
    handed = evidence.proposals[MODEL]
    which = f"the best {format_percent(handed.leads / evidence.tested.load.leads)} of leads by the model"
    if model.threshold is not None:  # the service applies it; the share that it hands over moves with the leads
        name = " (the threshold)" if model.ranks_only else ""
        which = f"leads with a probability of {format_threshold(model.threshold)}{name} or more"
    first = f"Hand over {which}: the service does so once this model serves."
    if not weekly:
        return (first, f"Tell sales to expect {describe_load(handed.leads, evidence.tested.unit)}.", _WATCH)
    if today is None or not today.handed.leads or evidence.volume.source != "gate":
        return (first, f"If sales can work more or fewer, set that: {as_many}.", _WATCH)
    sqls = format_sqls(evidence.volume.ways[MODEL].sqls)
    return (first, f"To hand over as many as today instead, for {sqls} SQLs a week: {as_many}.", _WATCH)


def _describe_keeping(evidence: Evidence) -> str:
    today = evidence.today
    if POINTS not in evidence.volume.ways:
        return "Choose leads as today."
    if today is None or today.gate is None:
        return "Change nothing: hand over leads by your points, as today."
    return f"Change nothing in the CRM: {format_rule(today.gate)}."


def _describe_waiting(kind: Kind, evidence: Evidence) -> str:
    if kind == "not_enough_leads":
        least = max(evidence.tested.rarer, 1)
        return f"Collect outcomes: about {max(math.ceil(FEWEST / least), 2)} times as many leads are needed."
    if kind == "no_signal":
        return _GIVE_MORE
    if are_same(evidence.volume.gains.get((MODEL, POINTS))):
        return f"The model adds nothing to your points yet. {_GIVE_MORE}"
    return "Let the model score beside your points without deciding, and store the outcomes."
