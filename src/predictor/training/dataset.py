"""A study: what training looks at. The leads, their outcomes, and one assembled row each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, count
from predictor.core.settings import Settings
from predictor.data.events.contract import Events
from predictor.data.leads import Leads
from predictor.data.parse import to_days
from predictor.features.assemble import RULES, TOTAL
from predictor.features.encode import FeatureSet
from predictor.features.event_features import EventFeature, choose_event_types, list_event_features
from predictor.features.feature import Feature
from predictor.features.fit import fit_features
from predictor.model.eligible import make_forward_folds
from predictor.model.outcomes import choose_pending_weights
from predictor.model.pending import PendingWeights
from predictor.model.sample import Sample
from predictor.model.split import Fold, Split, split_forward, split_random
from predictor.points.awards import Awards
from predictor.points.fit_points import PointsTask
from predictor.points.rulebook import RuleBook, find_gate
from predictor.training.dataset_text import format_dataset_html

_MOST_TYPES = 200  # event types that a bundle names


@dataclass(frozen=True, repr=False)
class Dataset:
    """Leads with outcomes, ready to be split.

    Attributes:
        settings: What was asked.
        leads: The leads under the contract.
        events: Their events; None for none.
        book: The rule book; None for none.
        awards: What it awards; None without a book.
        acts: The features over events that were computed.
        rows: Assembled rows, one a lead.
        outcome: 1.0, 0.0; of pending leads not to be used.
        mature: Whether the outcome is known.
        order: Grows with time; row numbers drawn by lot where nothing does.
        horizon_days: Days within which acceptance counts; None where the outcomes carry no dates.
        curve: The time-to-SQL curve; None where the outcomes carry no dates.
        findings: What was noticed on the way.
        stands_for: How many leads each stands for, where leads were handed to sales by lot; None: for itself.
        stored: Whether the rows are those that models have answered from, so that neither events nor awards are there.
        unseen: Leads that a model held back, of whom nothing can be known because none was handed over by lot.
    """

    settings: Settings
    leads: Leads
    events: Events | None
    book: RuleBook | None
    awards: Awards | None
    acts: tuple[EventFeature, ...]
    rows: pd.DataFrame
    outcome: np.ndarray
    mature: np.ndarray
    order: np.ndarray
    horizon_days: float | None
    curve: pd.DataFrame | None
    findings: tuple[Finding, ...]
    sample_weight: np.ndarray | None = None
    stored: bool = False
    unseen: int = 0

    def __repr__(self) -> str:
        return f"<Study of {count(len(self.leads.frame), 'lead')}, {int(self.mature.sum()):,} of them mature>"

    def _repr_html_(self) -> str:
        return format_dataset_html(self)

    @property
    def as_of(self) -> pd.Series | None:
        """The moment of decision of each lead; None where leads carry no dates."""
        return self.leads.frame["mql_at"] if self.leads.dated else None

    @property
    def gap(self) -> float:
        """Days between the leads that teach and those that test; none where pending leads teach what is known of them."""
        if self.settings.split.gap_days != "horizon":
            return self.settings.split.gap_days
        return (self.horizon_days or 0.0) if self.leads.dated and self.pending_weights is None else 0.0

    @property
    def pending_weights(self) -> PendingWeights | None:
        """How pending leads count, which takes dates of acceptance; None where they are left out."""
        return choose_pending_weights(self.leads, self.settings, self.horizon_days)

    @property
    def observed_until(self) -> float | None:
        """The moment up to which outcomes are known, in days of the order; None where leads carry no dates."""
        until = self.leads.observed_until
        return None if until is None else float(to_days(pd.Series([until])).iloc[0])

    @property
    def teaching(self) -> np.ndarray:
        """Positions of the leads that the final model learns from."""
        return np.flatnonzero(self.order < self.observed_until if self.pending_weights else self.mature)

    @property
    def gate(self) -> float | None:
        """Points from which the firm hands a lead over; None where it names no gate."""
        return find_gate(self.settings.points.gate, self.book, self.leads.points)

    @property
    def task(self) -> PointsTask | None:
        """The points that can be learned anew; None where no rule book is known, or not how often its rules fired."""
        return PointsTask(self.book, self.settings.points.signs) if self.book is not None and self.awards is not None else None

    def split(self) -> Split:
        """The mature leads, the newest to test on; positions among all leads, oldest first."""
        known = np.flatnonzero(self.mature)
        share = self.settings.split.test_share
        if not self.leads.dated and "order_by" not in self.leads.frame:
            split = split_random(len(known), test_share=share, seed=self.settings.model.seed)
        else:
            split = split_forward(self.order[known], test_share=share, gap=self.gap)
        return Split(self._oldest_first(known[split.fit]), self._oldest_first(known[split.test]), split.starts)

    def _oldest_first(self, positions: np.ndarray) -> np.ndarray:
        return positions[np.argsort(self.order[positions], kind="stable")]

    def fit_features(self, positions: np.ndarray) -> tuple[FeatureSet, tuple[Finding, ...]]:
        """The features that those leads can carry."""
        data, support = self.settings.data, self.settings.features.min_support
        acts = self._choose_acts(positions)
        named = [*(name for name in self.rows if not str(name).startswith(("events/", RULES))), *(act.name for act in acts)]
        rows, words = self.rows.iloc[positions][named], {act.name: (act.label, act.group) for act in acts}
        kinds = self.leads.attributes | {act.name: "category" for act in acts if act.is_category}
        features, findings = fit_features(rows, kinds, min_support=support, missing_values=data.missing_values, words=words)
        seen = () if self.events is None else tuple(self.events.types)[:_MOST_TYPES]
        visible, forms = tuple(self.leads.attributes), tuple(self.leads.forms.items())
        known = replace(features, timezone=data.timezone, dated=self.leads.dated, visible=visible, forms=forms)
        types = tuple(dict.fromkeys(act.event_type for act in acts if act.event_type is not None))
        windows = self.settings.features.windows_days
        return replace(known, event_types=seen, acts=types if acts else None, windows_days=windows), findings

    def _choose_acts(self, positions: np.ndarray) -> tuple[EventFeature, ...]:
        """The features over events whose types enough of those leads had shown by their moments, most frequent first."""
        counts = {act.event_type: act.name for act in self.acts if act.kind == "count_ever" and act.event_type is not None}
        if self.settings.features.event_types or not counts:
            return self.acts
        seen = {event_type: int((self.rows[name].to_numpy()[positions] > 0).sum()) for event_type, name in counts.items()}
        chosen = choose_event_types(seen, self.settings.features.min_support)
        return list_event_features(chosen, self.settings.features.windows_days)

    def sample(self, positions: np.ndarray, features: FeatureSet, *, known_at: float | None = None) -> Sample:
        """Those leads as arrays, oldest first.

        Args:
            positions: Which leads.
            features: What the columns of the matrix are.
            known_at: The moment from which on nothing is known, where pending leads count; None for leads that are all mature.
        """
        at = self._oldest_first(positions)
        sample, task = self._make_block(at, features, known_at), self.task
        if task is None:
            return sample
        return replace(
            sample, task=task, with_rule_counts=replace(self._make_block(at, add_rules(features, task.book), known_at), task=task)
        )

    def _make_block(self, at: np.ndarray, features: FeatureSet, known_at: float | None) -> Sample:
        as_of = None if self.as_of is None else self.as_of.iloc[at]
        matrix = features.encode_table(self.rows.iloc[at], as_of).matrix
        base = None if self.sample_weight is None else self.sample_weight[at]
        sample = Sample(matrix, self.outcome[at], self.order[at], features, self.leads.dated, weight=base, base=base)
        if known_at is None or self.pending_weights is None:
            return sample
        accepted_at = np.where(sample.outcome == 1, to_days(self.leads.frame["sql_at"]).to_numpy()[at], np.inf)
        return replace(sample, accepted_at=accepted_at, pending_weights=self.pending_weights).as_known_at(known_at)

    def rehearsal(self, sample: Sample) -> list[Fold]:
        """The forward folds of a block; none where it is too short to rehearse on."""
        return make_forward_folds(sample, folds=self.settings.split.folds, gap=self.gap)

    def points(self, positions: np.ndarray) -> np.ndarray | None:
        """The points of those leads, NaN where unknown; None for a firm without points."""
        return self.rows[TOTAL].to_numpy()[positions] if TOTAL in self.rows else None

    def route_by_points(self, positions: np.ndarray) -> np.ndarray | None:
        """Which of those leads the points hand over, by the gate or by themselves; None where there is no gate or no points."""
        points = self.points(positions)
        if points is None or self.gate is None:
            return None
        by_itself = self.awards.qualifies.to_numpy()[positions] if self.awards is not None else False
        return (points >= self.gate) | by_itself

    def describe_fit(self) -> dict[str, Any]:
        """What the final model is fitted on: how many leads, how many of them pending, and the first and last of them."""
        order, pending = self.order[self.teaching], int((~self.mature[self.teaching]).sum())
        ends = {"from": self._name_moment(order.min()), "through": self._name_moment(order.max())}
        return {"n": len(order), "pending": pending, **ends}

    def _name_moment(self, order: float) -> str:
        """A place in the order as people read it: a day, or the value of the column that orders the leads."""
        if not self.leads.dated:
            return f"{order:.15g}"
        return (pd.Timestamp(0, tz="UTC") + pd.Timedelta(days=order)).date().isoformat()


def add_rules(features: FeatureSet, book: RuleBook) -> FeatureSet:
    """The features with one before them for each rule of a book: how many times its points were due."""
    rules = tuple(Feature(f"{RULES}{rule.name}", rule.name, rule.name, "number") for rule in book.rules)
    return replace(features, features=(*rules, *features.features))
