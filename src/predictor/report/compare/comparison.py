"""Every table of points against the learned probability, and what they say in sentences."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from predictor.core.errors import count
from predictor.core.html import to_paragraphs
from predictor.model.metrics.metrics import compute_reliability
from predictor.model.threshold.gate import Gate, judge_gate
from predictor.report.compare.bands import compute_point_bands
from predictor.report.compare.disagreement import compute_disagreement, list_swapped
from predictor.report.compare.rules import compute_rules
from predictor.report.compare.segments import compute_months, compute_segments
from predictor.report.compare.threshold_steps import compute_steps
from predictor.report.compare.volume import (
    compute_capacity,
    compute_equal_sqls,
    compute_gains,
    compute_rankings,
    compute_rankings_ever,
    compute_volume,
    take_leads,
)
from predictor.report.compare.ways import LEARNED, MODEL, POINTS, ComparedLeads
from predictor.report.compare.wording import SAME


@dataclass(frozen=True, repr=False)
class Comparison:
    """Points, learned points and model on the same leads.

    Attributes:
        tables: By name, each a frame that a page can show and a CSV can hold: `rankings`, `rankings_ever`, `gates`, `bands`,
            `volume`, `equal_sqls`, `capacity`, `gains`, `steps`, `cells`, `swapped`, `rules`, `segments`, `months`,
            `reliability`; of a training also `learned_points` and `time_to_sql`.
        sentences: What they say, the weightiest first.
        untold: What cannot be told of these leads, and why.
    """

    tables: Mapping[str, pd.DataFrame]
    sentences: tuple[str, ...]
    untold: tuple[str, ...]

    def beside(self, told: Mapping[str, pd.DataFrame | None]) -> Self:
        """The same with further tables, but for those that are None."""
        return replace(self, tables={**self.tables, **{name: table for name, table in told.items() if table is not None}})

    @property
    def nameless(self) -> Self:
        """The same without the table that names leads."""
        return replace(self, tables={name: table for name, table in self.tables.items() if name != "swapped"})

    def to_json(self) -> dict[str, Any]:
        """As a bundle holds it: tables as columns and rows, None where a figure is missing; not `swapped`, which names leads."""
        told = self.nameless.tables
        tables = {name: json.loads(table.to_json(orient="split", index=False)) for name, table in told.items()}
        return {"tables": tables, "sentences": list(self.sentences), "untold": list(self.untold)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The comparison that `to_json` wrote."""
        tables = {name: pd.DataFrame(held["data"], columns=held["columns"]) for name, held in content["tables"].items()}
        return cls(tables, tuple(content["sentences"]), tuple(content["untold"]))

    def __repr__(self) -> str:
        return f"<Comparison: {' '.join(self.sentences)}>"

    def _repr_html_(self) -> str:
        held = [name for name, table in self.tables.items() if len(table)]
        return to_paragraphs(*self.sentences, *self.untold, f"Tables: {', '.join(held)}.")


def compute_comparison(
    tested: ComparedLeads, *, weekly: Sequence[float] = (), also: Sequence[float] = (), resamples: int = 200, seed: int = 0
) -> Comparison:
    """Every table of the comparison.

    Args:
        tested: Leads that no way has learned from.
        weekly: Capacities that are to be told beside round ones.
        also: Thresholds that are to be told beside that of the leads, as the one that will serve.
        resamples: Behind each interval of a bootstrap.
        seed: The same seed gives the same figures.

    >>> draw = np.random.default_rng(0)
    >>> p = draw.random(400)
    >>> leads = ComparedLeads(np.arange(400).astype(object), (draw.random(400) < p).astype(float), p, 0.5)
    >>> told = compute_comparison(leads, resamples=20)
    >>> told.untold[0]
    'The leads carry no points, so there is nothing to compare the model with.'
    """
    draws = {"resamples": resamples, "seed": seed}
    tables = {
        "rankings": compute_rankings(tested, **draws),
        "rankings_ever": compute_rankings_ever(tested, **draws),
        "gates": compute_gates(tested),
        "bands": pd.DataFrame()
        if tested.points is None
        else compute_point_bands(tested.points, tested.outcome, gate=tested.gate),
        "volume": compute_volume(tested, **draws),
        "equal_sqls": compute_equal_sqls(tested, **draws),
        "capacity": compute_capacity(tested, weekly=weekly, **draws),
        "gains": compute_gains(tested, **draws),
        "steps": compute_steps(tested, also=(tested.threshold, *also), **draws),
        "cells": compute_disagreement(tested, seed=seed),
        "swapped": list_swapped(tested, seed=seed),
        "rules": compute_rules(tested),
        "segments": compute_segments(tested),
        "months": compute_months(tested),
        "reliability": compute_reliability(tested.outcome, tested.probability),
    }
    sentences = [*_tell(tested, tables), *_tell_scored(tested, **draws)]
    return Comparison(tables, tuple(sentences), tuple(_list_untold(tested)))


