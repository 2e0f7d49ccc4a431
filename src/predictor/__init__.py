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
    from predictor.audit import audit_columns, audit_study
    from predictor.batch import score_leads
    from predictor.bundle import find_champion, list_bundles, promote, rollback
    from predictor.config import Settings, load_settings, make_settings
    from predictor.errors import Finding, PredictorError
    from predictor.points.award import award_lead
    from predictor.points.rulebook import load_rule_book
    from predictor.score import Scorer
    from predictor.simulate import save_firm, simulate_firm
    from predictor.study import Study, load_study
    from predictor.train import Trained, save_trained, track_trained
    from predictor.train import train as train_model
    from predictor.values import Event

_PLACES = {
    "predictor.answer": ("Answer", "Lead"),
    "predictor.audit": ("audit_columns", "audit_study"),
    "predictor.batch": ("score_leads",),
    "predictor.bundle": ("find_champion", "list_bundles", "promote", "rollback"),
    "predictor.config": ("Settings", "load_settings", "make_settings"),
    "predictor.errors": ("Finding", "PredictorError"),
    "predictor.points.award": ("award_lead",),
    "predictor.points.rulebook": ("load_rule_book",),
    "predictor.score": ("Scorer",),
    "predictor.simulate": ("save_firm", "simulate_firm"),
    "predictor.study": ("Study", "load_study"),
    "predictor.train": ("Trained", "save_trained", "track_trained"),
    "predictor.values": ("Event",),
}
_PLACE_OF = {name: (place, name) for place, names in _PLACES.items() for name in names}
_PLACE_OF["train_model"] = ("predictor.train", "train")  # `predictor.train` is the module

__all__ = [
    "Answer",
    "Event",
    "Finding",
    "Lead",
    "PredictorError",
    "Scorer",
    "Settings",
    "Study",
    "Trained",
    "audit_columns",
    "audit_study",
    "award_lead",
    "find_champion",
    "list_bundles",
    "load_rule_book",
    "load_settings",
    "load_study",
    "make_settings",
    "promote",
    "rollback",
    "save_firm",
    "save_trained",
    "score_leads",
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
