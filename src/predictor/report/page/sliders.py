"""What the page shows at each place of its sliders: every figure in words, so that a browser only looks it up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from predictor.core.wording import (
    DASH,
    format_number,
    format_percent,
    format_percent_range,
    format_share,
    format_threshold,
    format_weekly,
    is_missing,
)
from predictor.report.compare.threshold_steps import PREFIXES, measure_load

Row = Mapping[str, Any]

_STEPS = 200  # places of the slider of capacity, at least half as many


def describe_steps(steps: pd.DataFrame) -> dict[str, list[str]]:
    """Each figure of the page's choice in words, a list with one text for each threshold.

    Leads and SQLs are told a week, or of every 100 leads that come in where these carry no dates.

    >>> from predictor.report.compare.threshold_steps import compute_steps
    >>> from predictor.report.compare.ways import ComparedLeads
    >>> leads = ComparedLeads(np.arange(4).astype(object), np.array([0.0, 0, 1, 1]), np.array([0.1, 0.2, 0.2, 0.7]), 0.2, weeks=2)
    >>> told = describe_steps(compute_steps(leads))
    >>> told["threshold"], told["load"], told["conversion"][1], told["in"][1]
    (['0 (every lead)', '0.2', '0.7'], ['2.0', '1.5', '0.5'], '67 % (21 to 94 %)', '–')
    """
    per = find_period(steps)
    rows = [_tell({str(name): value for name, value in row.items()}, per) for row in steps.to_dict("records")]
    return {name: [row[name] for row in rows] for name in rows[0]}


def find_period(steps: pd.DataFrame) -> float:
    """What a number of test leads is divided by: the weeks, or hundreds of leads where they carry no dates."""
    return float(steps["leads"].iloc[0] / measure_load(steps)[0])


def format_unit(steps: pd.DataFrame) -> str:
    """What leads and SQLs are told by: 'a week', or 'of every 100 leads'."""
    return "of every 100 leads" if steps["leads_per_week"].isna().any() else "a week"


def find_place(steps: pd.DataFrame, threshold: float) -> int:
    """The row of a threshold; of one that is not there, the row that hands over the same leads."""
    return max(int(np.searchsorted(steps["threshold"].to_numpy(dtype=float), threshold, side="right")) - 1, 0)


def make_slider(steps: pd.DataFrame, threshold: float) -> dict[str, Any]:
    """What the browser needs: texts by row, the numbers it looks rows up by, and where it starts.

    Returns:
        `texts` (of `describe_steps`), `verdict`, `load`, `here` (the place in the charts) by row; `start` and `most`,
        `step` of the capacity.
    """
    load = measure_load(steps)
    step = _choose_step(float(load[0]))
    here = steps[["threshold", "share_routed", "sqls_caught"]].rename(columns={"share_routed": "share", "sqls_caught": "caught"})
    return {
        "texts": describe_steps(steps),
        "verdict": steps["verdict"].tolist(),
        "load": load.tolist(),
        "here": [
            {str(key): None if is_missing(value) else value for key, value in row.items()} for row in here.to_dict("records")
        ],
        "start": find_place(steps, threshold),
        "most": float(step * np.ceil(load[0] / step)),
        "step": step,
    }


def _choose_step(most: float) -> float:
    """A round number that leaves the slider of capacity about 100 to 250 places."""
    size = 10.0 ** np.floor(np.log10(max(most, 1e-6) / _STEPS))
    return float(next(step for step in (size, 2 * size, 5 * size, 10 * size) if most / step <= 1.25 * _STEPS))


def _tell(row: Row, per: float) -> dict[str, str]:
    told = {
        "threshold": format_threshold(float(row["threshold"])),
        "load": format_weekly(row["leads"] / per),
        "sqls": format_weekly(row["sqls"] / per),
        "conversion": format_share(row["conversion"], row["conversion_low"], row["conversion_high"]),
        "rate": format_percent(row["conversion"]),
        "interval": format_percent_range(row["conversion_low"], row["conversion_high"]),
        "caught": format_percent(row["sqls_caught"]),
        "share": format_percent(row["share_routed"]),
        "verdict": str(row["verdict"]).capitalize(),
    }
    for prefix in PREFIXES.values():
        told |= {f"{prefix}_{name}": text for name, text in _tell_rival(row, prefix, per).items()}
    return told | {side: _tell_swap(row, side, per) for side in ("in", "out")}


def _tell_rival(row: Row, prefix: str, per: float) -> dict[str, str]:
    """What another way catches with as many leads, and what the model is beside it."""
    sqls, gap = row[f"{prefix}_sqls"], row[f"{prefix}_difference"]
    share = format_share(*(row[f"{prefix}_conversion{end}"] for end in ("", "_low", "_high")))
    ends = [format_number(row[f"{prefix}_difference_{end}"] / per, 1, sign=True) for end in ("low", "high")]
    spread = "" if DASH in ends else f" ({ends[0]} to {ends[1]})"
    caught = format_percent(sqls * row["sqls_caught"] / row["sqls"]) if row["sqls"] else DASH
    told = {"difference": f"{format_number(gap / per, 1, sign=True)}{spread}", "told": str(row[f"{prefix}_told"])}
    return {"sqls": format_weekly(sqls / per), "conversion": share, "caught": caught, **told}


def _tell_swap(row: Row, side: str, per: float) -> str:
    """Leads that are swapped, and what came of them."""
    if is_missing(row[f"{side}_leads"]):
        return DASH
    if not row[f"{side}_leads"]:
        return "none"
    share = format_share(*(row[f"{side}_conversion{end}"] for end in ("", "_low", "_high")))
    return f"{format_weekly(row[f'{side}_leads'] / per)}, of which {share} became SQLs"