def thin(table: pd.DataFrame, most: int = 200) -> pd.DataFrame:
    """At most so many rows of a table, evenly spaced, the first and the last among them.

    >>> thin(pd.DataFrame({"days": range(10)}), most=4)["days"].tolist()
    [0, 3, 6, 9]
    """
    return table.iloc[np.unique(np.linspace(0, max(len(table) - 1, 0), most).round().astype(int))] if len(table) > most else table


def compute_gates(tested: ComparedLeads) -> pd.DataFrame:
    """What each gate as it stands hands over: that of the points, that of the learned points, the model's threshold.

    Returns:
        A row a gate: `way`, `gate` (points, or probability), `leads`, `leads_per_week`, `share_routed`, `conversion` with `_low`,
        `_high` (Wilson, 95 %), `sqls_caught`, `verdict` (too loose below 15 %, too tight above 40 %), `text`.
    """
    rows = []
    for way, gate, routed in _list_gates(tested):
        told: Gate = judge_gate(tested.outcome, routed, weeks=tested.weeks, band=tested.band, name=_GATES[way])
        rows.append({
            "way": way, "gate": gate, "leads": told.leads, "leads_per_week": told.leads_per_week,
            "share_routed": told.share_routed, "conversion": told.conversion, "conversion_low": told.low,
            "conversion_high": told.high, "sqls_caught": told.sqls_caught, "verdict": told.verdict, "text": told.text,
        })  # fmt: skip
    return pd.DataFrame(rows)


SCORED = "With none but the"  # how the sentence about leads that have points begins
_GATES = {POINTS: "points gate", LEARNED: "gate of the learned points", MODEL: "threshold"}


def _list_gates(tested: ComparedLeads) -> list[tuple[str, float, np.ndarray]]:
    gates = []
    if tested.routed is not None:
        gates.append((POINTS, np.nan if tested.gate is None else tested.gate, tested.routed))
    if tested.learned is not None and tested.learned_gate is not None:
        gates.append((LEARNED, tested.learned_gate, (tested.learned >= tested.learned_gate) | tested.by_itself))
    return [*gates, (MODEL, tested.threshold, tested.probability >= tested.threshold)]


