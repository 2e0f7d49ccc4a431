"""A lead, or a table of leads, as rows of the model's matrix, with the points that belong to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from predictor.core.errors import Finding, ScoringError
from predictor.data.parse import ISO_HINT, parse_numbers
from predictor.features.accounts import compute_account
from predictor.features.assemble import TOTAL, assemble_row, assemble_table
from predictor.features.earlier_episodes import compute_earlier
from predictor.features.encode import FeatureSet
from predictor.features.encode_column import Encoded
from predictor.features.one_lead import OneLeadFeatures
from predictor.features.own_features import OwnFeatures
from predictor.points.award import Award, Awards, award_history
from predictor.points.rulebook import RuleBook
from predictor.scoring.answer import Lead
from predictor.scoring.lead_reader import LeadReader


class EncodedLead(NamedTuple):
    """A lead that can be scored.

    Attributes:
        lead_id: The CRM's key.
        row: Its assembled row: attributes, points and event features by name.
        encoded: That row as the matrix holds it.
        award: What the rule book gives; None without a rule book.
        warnings: What was left out or is unknown.
    """

    lead_id: str
    row: Mapping[str, Any]
    encoded: list[float]
    award: Award | None
    warnings: tuple[Finding, ...]


class EncodedTable(NamedTuple):
    """A table of leads, a row each in its order.

    Attributes:
        encoded: The matrix, and warnings and errors by row.
        points: (leads,) total points; NaN where not known.
        qualifies: (leads,) whether a rule fired that qualifies a lead by itself.
    """

    encoded: Encoded
    points: np.ndarray
    qualifies: np.ndarray


class LeadEncoder:
    """Encodes leads for one model.

    Attributes:
        empty_row: The encoded row of a lead of which nothing is known; the rows of other leads start from it.
    """

    def __init__(self, reader: LeadReader, features: FeatureSet, book: RuleBook | None, own: OwnFeatures | None = None) -> None:
        self._reader = reader
        self._features = features
        self._book = book
        self._own = own
        self._windows = OneLeadFeatures(features.event_features)
        self.empty_row, _ = features.encode_row(self._windows.without_events, None)

    def encode(self, lead: Lead) -> EncodedLead:
        """One lead.

        Raises:
            ScoringError: Values of a wrong type, all of them in one text.
        """
        reader, features = self._reader, self._features
        values, history, warnings = reader.read(lead)
        attributes = {name: values[name] for name in reader.attributes if name in values}
        award = None if self._book is None else award_history(self._book, attributes, history)
        points, event_features = reader.read_points(lead, values), self._windows.compute_from_history(history)
        if self._own is not None:
            event_features |= self._own.compute_one(history, attributes)
        if features.uses_episodes:
            event_features |= compute_earlier(lead.earlier_episodes, lead.as_of, reader.reasons)
        if features.uses_accounts:
            has_account = reader.read_account(lead.attributes) is not None
            event_features |= compute_account(lead.account_episodes if has_account else None, lead.as_of)
        row = assemble_row(attributes, list(attributes), crm_points=points, award=award, history=event_features)
        encoded, unseen = features.encode_row(row, lead.as_of if features.dated else None, onto=self.empty_row)
        return EncodedLead(lead_id=lead.lead_id, row=row, encoded=encoded, award=award, warnings=(*warnings, *unseen))

    def encode_stored(self, features: Mapping[str, Any], as_of: datetime) -> list[float]:
        """The features of an answer, as the store keeps them, as the matrix holds them.

        Raises:
            ScoringError: A value is not of the type that the model needs.
        """
        encoded, _ = self._features.encode_row(features, as_of if self._features.dated else None, onto=self.empty_row)
        return encoded

    def encode_table(
        self, leads: pd.DataFrame, *, as_of: pd.Series | None, awards: Awards | None, event_features: pd.DataFrame | None
    ) -> EncodedTable:
        """A table of leads, as `LeadReader.read_table` gives it; a row that cannot be scored has an error.

        Args:
            leads: `lead_id`, the CRM's scores and attributes.
            as_of: The moment of each score, not used where the training data have no dates; a row without one is an error.
            awards: What the rule book gives these leads; needed where the model has a rule book.
            event_features: Needed where the model has some; a column that is left out is that of leads without events.

        Raises:
            ScoringError: Awards or event features are needed, but None.
        """
        if (self._book is not None and awards is None) or (self._features.event_features and event_features is None):
            raise ScoringError("This bundle uses points and events: pass those of these leads, as predictor.scoring.batch does.")
        reader, features = self._reader, self._features
        rows = assemble_table(leads, reader.attributes, crm_points=reader.points, awards=awards, history=event_features)
        encoded = features.encode_table(rows, as_of if features.dated else None, onto=self.empty_row)
        check_rows(encoded, leads, points=reader.points, as_of=as_of)
        return EncodedTable(
            encoded=encoded,
            points=rows[TOTAL].to_numpy() if TOTAL in rows else np.full(len(rows), np.nan),
            qualifies=np.zeros(len(rows), dtype=bool) if awards is None else awards.qualifies.to_numpy(),
        )


def check_rows(encoded: Encoded, leads: pd.DataFrame, *, points: Sequence[str], as_of: pd.Series | None) -> None:
    """Add the errors of rows without a key or a moment, or with points that are not numbers.

    >>> encoded = Encoded(np.zeros((2, 0)), {}, {})
    >>> check_rows(encoded, pd.DataFrame({"lead_id": ["A", None]}), points=[], as_of=None)
    >>> encoded.errors
    {1: ["LEAD006 There is no lead_id. Export the CRM's key of every lead."]}
    """
    faults = [(leads["lead_id"].isna(), "LEAD006 There is no lead_id. Export the CRM's key of every lead.")]
    if as_of is not None:
        faults.append((as_of.isna(), f"LEAD003 The moment of the score is not a date. {ISO_HINT}."))
    faults += [
        (parse_numbers(leads[name])[1], f"LEAD022 '{name}' must be a number. Send one, or leave it out.")
        for name in leads.columns.intersection(list(points))
    ]
    for mask, text in faults:
        encoded.note(encoded.errors, np.flatnonzero(mask.to_numpy()), text)
