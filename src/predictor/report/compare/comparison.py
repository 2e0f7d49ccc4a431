"""Every table of points against the model, and what they say in sentences."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd

from predictor.core.errors import count
from predictor.core.html import to_paragraphs
from predictor.core.wording import format_number, format_range
from predictor.model.metrics.metrics import compute_reliability
from predictor.model.threshold.gate import judge_gate
from predictor.report.compare.bands import compute_point_bands
from predictor.report.compare.compared_leads import LEARNED, MODEL, POINTS, ComparedLeads, name_volume
from predictor.report.compare.disagreement import compute_disagreement, list_swapped
from predictor.report.compare.point_gates import compute_point_gates
from predictor.report.compare.rules import compute_rules
from predictor.report.compare.segments import compute_months, compute_segments
from predictor.report.compare.side_matrix import compute_side_matrix, describe_missing_side
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
from predictor.report.fairness import hide_routed
from predictor.report.table_cells import SAME, list_rows, update_judgement, update_sentence

_NAMES = {POINTS: "points", LEARNED: "learned points", MODEL: "model"}


@dataclass(frozen=True, repr=False)
class Comparison:
    """Points, learned points and model on the same leads.

    Attributes:
        tables: By name: `rankings`, `rankings_ever`, `gates`, `point_gates`, `bands`,
            `volume`, `equal_sqls`, `capacity`, `gains`, `steps`, `cells`, `swapped`, `rules`, `segments`, `months`,
            `reliability`, `fit_engagement`; from a training also `learned_points` and `time_to_sql`.
        sentences: What they say, the most important first.
        limitations: What these leads cannot show, and why.
    """

    tables: Mapping[str, pd.DataFrame]
    sentences: tuple[str, ...]
    limitations: tuple[str, ...]

    def with_tables(self, tables: Mapping[str, pd.DataFrame | None]) -> Self:
        """The comparison with further tables; those that are None are left out."""
        return replace(self, tables={**self.tables, **{name: table for name, table in tables.items() if table is not None}})

    def without_lead_ids(self) -> Self:
        """The comparison without the table that lists leads."""
        return replace(self, tables={name: table for name, table in self.tables.items() if name != "swapped"})

    def without_model(self) -> Self:
        """The same without what the model would choose: of a model that found no signal, that is luck."""
        tables = dict(self.tables)
        for name in ("rankings", "gates"):
            tables[name] = tables[name][tables[name]["way"] != MODEL].reset_index(drop=True)
        choices = ("volume", "equal_sqls", "capacity", "gains", "cells", "swapped", "fit_engagement")
        tables |= {name: tables[name].iloc[:0] for name in choices if name in tables}
        tables["steps"] = tables["steps"].iloc[:1]
        tables |= {name: hide_routed(tables[name]) for name in ("segments", "months")}
        return replace(
            self, tables=tables, sentences=tuple(_describe_tables(tables)), limitations=(_NO_SIGNAL, *self.limitations)
        )

    def describe_leads(self, leads: str) -> str:
        """What is compared, and on which leads; of a model that found no signal the points alone.

        Args:
            leads: As '374 leads'.
        """
        names = [name for way, name in _NAMES.items() if (self.tables["rankings"]["way"] == way).any()]
        if len(names) < 2:
            return f"{(names or ['model'])[0].capitalize()} on {leads}"
        return f"{', '.join(names[:-1])} and {names[-1]} on the same {leads}".capitalize()

    def to_json(self) -> dict[str, Any]:
        """The content of `comparison.json`: tables as columns and rows, None where a figure is missing; without `swapped`."""
        shown = self.without_lead_ids().tables
        tables = {name: json.loads(table.to_json(orient="split", index=False)) for name, table in shown.items()}
        return {"tables": tables, "sentences": list(self.sentences), "untold": list(self.limitations)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The comparison that `to_json` wrote; one in the words of version 0.1 gets those of today, tables and sentences."""
        tables = {name: pd.DataFrame(table["data"], columns=table["columns"]) for name, table in content["tables"].items()}
        sentences, is_old = tuple(content["sentences"]), False
        for table in tables.values():
            for column in table.columns[table.columns.str.endswith("told")]:
                judgements = table[column].map(update_judgement)
                is_old = is_old or not judgements.equals(table[column])
                table[column] = judgements
        if is_old:
            scored = (sentence for sentence in map(update_sentence, sentences) if sentence.startswith(SCORED))
            sentences = (*_describe_tables(tables), *scored)
        return cls(tables, sentences, tuple(content["untold"]))

    def __repr__(self) -> str:
        return f"<Comparison: {' '.join(self.sentences)}>"

    def _repr_html_(self) -> str:
        names = [name for name, table in self.tables.items() if len(table)]
        return to_paragraphs(*self.sentences, *self.limitations, f"Tables: {', '.join(names)}.")