def _tell(tested: ComparedLeads, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """What the tables say, in sentences."""
    told = [str(text) for text in tables["gates"]["text"]]
    if tested.points is None or len(np.unique(tested.outcome)) < 2:
        return told
    if tested.handed.any() and not tested.handed.all():
        told += _tell_pairs(tested, tables)
    for row in _list_rows(tables["rankings"].drop_duplicates("way")):
        ends = f"{row['auc']:.3f} (95 %: {row['auc_low']:.3f} to {row['auc_high']:.3f})"
        verb = "ranks" if row["way"] == MODEL else "rank"
        told.append(f"The {row['way']} {verb} at AUC {ends} on {row['leads']:,} scored test leads.")
    for row in _list_rows(tables["rankings_ever"]):
        ends = f"{row['auc']:.3f} (95 %: {row['auc_low']:.3f} to {row['auc_high']:.3f})"
        told.append(f"On all {row['leads']:,} scored leads with known outcomes, older ones too, the points rank at AUC {ends}.")
    return told


def _tell_pairs(tested: ComparedLeads, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """What each way does beside another, with as many leads and for as many SQLs."""
    told = []
    for row in _list_pairs(tables["volume"]):
        which, gap = f"With the {row['leads']:,} test leads that {tested.volume}", _say_interval(row, "difference", 1)
        told.append(f"{which}, the {row['way']} {_say_told(row)} {row['against']}: {gap} SQLs.")
    for row in _list_pairs(tables["equal_sqls"]):
        gap = _say_interval(row, "difference", 0)
        told.append(
            f"For {row['sqls']:,.0f} SQLs sales works {row['leads']:,.0f} leads by the {row['way']}: {gap} beside the "
            f"{row['against']}."
        )
    return told


def _tell_scored(tested: ComparedLeads, *, resamples: int, seed: int) -> list[str]:
    """Model beside points on the leads that have points: the others are ranked last by points, which the model gains from."""
    if tested.points is None or not 0 < (known := ~np.isnan(tested.points)).sum() < len(known):
        return []
    scored = take_leads(tested, known)
    if len(np.unique(scored.outcome)) < 2 or not 0 < scored.handed.sum() < len(scored.outcome):
        return []
    volume = compute_volume(scored, resamples=resamples, seed=seed)
    told = f"{SCORED} {known.sum():,} test leads that have points, and the {scored.handed.sum():,} of them that {scored.volume}"
    return [
        f"{told}, the model {_say_told(row)} points: {_say_interval(row, 'difference', 1)} SQLs."
        for row in _list_rows(volume[(volume["way"] == MODEL) & (volume["against"] == POINTS) & (volume["told"] != "")])
    ]


def _list_pairs(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows that compare two ways; not where the model is those very learned points, so that nothing can differ."""
    ends = table[["difference", "difference_low", "difference_high"]].to_numpy(dtype=float)
    return _list_rows(table[(table["told"] != "") & (ends != 0).any(axis=1)])


def _list_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _say_told(row: Mapping[str, Any]) -> str:
    is_or_are = "is" if row["way"] == MODEL else "are"
    return f"{is_or_are} {SAME} from the" if row["told"] == SAME else f"{is_or_are} {row['told']} than the"


def _say_interval(row: Mapping[str, Any], name: str, digits: int) -> str:
    mean, low, high = (f"{round(row[f'{name}{end}'], digits) + 0.0:+,.{digits}f}" for end in ("", "_low", "_high"))
    return f"{mean} (95 %: {low} to {high})"


def _list_untold(tested: ComparedLeads) -> list[str]:
    untold = []
    if tested.points is None:
        untold.append("The leads carry no points, so there is nothing to compare the model with.")
    elif tested.routed is None:
        untold.append("No gate is named, so what today's gate does, and which leads would be swapped, cannot be told.")
    elif not tested.routed.any() or tested.routed.all():
        which = "every" if tested.routed.all() else "no"
        untold.append(f"The points gate hands over {which} test lead, so there is nothing to choose between.")
    if tested.points is not None and (lacking := int(np.isnan(tested.points).sum())):
        without = f"{lacking:,} of {count(len(tested.points), 'test lead')} {'has' if lacking == 1 else 'have'} no points"
        untold.append(f"{without}: by points they come last, so what the model finds among them is part of its gain.")
    if len(np.unique(tested.outcome)) < 2:
        which = "Every" if tested.outcome.any() else "No"
        untold.append(f"{which} test lead became an SQL, so it cannot be told which way catches more.")
    if tested.book is None or tested.times is None:
        untold.append("There is no rule book, so its rules cannot be judged and points cannot be learned.")
    if tested.moments is None:
        untold.append("The leads carry no dates, so nothing can be told by week or month.")
    return untold
