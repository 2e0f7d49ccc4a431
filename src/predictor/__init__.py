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
    from predictor.audit.columns import audit_columns
    from predictor.core.errors import Finding, Findings, PredictorError
    from predictor.core.settings import Settings, load_settings, make_settings
    from predictor.data.values import Event
    from predictor.model.estimator import LeadClassifier
    from predictor.model.importance import compute_importance
    from predictor.model.threshold.recommend import Recommendation, recommend_threshold
    from predictor.model.verdict import Verdict
    from predictor.points.award import award_lead
    from predictor.points.rulebook import load_rule_book
    from predictor.report.compare.candidates import compute_threshold_rows, compute_verdict_table
    from predictor.report.compare.comparison import Comparison
    from predictor.report.notebook import show
    from predictor.report.plots.compare import plot_candidates, plot_gains, plot_importance, plot_lift, plot_point_bands
    from predictor.report.plots.training import plot_curve, plot_reliability, plot_thresholds
    from predictor.scoring.answer import Answer, Lead
    from predictor.scoring.batch import score_leads
    from predictor.scoring.bundle.files import list_bundles
    from predictor.scoring.bundle.registry import find_champion, promote, rollback
    from predictor.scoring.scorer import Scorer
    from predictor.simulate.files import save_firm
    from predictor.simulate.firm import simulate_firm
    from predictor.training.audit import audit_dataset, collect_findings
    from predictor.training.dataset import Dataset
    from predictor.training.from_tables import load_dataset
    from predictor.training.train import Trained, save_trained, track_trained
    from predictor.training.train import train as train_model

_PLACES = {
    "predictor.scoring.answer": ("Answer", "Lead"),
    "predictor.audit.columns": ("audit_columns",),
    "predictor.training.audit": ("audit_dataset", "collect_findings"),
    "predictor.scoring.batch": ("score_leads",),
    "predictor.scoring.bundle.files": ("find_champion", "list_bundles", "promote", "rollback"),
    "predictor.core.settings": ("Settings", "load_settings", "make_settings"),
    "predictor.core.errors": ("Finding", "Findings", "PredictorError"),
    "predictor.model.estimator": ("LeadClassifier",),
    "predictor.model.importance": ("compute_importance",),
    "predictor.model.threshold.recommend": ("Recommendation", "recommend_threshold"),
    "predictor.model.verdict": ("Verdict",),
    "predictor.points.award": ("award_lead",),
    "predictor.points.rulebook": ("load_rule_book",),
    "predictor.report.compare.comparison": ("Comparison",),
    "predictor.report.compare.candidates": ("compute_threshold_rows", "compute_verdict_table"),
    "predictor.report.plots.training": ("plot_curve", "plot_reliability", "plot_thresholds"),
    "predictor.report.plots.compare": ("plot_candidates", "plot_gains", "plot_importance", "plot_lift", "plot_point_bands"),
    "predictor.report.notebook": ("show",),
    "predictor.scoring.scorer": ("Scorer",),
    "predictor.simulate.files": ("save_firm",),
    "predictor.simulate.firm": ("simulate_firm",),
    "predictor.training.dataset": ("Dataset",),
    "predictor.training.from_tables": ("load_dataset",),
    "predictor.training.train": ("Trained", "save_trained", "track_trained"),
    "predictor.data.values": ("Event",),
}
_PLACE_OF = {name: (place, name) for place, names in _PLACES.items() for name in names}
_PLACE_OF["train_model"] = ("predictor.training.train", "train")  # `predictor.training.train` is the module

__all__ = [
    "Answer",
    "Comparison",
    "Dataset",
    "Event",
    "Finding",
    "Findings",
    "Lead",
    "LeadClassifier",
    "PredictorError",
    "Recommendation",
    "Scorer",
    "Settings",
    "Trained",
    "Verdict",
    "audit_columns",
    "audit_dataset",
    "award_lead",
    "collect_findings",
    "compute_importance",
    "compute_threshold_rows",
    "compute_verdict_table",
    "find_champion",
    "list_bundles",
    "load_dataset",
    "load_rule_book",
    "load_settings",
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
