"""The monitor in a few figures, for a system that draws them over time and raises alarms."""

from __future__ import annotations

import pandas as pd

from predictor.core.wording import is_missing
from predictor.store.monitor.monitor import Monitored
from predictor.store.monitor.response import BROKEN

FIGURES = {
    "known_leads": "Leads of the model that serves whose outcome is known.",
    "promised_ratio": "Their mean probability.",
    "realised_ratio": "The share of them that was accepted.",
    "routed_conversion_ratio": "The share accepted of the leads that sales got, in weeks whose outcomes are known, all models.",
    "drift_index": "Population stability index of the probability of new leads beside those of the training.",
    "moved_features": "Features of new leads whose index is 0.25 or more.",
    "broken_agreements": "What was broken of the agreement between sales and marketing in the newest week that shows it.",
    "act": "1 if the advice is to train again or to promote the challenger, else 0.",
}
_AGREED = ("volume", "response", "acceptance")


def compute_figures(monitored: Monitored) -> dict[str, float]:
    """Name -> figure, of `FIGURES`; those that cannot be said yet are left out."""
    tables = monitored.tables
    drift, weeks, agreement = tables["drift"], tables["weeks"], tables["agreement"]
    known = weeks[~weeks["verdict"].isin(["open", ""])]
    figures = {
        **_sum_promises(tables.get("promises")),
        "routed_conversion_ratio": _divide(known["accepted"].sum(), known["handed_over"].sum()),
        "drift_index": drift["index"].iloc[0],
        "moved_features": drift["verdict"].iloc[1:].eq("moved").sum(),
        "broken_agreements": sum(agreement[name].tail(1).eq(BROKEN).sum() for name in _AGREED),
        "act": monitored.advice.moved,
    }
    return {name: float(figure) for name, figure in figures.items() if not is_missing(figure)}


def _sum_promises(promises: pd.DataFrame | None) -> dict[str, float | None]:
    if promises is None:
        return {}
    leads = promises["leads"].sum()
    sums = {name: (promises[name] * promises["leads"]).sum() for name in ("promised", "realised")}
    return {"known_leads": leads} | {f"{name}_ratio": _divide(part, leads) for name, part in sums.items()}


def _divide(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None
