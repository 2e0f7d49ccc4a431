"""The headline of page and card: whether points or model choose better, in a line and three sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from predictor.core.errors import count
from predictor.core.wording import format_number, format_percent, format_range, format_share, format_threshold, is_missing
from predictor.report.compare.compared_leads import LEARNED, MODEL, POINTS
from predictor.report.compare.comparison import SCORED, Comparison
from predictor.report.compare.threshold_steps import compute_period, format_unit, locate_threshold
from predictor.report.table_cells import BETTER, SAME, WORSE, list_rows

_TITLES = {
    BETTER: "The model finds more SQLs than your points, with the same number of leads",
    WORSE: "Your points find more SQLs than the model, with the same number of leads",
    SAME: "There is no clear difference between points and model",
}
_KEEP = {
    SAME: "Keep your points: the model is not clearly better. If it decides instead: hand over ",
    WORSE: "Keep your points: they choose better than the model. If it decides instead: hand over ",
}
_AT_THRESHOLD = "With the same {leads} the model finds more SQLs than your points"
_HAND_OVER = "Hand over "
_WHOLE = 100  # differences from which on decimals do not matter
_NO_SIGNAL = "The model found no signal, so it cannot choose among leads"
_UNKNOWN = "These leads do not show whether points or model choose better"


@dataclass(frozen=True)
class Headline:
    """The verdict on points and model.

    Attributes:
        title: In a line.
        sentences: Today's gate, points against model, and what to do.
    """

    title: str
    sentences: tuple[str, str, str]


def make_headline(comparison: Comparison, threshold: float | None, *, final: float | None = None, promise: str = "") -> Headline:
    """The verdict on points and model.

    Args:
        comparison: The tables.
        threshold: The threshold that all figures are for; None where none is recommended, because the model found no signal.
        final: The threshold of the final model, where the figures are those of the tested model: it is named, without figures.
        promise: What the recommendation says about itself; empty for nothing.
    """
    if threshold is None:
        return Headline(_NO_SIGNAL, (_describe_gate(comparison), _find_reason(comparison), promise))
    steps = comparison.tables["steps"]
    step = list_rows(steps.iloc[[locate_threshold(steps, threshold)]])[0]
    pair = _find_pair(comparison, MODEL)
    title = _TITLES.get(pair["told"], _UNKNOWN) if pair else _UNKNOWN
    action = _KEEP.get(pair["told"], _HAND_OVER) if pair else _HAND_OVER
    if step["points_told"] == BETTER and (not pair or pair["told"] == SAME):
        title, action = _AT_THRESHOLD.format(leads=count(step["leads"], "lead")), _HAND_OVER
    advice = f"{action}{_describe_advice(steps, step, threshold, final)} {promise}".rstrip()
    return Headline(title, (_describe_gate(comparison), _describe_comparison(comparison, step, name_threshold(final)), advice))


def name_threshold(final: float | None) -> str:
    """What the threshold of the figures is called.

    >>> name_threshold(0.07), name_threshold(None)
    ('tested threshold', "model's threshold")
    """
    return "model's threshold" if final is None else "tested threshold"


def describe_final(final: float) -> str:
    """The threshold that serves, which was chosen with the test leads.

    >>> describe_final(0.0688)
    "The final model's threshold is 0.0688, chosen on all leads by the same rule."
    """
    return f"The final model's threshold is {format_threshold(final)}, chosen on all leads by the same rule."


def _describe_comparison(comparison: Comparison, step: Mapping[str, Any], threshold_name: str) -> str:
    """Points against model with the gate's number of leads and, where that shows no clear difference, with the threshold's."""
    pair, learned = _find_pair(comparison, MODEL), _find_pair(comparison, LEARNED)
    difference = {f"difference{end}": step[f"points_difference{end}"] for end in ("", "_low", "_high")}
    at_threshold = f"with the {step['leads']:,} leads of the {threshold_name} the model is {step['points_told']}"
    at_threshold += f": {_format_difference(difference)} SQLs."
    clear = step["points_told"] in (BETTER, WORSE)
    if not pair:
        reason = _find_reason(comparison)
        return f"{reason} But {at_threshold}" if clear else reason
    text = f"With {pair['leads']:,} leads each, "
    if pair["told"] == SAME:
        gated = (comparison.tables["gates"]["way"] == POINTS).any()
        which = "as many as the gate hands over, " if gated and clear else ""
        text += f"{which}there is {SAME} between points and model: {_format_difference(pair)} SQLs"
        if clear:
            return f"{text}; {at_threshold}"
    else:
        text += f"the model is {pair['told']} than the points: {_format_difference(pair)} SQLs"
    text += f"; learned points: {_format_difference(learned)}." if learned else "."
    return " ".join([text, *(sentence for sentence in comparison.sentences if sentence.startswith(SCORED))])


def _describe_gate(comparison: Comparison) -> str:
    gates = comparison.tables["gates"]
    texts = gates.loc[gates["way"] == POINTS, "text"]
    if len(texts):
        return str(texts.iloc[0])
    if not len(comparison.tables["bands"]):
        return "There is no points gate, because the leads have no points."
    return comparison.limitations[0] if comparison.limitations else "No gate is named."


def _describe_advice(steps: pd.DataFrame, step: Mapping[str, Any], threshold: float, final: float | None) -> str:
    share = format_share(step["conversion"], step["conversion_low"], step["conversion_high"])
    which, result = "every lead", f"{share} of the test leads became SQLs."
    if step["threshold"]:
        number, unit = format_number(step["leads"] / compute_period(steps), 1), format_unit(steps)
        load = f"{number} test leads a week" if unit == "a week" else f"{number} of every 100 test leads"
        caught = "" if is_missing(step["sqls_caught"]) else f", {format_percent(step['sqls_caught'])} of all SQLs"
        which = f"leads with a probability of {format_threshold(threshold)} or more"
        result = f"{load}, of which {share} became SQLs{caught}."
    if final is None:
        return f"{which}: {result}"
    which = f"leads to which the final model gives {format_threshold(final)} or more" if final else "every lead"
    return f"{which}. In the test the same rule chose {format_threshold(threshold)}: {result}"


def _find_reason(comparison: Comparison) -> str:
    """Why points and model cannot be compared."""
    reasons = [text for text in comparison.limitations if "nothing to" in text or "catches more" in text]
    return reasons[-1] if reasons else "There is nothing to compare the model with."


def _find_pair(comparison: Comparison, way: str) -> dict[str, Any]:
    """The row that compares a way with the points; empty without one: no SQL, or a gate for all leads or none."""
    table, everyone = comparison.tables["volume"], comparison.tables["steps"].iloc[0]
    if not everyone["sqls"] or not 0 < table["leads"].iloc[0] < everyone["leads"]:
        return {}
    rows = list_rows(table[(table["way"] == way) & (table["against"] == POINTS) & (table["told"] != "")])
    return rows[0] if rows else {}


def _format_difference(row: Mapping[str, Any]) -> str:
    mean, low, high = (float(row[f"difference{end}"]) for end in ("", "_low", "_high"))
    whole = all(figure.is_integer() for figure in (mean, low, high)) or max(abs(mean), abs(low), abs(high)) >= _WHOLE
    digits = 0 if whole else 1
    return f"{format_number(mean, digits, sign=True)} (95 %: {format_range(low, high, digits, sign=True)})"
