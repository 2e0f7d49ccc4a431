"""The first thing that the page says: whether points or model choose better, in a line and three sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from predictor.core.errors import count
from predictor.core.wording import format_number, format_percent, format_share, format_threshold, is_missing
from predictor.report.compare.comparison import SCORED, Comparison
from predictor.report.compare.ways import LEARNED, MODEL, POINTS
from predictor.report.compare.wording import BETTER, SAME, WORSE
from predictor.report.page.sliders import find_period, find_place, format_unit

_TITLES = {
    BETTER: "The model finds more SQLs than your points, with the same number of leads",
    WORSE: "Your points find more SQLs than the model, with the same number of leads",
    SAME: "Points and model are not to be told apart",
}
_AT_STEP = "With the same {leads} the model finds more SQLs than your points"
_WHOLE = 100  # differences from which on decimals tell nothing
_UNTOLD = "Whether points or model choose better cannot be told"


@dataclass(frozen=True)
class Headline:
    """The verdict.

    Attributes:
        title: In a line.
        sentences: Today's gate, points against model, and what to do.
    """

    title: str
    sentences: tuple[str, str, str]


def make_headline(comparison: Comparison, threshold: float, *, serves: float | None = None, promise: str = "") -> Headline:
    """The verdict on points and model.

    Args:
        comparison: The tables.
        threshold: Of which the figures are told.
        serves: The final model's, where that is not the model whose figures these are: it is named, and has no figures here.
        promise: What the recommendation says of itself; empty where it was made elsewhere.
    """
    tables = comparison.tables
    step = _find_row(tables["steps"], find_place(tables["steps"], threshold))
    pair = _find_pair(comparison, MODEL)
    told = str(pair["told"]) if pair else ""
    title = _TITLES.get(told, _UNTOLD)
    if told in (SAME, "") and step["points_told"] == BETTER:
        title = _AT_STEP.format(leads=count(step["leads"], "lead"))
    return Headline(
        title,
        (
            _tell_today(comparison),
            _tell_contest(comparison, step, name_threshold(serves)),
            f"{_tell_advice(tables['steps'], threshold, serves)} {promise}".rstrip(),
        ),
    )


def name_threshold(serves: float | None) -> str:
    """Whose threshold the figures are of.

    >>> name_threshold(0.07), name_threshold(None)
    ('forward-tested threshold', "model's threshold")
    """
    return "model's threshold" if serves is None else "forward-tested threshold"


def describe_final(serves: float) -> str:
    """The threshold that serves, which the test leads helped to choose.

    >>> describe_final(0.0688)
    "The final model's threshold is 0.0688, chosen on all leads by the same rule."
    """
    return f"The final model's threshold is {format_threshold(serves)}, chosen on all leads by the same rule."


def _tell_today(comparison: Comparison) -> str:
    gates = comparison.tables["gates"]
    held = gates[gates["way"] == POINTS]
    if len(held):
        return str(held["text"].iloc[0])
    if not len(comparison.tables["bands"]):
        return "There is no gate of points, for the leads carry none."
    return comparison.untold[0] if comparison.untold else "No gate is named."


def _tell_contest(comparison: Comparison, step: Mapping[str, Any], named: str) -> str:
    """Points against model at the volume of the gate and, where that is too much to tell them apart, of the threshold."""
    pair, learned = _find_pair(comparison, MODEL), _find_pair(comparison, LEARNED)
    gap = {f"difference{end}": step[f"points_difference{end}"] for end in ("", "_low", "_high")}
    few = f"with the {step['leads']:,} leads of the {named} the model is {step['points_told']}"
    if not pair:
        why = _find_reason(comparison)
        return f"{why} But {few}: {_say_gap(gap)} SQLs." if step["points_told"] in (BETTER, WORSE) else why
    if pair["told"] == SAME and step["points_told"] in (BETTER, WORSE):
        gated = (comparison.tables["gates"]["way"] == POINTS).any()
        which = "as many as the gate hands over, " if gated else ""
        many = f"With {pair['leads']:,} leads each, {which}model and points are {SAME}"
        return f"{many}, {_say_gap(pair)} SQLs; {few}: {_say_gap(gap)} SQLs."
    text = f"With {pair['leads']:,} leads each, the model {_say_pair(pair)} the points: {_say_gap(pair)} SQLs"
    scored = "".join(f" {sentence}" for sentence in comparison.sentences if sentence.startswith(SCORED))
    return (f"{text}; learned points: {_say_gap(learned)}." if learned else f"{text}.") + scored


def _tell_advice(steps: pd.DataFrame, threshold: float, serves: float | None) -> str:
    row = _find_row(steps, find_place(steps, threshold))
    share = format_share(row["conversion"], row["conversion_low"], row["conversion_high"])
    text, came = "Hand over every lead", f"{share} of the test leads became SQLs."
    if row["threshold"]:
        load = f"{format_number(row['leads'] / find_period(steps), 1)} {format_unit(steps)}"
        caught = "" if is_missing(row["sqls_caught"]) else f", {format_percent(row['sqls_caught'])} of all SQLs"
        text = f"Hand over leads with a probability of {threshold:.4g} or more"
        came = f"of the test leads {load}, of which {share} became SQLs{caught}."
    if serves is None:
        return f"{text}: {came}"
    do = f"Hand over leads to which the final model gives {serves:.4g} or more" if serves else "Hand over every lead"
    return f"{do}. Before the test leads came, the same rule chose {format_threshold(threshold)}: {came}"


def _find_reason(comparison: Comparison) -> str:
    """Why points and model cannot be compared."""
    told = [text for text in comparison.untold if "nothing to" in text or "catches more" in text]
    return told[-1] if told else "There is nothing to compare the model with."


def _find_pair(comparison: Comparison, way: str) -> dict[str, Any]:
    """The row that compares a way with the points; empty where nothing can be told: no SQL, or a gate for all or nobody."""
    table, everyone = comparison.tables["volume"], comparison.tables["steps"].iloc[0]
    if not everyone["sqls"] or not 0 < table["leads"].iloc[0] < everyone["leads"]:
        return {}
    held = table[(table["way"] == way) & (table["against"] == POINTS) & (table["told"] != "")]
    return _find_row(held, 0) if len(held) else {}


def _find_row(table: pd.DataFrame, place: int) -> dict[str, Any]:
    return {str(name): value for name, value in table.iloc[[place]].to_dict("records")[0].items()}


def _say_pair(row: Mapping[str, Any]) -> str:
    return f"is {SAME} from" if row["told"] == SAME else f"is {row['told']} than"


def _say_gap(row: Mapping[str, Any]) -> str:
    figures = [float(row[f"difference{end}"]) for end in ("", "_low", "_high")]
    whole = all(figure.is_integer() for figure in figures) or max(map(abs, figures)) >= _WHOLE
    mean, low, high = (format_number(figure, 0 if whole else 1, sign=True) for figure in figures)
    return f"{mean} (95 %: {low} to {high})"
