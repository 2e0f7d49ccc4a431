"""The evidence for a decision, read from the tables of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from predictor.core.settings_sections import ThresholdSettings
from predictor.core.wording import format_band, format_exact_percent, format_rounded, is_missing
from predictor.model.metrics.intervals import wilson
from predictor.model.threshold.recommend import reaches_policy
from predictor.report.compare.compared_leads import LEARNED, MODEL, POINTS
from predictor.report.compare.comparison import SCORED, Comparison
from predictor.report.compare.point_gates import choose_point_gate
from predictor.report.compare.threshold_steps import PREFIXES, compute_period, format_unit, locate_threshold
from predictor.report.decision.evidence import BEST, Evidence, Gain, Handed, LeadCounts, ModelFacts, PointsGate, Source, Volume
from predictor.report.table_cells import SAME, list_rows

SERVES = ModelFacts(signal=True)
_MUCH = 1.05  # times the capacity, from which a gate hands over more than sales can work


def read_evidence(
    comparison: Comparison,
    *,
    threshold: float | None,
    settings: ThresholdSettings,
    model: ModelFacts = SERVES,
) -> Evidence:
    """What the tables of a comparison say of points, learned points and model at the volume that sales works.

    That volume is sales' capacity where the policy is `capacity`, else what today's gate hands over, else what the threshold
    does. It is half of the leads where these hand over every lead or none.

    Another volume decides where that one shows no clear difference and the model is surely better than the points there: what
    the new gate hands over, where today's should change; half of the leads, where nobody named a volume.

    Args:
        comparison: The tables.
        threshold: The threshold of the figures; None where the model found no signal.
        settings: The firm's policy.
        model: What else is known of the model: its `threshold` is that of the model that serves, where the figures are those of
            another; `signal` and `best` follow from the tables.
    """
    steps = comparison.tables["steps"]
    everyone, period = list_rows(steps.iloc[:1])[0], compute_period(steps)
    tested = LeadCounts(
        leads=int(everyone["leads"]), sqls=int(everyone["sqls"]), unit=format_unit(steps),
        load=_read_handed(everyone["leads"], everyone["sqls"], period),
    )  # fmt: skip
    volume = _read_volume(comparison, threshold, settings, period, reaches=model.reaches)
    today = _read_gate(comparison, period)
    advised, misses = (None, False) if today is None else _advise_gate(comparison, settings, period)
    if advised is not None and model.may_serve and _shows_nothing(volume):
        at_new = _read_step(_find_step(steps, advised.handed.leads * period), period, source="new gate")
        volume = at_new if at_new.is_better(MODEL, POINTS) else volume
    serving = threshold if model.threshold is None else model.threshold
    return Evidence(
        tested=tested,
        model=replace(model, signal=threshold is not None, threshold=serving, best=_read_best(comparison)),
        volume=volume,
        proposals=_read_proposals(comparison, 0.0 if serving == 0 or not model.reaches else threshold, period),
        today=today,
        advised=advised,
        misses=misses,
        wanted=describe_wanted(settings),
        learned_gate=_read_learned_gate(comparison),
        caveats=tuple(text for text in comparison.sentences if text.startswith(SCORED)),
    )


def describe_wanted(settings: ThresholdSettings) -> str:
    """What the policy wants of the leads handed over, in words.

    >>> from predictor.core.settings import make_settings
    >>> describe_wanted(make_settings({}).threshold)
    'the wanted conversion of 20 to 30 %'
    """
    return {
        "band": f"the wanted conversion of {format_band(settings.band)}",
        "precision": f"the wanted conversion of at least {format_exact_percent(settings.precision)}",
        "capacity": f"the {format_rounded(settings.leads_per_week)} leads a week that sales can work",
        "value": "the most value",
    }[settings.policy]


def _read_volume(
    comparison: Comparison, threshold: float | None, settings: ThresholdSettings, period: float, *, reaches: bool
) -> Volume:
    """What each way finds at the volume that sales works; points alone where the model found no signal."""
    tables = comparison.tables
    steps, volume, capacity = tables["steps"], tables["volume"], tables["capacity"]
    everyone = float(steps["leads"].iloc[0])
    has_points = len(tables["bands"]) > 0
    if threshold is None or not len(volume):
        return Volume(source="half", ways=dict.fromkeys([POINTS] if has_points else [], _read_handed(0, 0, period)))
    rows = capacity[capacity["leads_per_week"] == settings.leads_per_week] if settings.policy == "capacity" else capacity.iloc[:0]
    if len(rows) and 0 < rows["leads"].iloc[0] < everyone:
        weekly = rows.rename(columns={"sqls_per_week": "sqls"}).assign(sqls=lambda table: table["sqls"] * period)
        return Volume(source="capacity", ways=_read_ways(weekly, period), gains=_read_gains(weekly, 1.0))
    gated = (tables["gates"]["way"] == POINTS).any()
    at = int(locate_threshold(steps, threshold))
    trivial = at == 0 or not reaches
    half = _find_step(steps, everyone / 2)
    if 0 < volume["leads"].iloc[0] < everyone and (gated or reaches):
        source: Source = "gate" if gated else "half" if trivial else "threshold"
        found = Volume(source=source, ways=_read_ways(volume, period), gains=_read_gains(volume, period))
        fewer = _read_step(half, period, source="half")
        return fewer if source == "threshold" and _shows_nothing(found) and fewer.is_better(MODEL, POINTS) else found
    row = half if trivial else list_rows(steps.iloc[[at]])[0]
    return _read_step(row, period, source="half" if trivial else "threshold")


def _shows_nothing(volume: Volume) -> bool:
    """Whether there is no clear difference between the points and what may replace them."""
    gains = volume.gains
    return (MODEL, POINTS) in gains and gains[MODEL, POINTS].judgement == SAME and not volume.is_better(LEARNED, POINTS)


def _read_ways(table: pd.DataFrame, period: float) -> dict[str, Handed]:
    rows = list_rows(table.drop_duplicates("way"))
    return {str(row["way"]): _read_handed(row["leads"], row["sqls"], period) for row in rows}


def _read_gains(table: pd.DataFrame, period: float) -> dict[tuple[str, str], Gain]:
    return {
        (str(row["way"]), str(row["against"])): _read_gain(row, "", period) for row in list_rows(table[table["against"] != ""])
    }


def _find_step(steps: pd.DataFrame, leads: float) -> dict[str, Any]:
    """The step of the sliders that hands over about as many leads."""
    return list_rows(steps.iloc[[int((steps["leads"] - leads).abs().argmin())]])[0]


def _read_step(row: Mapping[str, Any], period: float, *, source: Source) -> Volume:
    """A step of the sliders as a volume: the model, and what points and learned points find with as many leads."""
    ways, gains = {MODEL: _read_handed(row["leads"], row["sqls"], period)}, {}
    for way, prefix in PREFIXES.items():
        if not is_missing(row[f"{prefix}_sqls"]):
            ways[way] = _read_handed(row["leads"], row[f"{prefix}_sqls"], period)
            gains[MODEL, way] = _read_gain(row, f"{prefix}_", period)
    return Volume(source=source, ways=ways, gains=gains)


def _read_gain(row: Mapping[str, Any], prefix: str, period: float) -> Gain:
    mean, low, high = (float(row[f"{prefix}difference{end}"]) / period for end in ("", "_low", "_high"))
    return Gain(mean=mean, low=low, high=high, judgement=str(row[f"{prefix}told"]))


def _read_handed(leads: float, sqls: float, period: float) -> Handed:
    low, high = wilson(min(sqls, leads), leads) if leads else (np.nan, np.nan)
    return Handed(leads=float(leads) / period, sqls=float(sqls) / period, low=float(low), high=float(high))


def _read_gate(comparison: Comparison, period: float) -> PointsGate | None:
    gates = comparison.tables["gates"]
    rows = list_rows(gates[gates["way"] == POINTS])
    if not rows:
        return None
    row, gate = rows[0], rows[0]["gate"]
    handed = _read_handed(row["leads"], _count_sqls(row), period)
    return PointsGate(gate=None if is_missing(gate) else float(gate), handed=handed)


def _count_sqls(row: Mapping[str, Any]) -> float:
    """How many of the leads of a row became SQLs; 0 where it hands over none."""
    return 0.0 if is_missing(row["conversion"]) else round(row["conversion"] * row["leads"])


def _advise_gate(comparison: Comparison, settings: ThresholdSettings, period: float) -> tuple[PointsGate | None, bool]:
    """The gate that surely keeps the policy where today's surely does not; or whether today's does not, and none would."""
    gates = comparison.tables.get("point_gates")
    if gates is None or not gates["today"].any():
        return None, False
    place, today = choose_point_gate(gates, settings), int(gates["today"].to_numpy(dtype=bool).argmax())
    if settings.policy == "precision" or (settings.policy == "band" and gates["conversion"].iloc[0] < settings.band[0]):
        misses = _misses_promise(gates.iloc[today], settings)
        if not misses or place is None or not reaches_policy(gates["conversion_low"].iloc[place], settings):
            return None, misses
    elif place is None or place == today or not _is_worth_changing(gates, today, place, settings):
        return None, False
    row = gates.iloc[place]
    return PointsGate(gate=float(row["gate"]), handed=_read_handed(row["leads"], row["sqls"], period)), False


def _misses_promise(gate: pd.Series[float], settings: ThresholdSettings) -> bool:
    """Whether a gate surely misses the conversion that the policy wants."""
    ceiling = settings.band[1] if settings.policy == "band" else 1.0
    return not reaches_policy(gate["conversion_high"], settings) or bool(gate["conversion_low"] > ceiling)


def _is_worth_changing(gates: pd.DataFrame, today: int, place: int, settings: ThresholdSettings) -> bool:
    """Whether another gate is surely better, where no conversion is promised.

    By capacity where it hands over more than sales can work, or surely less. Else the leads between the two gates decide: surely
    above or below the conversion that pays.
    """
    old, new = gates.iloc[today], gates.iloc[place]
    if settings.policy == "capacity":
        return bool(
            old["leads_per_week"] > _MUCH * settings.leads_per_week or new["leads_per_week"] > _MUCH * old["leads_per_week"]
        )
    floor = settings.cost / settings.amount if settings.policy == "value" else settings.band[0]
    low, high = wilson(abs(new["sqls"] - old["sqls"]), abs(new["leads"] - old["leads"]))
    return bool(low > floor if place < today else high < floor)


def _read_proposals(comparison: Comparison, threshold: float | None, period: float) -> dict[str, Handed]:
    """What model and learned points hand over by the policy; without one that hands over every lead or none."""
    steps, gates = comparison.tables["steps"], comparison.tables["gates"]
    if threshold is None:
        return {}
    rows = [{"way": MODEL, **list_rows(steps)[locate_threshold(steps, threshold)]}, *list_rows(gates[gates["way"] == LEARNED])]
    return {
        row["way"]: _read_handed(row["leads"], _count_sqls(row), period)
        for row in rows
        if 0 < row["leads"] < steps["leads"].iloc[0]
    }


def _read_best(comparison: Comparison) -> tuple[float, float, float]:
    gains = comparison.tables["gains"]
    rows = gains[(gains["way"] == MODEL) & np.isclose(gains["share"].to_numpy(dtype=float), BEST)]
    if not len(rows):
        return (np.nan, np.nan, np.nan)
    caught, low, high = (float(rows[f"caught{end}"].iloc[0]) for end in ("", "_low", "_high"))
    return (caught, low, high)


def _read_learned_gate(comparison: Comparison) -> float | None:
    table = comparison.tables.get("learned_points")
    if table is not None and len(table) and "gate" in table:
        return float(table["gate"].iloc[0])
    gates = comparison.tables["gates"]
    learned = gates.loc[gates["way"] == LEARNED, "gate"]
    return float(learned.iloc[0]) if len(learned) and not is_missing(learned.iloc[0]) else None
