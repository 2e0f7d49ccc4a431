"""Lead conversion predictor: the probability that a marketing qualified lead becomes a sales qualified lead.

>>> import predictor
>>> settings = predictor.make_settings({"threshold": {"policy": "capacity", "leads_per_week": 50}})
>>> settings.threshold.policy
'capacity'

The public names are loaded when they are first used, so that a serving process does not load what only training needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from predictor.answer import Answer, Lead
    from predictor.audit import audit_columns, audit_study, gather_findings
    from predictor.batch import score_leads
    from predictor.bundle import find_champion, list_bundles, promote, rollback
    from predictor.config import Settings, load_settings, make_settings
    from predictor.errors import Finding, Findings, PredictorError
    from predictor.estimator import LeadClassifier
    from predictor.model.importance import compute_importance
    from predictor.model.threshold import Recommendation, recommend_threshold
    from predictor.model.verdict import Verdict
    from predictor.points.award import award_lead
    from predictor.points.rulebook import load_rule_book
    from predictor.report.compare import Comparison, compute_threshold_rows, compute_verdict_table
    from predictor.report.plots import plot_curve, plot_reliability, plot_thresholds
    from predictor.report.plots_compare import plot_candidates, plot_gains, plot_importance, plot_lift, plot_point_bands
    from predictor.report.shown import show
    from predictor.score import Scorer
    from predictor.simulate import save_firm, simulate_firm
    from predictor.study import Study
    from predictor.table_study import load_study
    from predictor.train import Trained, save_trained, track_trained
    from predictor.train import train as train_model
    from predictor.values import Event

_PLACES = {
    "predictor.answer": ("Answer", "Lead"),
    "predictor.audit": ("audit_columns", "audit_study", "gather_findings"),
    "predictor.batch": ("score_leads",),
    "predictor.bundle": ("find_champion", "list_bundles", "promote", "rollback"),
    "predictor.config": ("Settings", "load_settings", "make_settings"),
    "predictor.errors": ("Finding", "Findings", "PredictorError"),
    "predictor.estimator": ("LeadClassifier",),
    "predictor.model.importance": ("compute_importance",),
    "predictor.model.threshold": ("Recommendation", "recommend_threshold"),
    "predictor.model.verdict": ("Verdict",),
    "predictor.points.award": ("award_lead",),
    "predictor.points.rulebook": ("load_rule_book",),
    "predictor.report.compare": ("Comparison", "compute_threshold_rows", "compute_verdict_table"),
    "predictor.report.plots": ("plot_curve", "plot_reliability", "plot_thresholds"),
    "predictor.report.plots_compare": ("plot_candidates", "plot_gains", "plot_importance", "plot_lift", "plot_point_bands"),
    "predictor.report.shown": ("show",),
    "predictor.score": ("Scorer",),
    "predictor.simulate": ("save_firm", "simulate_firm"),
    "predictor.study": ("Study",),
    "predictor.table_study": ("load_study",),
    "predictor.train": ("Trained", "save_trained", "track_trained"),
    "predictor.values": ("Event",),
}
_PLACE_OF = {name: (place, name) for place, names in _PLACES.items() for name in names}
_PLACE_OF["train_model"] = ("predictor.train", "train")  # `predictor.train` is the module

__all__ = [
    "Answer",
    "Comparison",
    "Event",
    "Finding",
    "Findings",
    "Lead",
    "LeadClassifier",
    "PredictorError",
    "Recommendation",
    "Scorer",
    "Settings",
    "Study",
    "Trained",
    "Verdict",
    "audit_columns",
    "audit_study",
    "award_lead",
    "compute_importance",
    "compute_threshold_rows",
    "compute_verdict_table",
    "find_champion",
    "gather_findings",
    "list_bundles",
    "load_rule_book",
    "load_settings",
    "load_study",
    "make_settings",
    "plot_candidates",
    "plot_curve",
    "plot_gains",
    "plot_importance",
    "plot_lift",
    "plot_point_bands",
    "plot_reliability",
    "plot_thresholds",
    "promote",
    "recommend_threshold",
    "rollback",
    "save_firm",
    "save_trained",
    "score_leads",
    "show",
    "simulate_firm",
    "track_trained",
    "train_model",
]


def __getattr__(name: str) -> object:
    if name not in _PLACE_OF:
        raise AttributeError(f"module 'predictor' has no attribute '{name}'")
    place, its_name = _PLACE_OF[name]
    return getattr(import_module(place), its_name)


def __dir__() -> list[str]:
    return sorted(__all__)
