"""A dataset: what training looks at. The leads, their outcomes, one assembled row each, and their points."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from predictor.core.cell_formats import Format
from predictor.core.errors import Finding, count
from predictor.core.html import to_table
from predictor.core.settings import Settings
from predictor.core.wording import format_percent
from predictor.data.leads import EVENTS_PREFIX, RULES_PREFIX, Leads
from predictor.data.parse import to_days
from predictor.features.accounts import ACCOUNT_LABELS
from predictor.features.decode import decode_matrix
from predictor.features.earlier_episodes import LABELS, LAST_END
from predictor.features.encode import FeatureSet
from predictor.features.event_features import EventFeature, choose_event_types, list_event_features
from predictor.features.feature import Feature
from predictor.features.fit import fit_features
from predictor.features.own_features import list_labels, list_used
from predictor.model.outcomes import Outcomes
from predictor.model.represented import draw_representative
from predictor.model.sample import Sample, make_sample_folds
from predictor.model.split import Split, split_forward, split_held_out
from predictor.points.fit_points import PointsTask
from predictor.points.rounding import choose_total
from predictor.points.rulebook import RuleBook
from predictor.training.lead_points import LeadPoints

if TYPE_CHECKING:
    from predictor.data.events.contract import Events

_MOST_TYPES = 200  # event types that a bundle names


@dataclass(frozen=True)
class StoredLeads:
    """How leads from the store were handed over: some at random, others not at all.

    Attributes:
        weight: (n,) how many leads each represents; None where each represents itself.
        held_back: Leads that a model held back, of whom nothing is known because none was handed over at random.
    """

    weight: np.ndarray | None = None
    held_back: int = 0


@dataclass(frozen=True, kw_only=True, repr=False)
class Dataset:
    """Leads with outcomes, ready to be split.

    Attributes:
        settings: The firm's settings.
        leads: The leads under the contract.
        outcomes: What came of them.
        rows: One assembled row a lead.
        event_features: The features over events that the rows hold.
        points: Their points.
        events: Their events; None for none, and for a dataset from the store.
        represented: (n,) how many leads each row of a sampled export represents; None where each represents itself.
        stored: How leads from the store were handed over; None for a dataset from tables.
        findings: What was noticed on the way.
    """

    settings: Settings
    leads: Leads
    outcomes: Outcomes
    rows: pd.DataFrame
    event_features: tuple[EventFeature, ...]
    points: LeadPoints
    events: Events | None = None
    represented: np.ndarray | None = None
    stored: StoredLeads | None = None
    findings: tuple[Finding, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.leads.frame)

    def __repr__(self) -> str:
        return f"<Dataset of {count(len(self), 'lead')}, {int(self.outcomes.mature.sum()):,} of them mature>"

    def _repr_html_(self) -> str:
        return to_table(["Dataset", ""], [[label, text] for label, text in self.describe().items()], texts=(0, 1))

    @property
    def as_of(self) -> pd.Series | None:
        """The moment of decision of each lead; None where leads carry no dates."""
        return self.leads.frame["mql_at"] if self.leads.dated else None

    @property
    def gap(self) -> float:
        """Days between the training leads and the test leads; 0 where pending leads count by what is known of them."""
        if self.settings.split.gap_days != "horizon":
            return self.settings.split.gap_days
        return (self.outcomes.horizon_days or 0.0) if self.leads.dated and self.outcomes.pending_weights is None else 0.0

    @property
    def points_task(self) -> PointsTask | None:
        """The points that can be fitted; None where no rule book is known, or not how often its rules fired."""
        points = self.points
        if points.book is None or points.awards is None:
            return None
        return PointsTask(points.book, self.settings.points.signs, choose_total(points.book))

    def split(self) -> Split:
        """The mature leads, the newest to test on; positions among all leads, oldest first.

        Where nothing says which lead came first, test leads are held out at random. Of a sampled export, test leads are drawn
        so that they look like all leads.
        """
        outcomes, known = self.outcomes, np.flatnonzero(self.outcomes.mature)
        share = self.settings.split.test_share
        if outcomes.shuffled:
            split = split_held_out(outcomes.outcome[known], outcomes.order[known], test_share=share)
        else:
            split = split_forward(outcomes.order[known], test_share=share, gap=self.gap)
        test, leads_per_row = self.draw_representative(outcomes.sort_by_time(known[split.test]))
        return Split(outcomes.sort_by_time(known[split.fit]), test, split.starts, leads_per_row=leads_per_row)

    def draw_representative(self, positions: np.ndarray) -> tuple[np.ndarray, float]:
        """Those of the positions that look like all leads of a sampled export, and how many leads each represents."""
        if self.represented is None:
            return positions, 1.0
        drawn, leads_per_row = draw_representative(self.represented[positions])
        return positions[drawn], leads_per_row

    def _list_event_formats(self) -> list[tuple[str, Format]]:
        formats = {} if self.events is None else self.events.formats
        return [(f"{EVENTS_PREFIX}{name}", column_format) for name, column_format in formats.items()]

    def fit_features(self, positions: np.ndarray) -> tuple[FeatureSet, tuple[Finding, ...]]:
        """The features that those leads can carry."""
        data, support = self.settings.data, self.settings.features.min_support
        chosen = self._choose_event_features(positions)
        others = (name for name in self.rows if not str(name).startswith((EVENTS_PREFIX, RULES_PREFIX)))
        rows = self.rows.iloc[positions][[*others, *(feature.name for feature in chosen)]]
        labels = (
            {feature.name: (feature.label, feature.group) for feature in chosen}
            | list_labels(map(str, rows))
            | LABELS
            | ACCOUNT_LABELS
        )
        categories = [feature.name for feature in chosen if feature.is_category]
        kinds = self.leads.attributes | dict.fromkeys([*categories, LAST_END], "category")
        features, findings = fit_features(rows, kinds, min_support=support, missing_values=data.missing_values, labels=labels)
        types = tuple(dict.fromkeys(feature.event_type for feature in chosen if feature.event_type is not None))
        complete = replace(
            features,
            timezone=data.timezone,
            dated=self.leads.dated,
            visible=tuple(self.leads.attributes),
            formats=(*self.leads.formats.items(), *self._list_event_formats()),
            event_types=() if self.events is None else tuple(self.events.types)[:_MOST_TYPES],
            featured_types=types if chosen else None,
            windows_days=self.settings.features.windows_days,
            own_attributes=tuple(self.leads.attributes.items()) if list_used(features.names) else (),
        )
        return complete, findings

    def _choose_event_features(self, positions: np.ndarray) -> tuple[EventFeature, ...]:
        """The features over events whose types enough of those leads had shown by their moments, most frequent first."""
        counts = {
            feature.event_type: feature.name
            for feature in self.event_features
            if feature.kind == "count_ever" and feature.event_type is not None
        }
        if self.settings.features.event_types or not counts:
            return self.event_features
        leads = {event_type: int((self.rows[name].to_numpy()[positions] > 0).sum()) for event_type, name in counts.items()}
        return list_event_features(
            choose_event_types(leads, self.settings.features.min_support), self.settings.features.windows_days
        )

    def test_sample(self, split: Split, features: FeatureSet) -> Sample:
        """The test leads as arrays, oldest first; none counts more than another."""
        sample = self.sample(split.test, features)
        return sample if self.represented is None else sample.count_alike(split.leads_per_row)

    def sample(self, positions: np.ndarray, features: FeatureSet, *, as_of: float | None = None) -> Sample:
        """Those leads as arrays, oldest first.

        Args:
            positions: Which leads.
            features: What the columns of the matrix are.
            as_of: The moment after which nothing is known, where pending leads count; None for leads that are all mature.
        """
        at, task = self.outcomes.sort_by_time(positions), self.points_task
        sample = self._make_sample(at, features, as_of)
        if task is None:
            return sample
        with_rule_counts = self._make_sample(at, _add_rule_counts(features, task.book), as_of)
        return replace(sample, points_task=task, with_rule_counts=replace(with_rule_counts, points_task=task))

    def _make_sample(self, at: np.ndarray, features: FeatureSet, as_of: float | None) -> Sample:
        outcomes = self.outcomes
        explored = None if self.stored is None or self.stored.weight is None else self.stored.weight[at]
        represented = None if self.represented is None else self.represented[at]
        sample = Sample(
            matrix=features.encode_table(self.rows.iloc[at], None if self.as_of is None else self.as_of.iloc[at]).matrix,
            outcome=outcomes.outcome[at],
            order=outcomes.order[at],
            features=features,
            dated=self.leads.dated,
            weight=explored if represented is None else represented,
            exploration_weight=explored,
            represented=represented,
            shuffled=outcomes.shuffled,
        )
        if as_of is None or outcomes.pending_weights is None:
            return sample
        accepted_at = np.where(sample.outcome == 1, to_days(self.leads.frame["sql_at"]).to_numpy()[at], np.inf)
        return replace(sample, accepted_at=accepted_at, pending_weights=outcomes.pending_weights).as_known_at(as_of)

    def to_frame(self, *, split: bool = False) -> pd.DataFrame:
        """The leads as a table, in the order of the export: what is known of each, and its features as people read them.

        Args:
            split: Whether to add what each lead is for. `part`: 'fit', 'test', or 'none' for leads that are pending, in the gap,
                or not drawn of a sampled export. `fold`: the fold that predicts a training lead from others, counted from 0.
                The features are then those of the training leads only.

        Returns:
            `lead_id`, `mql_at` or `order_by` where leads have them, `outcome` (1 accepted, 0 not, missing where not yet known),
            `part` and `fold` where asked, then each feature under its name, as `decode_matrix` gives it. An attribute with one of
            these names is called 'NAME (feature)'.

        Raises:
            TrainingError: The leads cannot be split.
        """
        frame, outcomes = self.leads.frame, self.outcomes
        known = frame[[name for name in ("lead_id", "mql_at", "order_by") if name in frame]].reset_index(drop=True)
        known = known.assign(outcome=np.where(outcomes.mature, outcomes.outcome, np.nan))
        positions = outcomes.training
        if split:
            parts = self.split()
            positions, part, fold = parts.fit, np.full(len(self), "none", dtype=object), np.full(len(self), np.nan)
            part[parts.fit], part[parts.test] = "fit", "test"
            features, _ = self.fit_features(parts.fit)
            sample = self.sample(parts.fit, features, as_of=parts.starts)
            for number, (_, predicted) in enumerate(make_sample_folds(sample, folds=self.settings.split.folds, gap=self.gap)):
                fold[outcomes.sort_by_time(parts.fit)[predicted]] = number
            known = known.assign(part=part, fold=pd.array(fold, dtype="Int64"))
        features, _ = self.fit_features(positions)
        values = decode_matrix(features, features.encode_table(self.rows, self.as_of).matrix)
        return pd.concat([known, values.rename(columns={name: f"{name} (feature)" for name in known})], axis="columns")

    def describe_fit(self) -> dict[str, Any]:
        """What the final model is fitted on: how many leads, how many of them pending, and the first and last of them.

        First and last are None where nothing says which lead came first.
        """
        training = self.outcomes.training
        order, pending = self.outcomes.order[training], int((~self.outcomes.mature[training]).sum())
        return {
            "n": len(order),
            "pending": pending,
            "from": self._name_moment(order.min()),
            "through": self._name_moment(order.max()),
        }

    def _name_moment(self, order: float) -> str | None:
        """A place in the order as people read it: a day, or the value of the column that orders the leads; None for neither."""
        if self.outcomes.shuffled:
            return None
        if not self.leads.dated:
            return f"{order:.15g}"
        return (pd.Timestamp(0, tz="UTC") + pd.Timedelta(days=order)).date().isoformat()

    def describe(self) -> dict[str, str]:
        """What the dataset holds, as label and text."""
        outcomes, fit, book = self.outcomes, self.describe_fit(), self.points.book
        known, horizon = outcomes.outcome[outcomes.mature], outcomes.horizon_days
        share = np.average(known, weights=None if self.represented is None else self.represented[outcomes.mature])
        types = {} if self.events is None else self.events.types
        events = f"{sum(events for events, _ in types.values()):,} of {count(len(types), 'type')}" if types else "none"
        return {
            "Leads": f"{len(self):,}",
            "For training": f"{fit['n']:,}" + ("" if outcomes.shuffled else f", from {fit['from']} through {fit['through']}"),
            "Outcome known": f"{len(known):,} leads, of whom {format_percent(float(share))} became SQLs",
            "Pending": f"{outcomes.pending:,}",
            "Horizon": "the outcomes carry no dates" if horizon is None else f"{horizon:g} days",
            "Attributes": ", ".join(self.leads.attributes) or "none",
            "Events": events,
            "Rule book": "none" if book is None else f"'{book.name}', gate {book.gate:g}",
            "Protected": ", ".join(self.leads.protected) or "none",
            "Findings": ", ".join(sorted({finding.code for finding in self.findings})) or "none",
        }


def _add_rule_counts(features: FeatureSet, book: RuleBook) -> FeatureSet:
    """The features with one before them for each rule of a book: how many times its points were due."""
    names = [rule.name for rule in book.rules]
    rules = tuple(Feature(name=f"{RULES_PREFIX}{name}", label=name, group=name, kind="number") for name in names)
    return replace(features, features=(*rules, *features.features))