def compute_comparison(
    tested: ComparedLeads, *, weekly: Sequence[float] = (), also: Sequence[float] = (), resamples: int = 200, seed: int = 0
) -> Comparison:
    """Every table of the comparison.

    Args:
        tested: Leads that no way was trained on.
        weekly: Weekly capacities to add to the round ones.
        also: Thresholds to add, such as the one that will serve.
        resamples: Behind each interval of a bootstrap.
        seed: The same seed gives the same figures.

    >>> draw = np.random.default_rng(0)
    >>> p = draw.random(400)
    >>> outcome = (draw.random(400) < p).astype(float)
    >>> leads = ComparedLeads(lead_id=np.arange(400).astype(object), outcome=outcome, probability=p, threshold=0.5)
    >>> compute_comparison(leads, resamples=20).limitations[0]
    'The leads have no points, so there is nothing to compare the model with.'
    """
    draws = {"resamples": resamples, "seed": seed}
    tables = {
        "rankings": compute_rankings(tested, **draws),
        "rankings_ever": compute_rankings_ever(tested, **draws),
        "gates": compute_gates(tested),
        "point_gates": compute_point_gates(tested),
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
        "fit_engagement": compute_side_matrix(tested),
    }
    sentences = [*_describe_tables(tables), *_describe_scored(tested, **draws)]
    return Comparison(tables, tuple(sentences), tuple(_list_limitations(tested)))


def thin(table: pd.DataFrame, most: int = 200) -> pd.DataFrame:
    """At most `most` rows of a table, evenly spaced, with the first and the last.

    >>> thin(pd.DataFrame({"days": range(10)}), most=4)["days"].tolist()
    [0, 3, 6, 9]
    """
    return table.iloc[np.unique(np.linspace(0, max(len(table) - 1, 0), most).round().astype(int))] if len(table) > most else table


def compute_gates(tested: ComparedLeads) -> pd.DataFrame:
    """What each gate hands over: the points gate, the gate of the learned points, and the model's threshold.

    Returns:
        A row a gate: `way`, `gate` (points, or probability), `leads`, `leads_per_week`, `share_routed`, `conversion` with `_low`,
        `_high` (Wilson, 95 %), `sqls_caught`, `verdict` (too loose below 15 %, too tight above 40 %), `text`.
    """
    rows = []
    for way, gate, routed in _list_gates(tested):
        result = judge_gate(tested.outcome, routed, weeks=tested.weeks, band=tested.band, name=_GATES[way])
        rows.append({
            "way": way, "gate": gate, "leads": result.leads, "leads_per_week": result.leads_per_week,
            "share_routed": result.share_routed, "conversion": result.conversion, "conversion_low": result.low,
            "conversion_high": result.high, "sqls_caught": result.sqls_caught, "verdict": result.verdict, "text": result.text,
        })  # fmt: skip
    return pd.DataFrame(rows)


_NO_SIGNAL = "The model found no signal in these leads, so there is nothing to compare the points with."
SCORED = "On the"  # how the sentence about leads that have points begins
_GATES = {POINTS: "points gate", LEARNED: "gate of the learned points", MODEL: "threshold"}


def _list_gates(tested: ComparedLeads) -> list[tuple[str, float, np.ndarray]]:
    gates = []
    if tested.routed is not None:
        gates.append((POINTS, np.nan if tested.gate is None else tested.gate, tested.routed))
    if tested.learned is not None and tested.learned_gate is not None:
        gates.append((LEARNED, tested.learned_gate, (tested.learned >= tested.learned_gate) | tested.qualified))
    return [*gates, (MODEL, tested.threshold, tested.probability >= tested.threshold)]


