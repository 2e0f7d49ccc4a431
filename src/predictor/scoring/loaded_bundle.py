"""A bundle read into objects: what it was trained with, what it predicts by, and what holds of all its answers."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import cached_property
from typing import Any

from predictor.core.errors import Finding
from predictor.core.settings import Settings, make_settings
from predictor.features.encode import FeatureSet
from predictor.model.account_score import AccountRule
from predictor.model.calibrators import read_calibrator
from predictor.model.candidates import Model, read_model
from predictor.model.candidates.own import Own
from predictor.model.segments import Segments
from predictor.model.verdict_text import read_calibration_warning
from predictor.points.rulebook import RuleBook, choose_gate, parse_rule_book
from predictor.scoring.bundle.decision_rules import DecisionRule
from predictor.scoring.bundle.files import Bundle
from predictor.scoring.lead_reader import LeadReader
from predictor.scoring.model_facts import describe_model, list_model_warnings
from predictor.scoring.own import find_own

ACCOUNTS = "accounts.json"  # of a bundle whose model looks at accounts
SEGMENTS = "segments.json"  # of a bundle with segments


class LoadedBundle:
    """A bundle read into objects, with the rule of decision in force.

    Attributes:
        version: The bundle's name.
        settings: The settings it was trained with.
        features: The definition of its matrix.
        book: The rule book; None where the firm has none.
        model: The fitted candidate.
        calibrator: Turns the model's score into a probability.
        threshold: The threshold that decides; 0, so that every lead goes to sales, where none is recommended.
        trained_threshold: The one of the training, whatever rule was set since.
        recommends: Whether one is: not by a model that found no signal.
        threshold_table: The table it was taken from, by column.
        metrics: Content of `metrics.json`.
        reference: The distributions of the training leads, feature by feature, and of their probabilities; for drift.
        report: The page of the forward test; None where the bundle has none.
        reader: Reads leads as the training did.
        own: The firm's own functions that features come from; None for none.
        grades: The lowest probability of each grade.
        account_rule: How the probabilities of the open leads of an account become one.
        segments: Segments whose calibrators and thresholds may be their own; None without segments.
        rule: The rule of decision that was set without training; None if that of the training decides.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.version = bundle.version
        self.settings: Settings = make_settings(tomllib.loads(bundle.files["config.toml"]), source="config.toml")
        self.features = FeatureSet.from_json(bundle.read_json("features.json"))
        text = bundle.files.get("rule_book.toml")
        self.book: RuleBook | None = (
            parse_rule_book(text, "rule_book.toml").read_as(dict(self.features.formats)) if text else None
        )
        self.metrics: dict[str, Any] = bundle.read_json("metrics.json")
        self.model: Model = read_model(self.metrics["champion"], bundle.files)
        self.calibrator = read_calibrator(bundle.files["calibrator.json"])
        threshold = bundle.read_json("threshold.json")
        recommended = threshold["recommended"]["threshold"]
        self.recommends = recommended is not None
        self.trained_threshold = 0.0 if recommended is None else float(recommended)
        self.threshold, self.threshold_table = self.trained_threshold, threshold["table"]
        self.report = bundle.files.get("report.html")
        self.reader = LeadReader(self.settings, self.features, self.book)
        self.own = find_own(self.features, self.settings.features.own)
        self.reference: dict[str, Any] = bundle.read_json("reference.json")
        self.grades: dict[str, float] = self.settings.grades.model_dump()
        self.segments: Segments | None = None
        if SEGMENTS in bundle.files:
            self.segments = Segments.from_json(bundle.read_json(SEGMENTS), self.features.names)
        self.account_rule = AccountRule.from_json(bundle.read_json(ACCOUNTS)) if ACCOUNTS in bundle.files else AccountRule()
        self.rule: DecisionRule | None = None

    @cached_property
    def calibration_warning(self) -> Finding | None:
        """That the probabilities only rank leads, and what to do; None where they are calibrated."""
        return read_calibration_warning(self.metrics)

    @property
    def model_warnings(self) -> tuple[Finding, ...]:
        """What holds of every answer: that the model found no signal, or that its probabilities only rank leads."""
        return list_model_warnings(self.calibration_warning, recommends=self.recommends)

    @cached_property
    def gate(self) -> float | None:
        """Points from which the firm hands a lead over; None where it names no gate."""
        return choose_gate(self.settings.points.gate, self.book, self.settings.roles.points)

    @property
    def exact_reasons(self) -> bool:
        """Whether the effects of reasons are exact: not of a classifier of the firm's own."""
        return not isinstance(self.model, Own)

    @property
    def attributes(self) -> list[str]:
        """The attributes that features and rules may use: those of the training."""
        return self.reader.attributes

    def describe(self) -> dict[str, Any]:
        """The facts about the model that are in each answer: version, end of its training data, horizon in days."""
        return describe_model(self.version, self.metrics)

    @property
    def way_unlike(self) -> str:
        """Who decides about leads unlike those of the training."""
        set_by_rule = {} if self.rule is None else self.rule.threshold
        way: str = set_by_rule.get("unlike", self.settings.threshold.unlike)
        return way

    @cached_property
    def answer_warnings(self) -> tuple[Finding, ...]:
        """About the model, in each answer; what to do is not for those who ask for a score."""
        return tuple(replace(warning, do="") for warning in self.model_warnings)
