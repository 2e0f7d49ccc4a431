"""Lead conversion predictor: the probability that a marketing qualified lead becomes a sales qualified lead.

>>> import predictor
>>> settings = predictor.make_settings({"threshold": {"policy": "capacity", "leads_per_week": 50}})
>>> settings.threshold.policy
'capacity'

The public names are loaded when they are first used, so that a serving process does not load what only training needs.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from predictor.audit.columns import audit_columns
    from predictor.core.errors import Finding, Findings, PredictorError
    from predictor.core.settings import Settings, load_settings, make_settings
    from predictor.data.values import Event
    from predictor.features.own_features import feature
    from predictor.model.estimator import LeadClassifier
    from predictor.model.threshold.recommend import Recommendation, recommend_threshold
    from predictor.model.verdict import Verdict
    from predictor.report import plots
    from predictor.scoring.answer import Answer, Lead
    from predictor.scoring.batch import score_leads
    from predictor.scoring.bundle.files import list_bundles
    from predictor.scoring.bundle.registry import find_champion, promote, rollback
    from predictor.scoring.scorer import Scorer
    from predictor.scoring.spark import score_spark
    from predictor.training.audit import audit_dataset
    from predictor.training.dataset import Dataset
    from predictor.training.from_tables import load_dataset
    from predictor.training.track_trained import track_trained
    from predictor.training.train import save_trained, train
    from predictor.training.trained import Trained

_MODULES = {
    "predictor.audit.columns": ("audit_columns",),
    "predictor.core.errors": ("Finding", "Findings", "PredictorError"),
    "predictor.core.settings": ("Settings", "load_settings", "make_settings"),
    "predictor.data.values": ("Event",),
    "predictor.features.own_features": ("feature",),
    "predictor.model.estimator": ("LeadClassifier",),
    "predictor.model.threshold.recommend": ("Recommendation", "recommend_threshold"),
    "predictor.model.verdict": ("Verdict",),
    "predictor.scoring.answer": ("Answer", "Lead"),
    "predictor.scoring.batch": ("score_leads",),
    "predictor.scoring.bundle.files": ("list_bundles",),
    "predictor.scoring.bundle.registry": ("find_champion", "promote", "rollback"),
    "predictor.scoring.scorer": ("Scorer",),
    "predictor.scoring.spark": ("score_spark",),
    "predictor.training.audit": ("audit_dataset",),
    "predictor.training.dataset": ("Dataset",),
    "predictor.training.from_tables": ("load_dataset",),
    "predictor.training.track_trained": ("track_trained",),
    "predictor.training.train": ("save_trained", "train"),
    "predictor.training.trained": ("Trained",),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

_OLD = {  # names of version 0.1: (module, name there, what to use now); they go with the next release
    "Comparison": ("predictor.report.compare.comparison", "Comparison", "Trained.comparison"),
    "Study": ("predictor.training.dataset", "Dataset", "predictor.Dataset"),
    "audit_study": ("predictor.training.audit", "audit_dataset", "predictor.audit_dataset"),
    "award_lead": ("predictor.points.award", "award_lead", "predictor.points.award.award_lead"),
    "compute_importance": ("predictor.model.importance", "compute_importance", "Trained.importance"),
    "compute_threshold_rows": ("predictor.report.compare.candidates", "compute_threshold_rows", "Trained.thresholds"),
    "compute_verdict_table": ("predictor.report.compare.candidates", "compute_verdict_table", "Trained.candidates"),
    "gather_findings": ("predictor.training.audit", "collect_findings", "Trained.findings"),
    "load_rule_book": ("predictor.points.rulebook", "load_rule_book", "predictor.points.rulebook.load_rule_book"),
    "load_study": ("predictor.training.from_tables", "load_dataset", "predictor.load_dataset"),
    "save_firm": ("predictor.simulate.files", "save_firm", "predictor.simulate.files.save_firm"),
    "simulate_firm": ("predictor.simulate.firm", "simulate_firm", "predictor.simulate.firm.simulate_firm"),
    "train_model": ("predictor.training.train", "train", "predictor.train"),
    **{
        name: ("predictor.report.plots", name, f"predictor.plots.{name}")
        for name in (
            "plot_candidates", "plot_curve", "plot_gains", "plot_importance", "plot_lift", "plot_point_bands", "plot_reliability",
            "plot_thresholds", "show",
        )
    },
}  # fmt: skip

__all__ = [
    "Answer",
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
    "feature",
    "find_champion",
    "list_bundles",
    "load_dataset",
    "load_settings",
    "make_settings",
    "plots",
    "promote",
    "recommend_threshold",
    "rollback",
    "save_trained",
    "score_leads",
    "score_spark",
    "track_trained",
    "train",
]


def __getattr__(name: str) -> object:
    if name == "plots":
        return import_module("predictor.report.plots")
    if name in _MODULE_OF:
        return getattr(import_module(_MODULE_OF[name]), name)
    if name in _OLD:
        module, new_name, replacement = _OLD[name]
        message = f"predictor.{name} goes with the next release: use {replacement}."
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return getattr(import_module(module), new_name)
    raise AttributeError(f"module 'predictor' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