def _describe_tables(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """What the tables say, in sentences."""
    sentences = [str(text) for text in tables["gates"]["text"]]
    everyone, volume = tables["steps"].iloc[0], tables["volume"]
    if POINTS not in set(volume["way"]) or everyone["sqls"] in {0, everyone["leads"]}:
        return sentences
    if 0 < volume["leads"].iloc[0] < everyone["leads"]:
        sentences += _describe_pairs(tables)
    for row in list_rows(tables["rankings"].drop_duplicates("way")):
        verb = "ranks" if row["way"] == MODEL else "rank"
        sentences.append(f"The {row['way']} {verb} at AUC {_format_auc(row)} on {row['leads']:,} test leads with points.")
    for row in list_rows(tables["rankings_ever"]):
        which = f"On all {row['leads']:,} leads with points and known outcomes, training leads too,"
        sentences.append(f"{which} the points rank at AUC {_format_auc(row)}.")
    return sentences


def _describe_pairs(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Each way compared with another, with as many leads and for as many SQLs."""
    gates = dict(zip(tables["gates"]["way"], tables["gates"]["leads"], strict=True))
    which = name_volume(gated=POINTS in gates, trivial=gates[MODEL] != tables["volume"]["leads"].iloc[0])
    volume = [
        f"With the {row['leads']:,} test leads that {which}, {_describe_pair(row)}: {_format_difference(row, digits=1)} SQLs."
        for row in _list_pairs(tables["volume"])
    ]
    return volume + [
        f"For {row['sqls']:,.0f} SQLs sales works {row['leads']:,.0f} leads by the {row['way']}: "
        f"{_format_difference(row, digits=0)} compared with the {row['against']}."
        for row in _list_pairs(tables["equal_sqls"])
    ]


def _describe_scored(tested: ComparedLeads, *, resamples: int, seed: int) -> list[str]:
    """Model against points on the leads that have points. Points rank all other leads last, so the model gains from those."""
    if tested.points is None or not 0 < (has_points := ~np.isnan(tested.points)).sum() < len(has_points):
        return []
    scored = take_leads(tested, has_points)
    if len(np.unique(scored.outcome)) < 2 or not 0 < scored.handed.sum() < len(scored.outcome):
        return []
    volume = compute_volume(scored, resamples=resamples, seed=seed)
    which = f"{SCORED} {has_points.sum():,} test leads with points, with the {scored.handed.sum():,} that {scored.volume}"
    return [
        f"{which}, {_describe_pair(row)}: {_format_difference(row, digits=1)} SQLs."
        for row in list_rows(volume[(volume["way"] == MODEL) & (volume["against"] == POINTS) & (volume["told"] != "")])
    ]


def _list_pairs(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows that compare two ways; not where model and learned points are the same, so that nothing can differ."""
    ends = table[["difference", "difference_low", "difference_high"]].to_numpy(dtype=float)
    return list_rows(table[(table["told"] != "") & (ends != 0).any(axis=1)])


def _describe_pair(row: Mapping[str, Any]) -> str:
    if row["told"] == SAME:
        return f"there is no clear difference between the {row['way']} and the {row['against']}"
    return f"the {row['way']} {'is' if row['way'] == MODEL else 'are'} {row['told']} than the {row['against']}"


def _format_auc(row: Mapping[str, Any]) -> str:
    return f"{format_number(row['auc'], 3)} (95 %: {format_range(row['auc_low'], row['auc_high'], 3)})"


def _format_difference(row: Mapping[str, Any], *, digits: int) -> str:
    ends = format_range(row["difference_low"], row["difference_high"], digits, sign=True)
    return f"{format_number(row['difference'], digits, sign=True)} (95 %: {ends})"


def _list_limitations(tested: ComparedLeads) -> list[str]:
    limitations = []
    if tested.points is None:
        limitations.append("The leads have no points, so there is nothing to compare the model with.")
    elif tested.routed is None:
        limitations.append("No gate is named, so the page cannot show what today's gate does and which leads would be swapped.")
    elif not tested.routed.any() or tested.routed.all():
        which = "every" if tested.routed.all() else "no"
        limitations.append(f"The points gate hands over {which} test lead, so there is nothing to choose between.")
    if tested.points is not None and (missing := int(np.isnan(tested.points).sum())):
        without = f"{missing:,} of {count(len(tested.points), 'test lead')} {'has' if missing == 1 else 'have'} no points"
        limitations.append(f"{without}: by points they come last, so what the model finds among them is part of its gain.")
    if len(np.unique(tested.outcome)) < 2:
        which = "Every" if tested.outcome.any() else "No"
        limitations.append(f"{which} test lead became an SQL, so nobody can say which way catches more.")
    if tested.book is None or tested.times is None:
        limitations.append("There is no rule book, so its rules cannot be judged and points cannot be learned.")
    if side := describe_missing_side(tested):
        limitations.append(side)
    if tested.moments is None:
        limitations.append("The leads have no dates, so nothing can be shown by week or month.")
    return limitations
