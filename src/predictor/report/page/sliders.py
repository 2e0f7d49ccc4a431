"""What the page shows at each place of its sliders: every figure as text, so that the browser only looks it up."""

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
from predictor.report.compare.threshold_steps import PREFIXES, compute_load, compute_period, locate_threshold
from predictor.report.table_cells import list_rows

Row = Mapping[str, Any]

_STEPS = 200  # places of the slider of capacity, at least half as many


def describe_steps(steps: pd.DataFrame) -> dict[str, list[str]]:
    """Each figure beside the page's sliders as text, a list with one text for each threshold.

    Leads and SQLs are per week, or of every 100 leads where they have no dates.

    >>> from predictor.report.compare.threshold_steps import compute_steps
    >>> from predictor.report.compare.compared_leads import ComparedLeads
    >>> leads = ComparedLeads(
    ...     lead_id=np.arange(4).astype(object), outcome=np.array([0.0, 0, 1, 1]), probability=np.array([0.1, 0.2, 0.2, 0.7]),
    ...     threshold=0.2, weeks=2)
    >>> texts = describe_steps(compute_steps(leads))
    >>> texts["threshold"], texts["load"], texts["conversion"][1], texts["in"][1]
    (['0 % (every lead)', '20 %', '70 %'], ['2.0', '1.5', '0.5'], '67 % (21 to 94 %)', '–')
    """
    period = compute_period(steps)
    rows = [_describe_step(row, period) for row in list_rows(steps)]
    return {name: [row[name] for row in rows] for name in rows[0]}


def make_slider(steps: pd.DataFrame, threshold: float) -> dict[str, Any]:
    """What the browser needs: texts by row, the numbers it looks rows up by, and where it starts.

    Returns:
        `texts` (from `describe_steps`), `verdict`, `load`, `here` (the place in the charts) by row; `start`; `most` and
        `step` of the capacity.
    """
    load = compute_load(steps)
    step = _choose_step(float(load[0]))
    here = steps[["threshold", "share_routed", "sqls_caught"]].rename(columns={"share_routed": "share", "sqls_caught": "caught"})
    return {
        "texts": describe_steps(steps),
        "verdict": steps["verdict"].tolist(),
        "load": load.tolist(),
        "here": [{name: None if is_missing(value) else value for name, value in row.items()} for row in list_rows(here)],
        "start": locate_threshold(steps, threshold),
        "most": float(step * np.ceil(load[0] / step)),
        "step": step,
    }


def name_threshold(final: float | None) -> str:
    """What the threshold of the figures is called.

    >>> name_threshold(0.07), name_threshold(None)
    ('tested threshold', "model's threshold")
    """
    return "model's threshold" if final is None else "tested threshold"


def describe_final(final: float) -> str:
    """The threshold that serves, which was chosen with the test leads.

    >>> describe_final(0.0688)
    "The final model's threshold is 6.88 %, chosen on all leads by the same rule."
    """
    return f"The final model's threshold is {format_threshold(final)}, chosen on all leads by the same rule."


def _choose_step(most: float) -> float:
    """A round number that leaves the slider of capacity about 100 to 250 places."""
    size = 10.0 ** np.floor(np.log10(max(most, 1e-6) / _STEPS))
    return float(next(step for step in (size, 2 * size, 5 * size, 10 * size) if most / step <= 1.25 * _STEPS))


def _describe_step(row: Row, period: float) -> dict[str, str]:
    texts = {
        "threshold": format_threshold(float(row["threshold"])),
        "load": format_weekly(row["leads"] / period),
        "sqls": format_weekly(row["sqls"] / period),
        "conversion": format_share(row["conversion"], row["conversion_low"], row["conversion_high"]),
        "rate": format_percent(row["conversion"]),
        "interval": format_percent_range(row["conversion_low"], row["conversion_high"]),
        "caught": format_percent(row["sqls_caught"]),
        "share": format_percent(row["share_routed"]),
        "verdict": str(row["verdict"]).capitalize(),
    }
    for prefix in PREFIXES.values():
        texts |= {f"{prefix}_{name}": text for name, text in _describe_rival(row, prefix, period).items()}
    return texts | {side: _describe_swap(row, side, period) for side in ("in", "out")}


def _describe_rival(row: Row, prefix: str, period: float) -> dict[str, str]:
    """What another way catches with as many leads, and how the model compares."""
    sqls, difference = row[f"{prefix}_sqls"], row[f"{prefix}_difference"]
    share = format_share(*(row[f"{prefix}_conversion{end}"] for end in ("", "_low", "_high")))
    ends = [format_number(row[f"{prefix}_difference_{end}"] / period, 1, sign=True) for end in ("low", "high")]
    spread = "" if DASH in ends else f" ({ends[0]} to {ends[1]})"
    caught = format_percent(sqls * row["sqls_caught"] / row["sqls"]) if row["sqls"] else DASH
    return {
        "sqls": format_weekly(sqls / period),
        "conversion": share,
        "caught": caught,
        "difference": f"{format_number(difference / period, 1, sign=True)}{spread}",
        "told": str(row[f"{prefix}_told"]),
    }


def _describe_swap(row: Row, side: str, period: float) -> str:
    """Leads that are swapped, and their conversion."""
    if is_missing(row[f"{side}_leads"]):
        return DASH
    if not row[f"{side}_leads"]:
        return "none"
    share = format_share(*(row[f"{side}_conversion{end}"] for end in ("", "_low", "_high")))
    return f"{format_weekly(row[f'{side}_leads'] / period)}, of which {share} became SQLs"
